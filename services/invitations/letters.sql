-- name: write_letter(id, about, email, message_id, message, state, refusal, now)!
INSERT INTO letter (id, about, email, message_id, message, state, refusal, owed_at, next_attempt_at)
VALUES (:id, :about, :email, :message_id, :message, :state, :refusal, :now, :now);

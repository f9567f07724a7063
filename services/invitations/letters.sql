-- name: write_letter(id, about, email, message_id, message, state, refusal, now, meeting_id, sitting_starts_at, until, paper, round, entry_uid, entry_sequence)!
INSERT INTO letter (id, about, email, message_id, message, state, refusal, owed_at, next_attempt_at, meeting_id, sitting_starts_at, until, paper, round, entry_uid,
                    entry_sequence)
VALUES (:id, :about, :email, :message_id, :message, :state, :refusal, :now, :now, :meeting_id, :sitting_starts_at, :until, :paper, :round, :entry_uid,
        :entry_sequence);

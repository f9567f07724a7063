-- The same lock that a change of the meeting takes: a reply is judged before it or after it, never in between.
-- name: lock_entered(uid)^
SELECT meeting_id, addressee_kind || ' ' || addressee_code AS attendee, sequence, cancelled
FROM calendar_entry
WHERE uid = :uid
FOR NO KEY UPDATE;

-- name: asked(uid, sequence)^
SELECT email, tried_at IS NOT NULL AS tried FROM notice WHERE uid = :uid AND sequence = :sequence;

-- name: answered(uid, sequence)^
SELECT answer, counters, lower(proposed) AS proposed_from, upper(proposed) AS proposed_until, stamped_at
FROM invitation_reply
WHERE uid = :uid AND sequence = :sequence;

-- name: write_answer(uid, sequence, id, answer, counters, proposed_from, proposed_until, stamped_at, now)!
INSERT INTO invitation_reply (uid, sequence, id, answer, counters, proposed, stamped_at, received_at)
VALUES (:uid, :sequence, :id, :answer, :counters,
        CASE WHEN :proposed_from::timestamptz IS NOT NULL THEN tstzrange(:proposed_from, :proposed_until) END, :stamped_at, :now)
ON CONFLICT (uid, sequence) DO UPDATE
SET id = excluded.id, answer = excluded.answer, counters = excluded.counters, proposed = excluded.proposed,
    stamped_at = excluded.stamped_at, received_at = excluded.received_at, seen_to_at = NULL, seen_to_by = NULL;

-- name: renew_stamp(uid, sequence, stamped_at)!
UPDATE invitation_reply SET stamped_at = :stamped_at WHERE uid = :uid AND sequence = :sequence;

-- The next notices to send: of each addressee at one address the lowest unsent SEQUENCE, so that nothing overtakes anything.
-- name: due(now, most)
SELECT id
FROM notice
WHERE state = 'OWED' AND next_attempt_at <= :now
  AND NOT EXISTS (SELECT FROM notice AS older WHERE older.uid = notice.uid AND older.sequence < notice.sequence AND older.state = 'OWED'
                  AND lower(older.email) = lower(notice.email))
ORDER BY next_attempt_at, uid, sequence
LIMIT :most;

-- Committed before the first attempt: whoever cancels the meeting from then on knows that the mail may have arrived.
-- name: mark_tried(ids, now)!
WITH untried AS (
    SELECT id FROM notice WHERE id = ANY(:ids::uuid[]) AND state = 'OWED' AND tried_at IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE notice SET tried_at = :now FROM untried WHERE notice.id = untried.id;

-- Locks one notice for the length of its sending; nothing if another sender has it, or it is not owed any more.
-- name: take(id, now)^
SELECT notice.email, notice.message, notice.attempts,
       EXISTS (SELECT FROM notice AS newer WHERE newer.uid = notice.uid AND newer.sequence > notice.sequence
               AND (notice.method = 'REQUEST' OR lower(newer.email) = lower(notice.email))) AS stale
FROM notice
WHERE id = :id AND state = 'OWED' AND tried_at IS NOT NULL AND next_attempt_at <= :now
FOR NO KEY UPDATE SKIP LOCKED;

-- name: settle(id, state, sent_at, refusal)!
UPDATE notice
SET state = :state, sent_at = :sent_at, refusal = :refusal, attempts = attempts + CASE WHEN :state = 'SUPERSEDED' THEN 0 ELSE 1 END
WHERE id = :id;

-- name: postpone(id, next_attempt_at, refusal)!
UPDATE notice SET attempts = attempts + 1, next_attempt_at = :next_attempt_at, refusal = :refusal WHERE id = :id;

-- name: backlog()^
SELECT count(*) AS owed, min(owed_at) AS oldest FROM notice WHERE state = 'OWED';

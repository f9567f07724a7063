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

-- Locks notices until they are sent; without those that another sender has, or that are not owed any more.
-- name: lock(ids, now)
WITH asked AS MATERIALIZED (
    SELECT n.id, e.meeting_id::text AS about, n.email FROM notice n JOIN calendar_entry e ON e.uid = n.uid WHERE n.id = ANY(:ids::uuid[])
), free AS MATERIALIZED (
    SELECT id FROM asked WHERE {nobody_else_writes}
)
SELECT notice.id
FROM notice JOIN free ON free.id = notice.id
WHERE state = 'OWED' AND tried_at IS NOT NULL AND next_attempt_at <= :now
FOR NO KEY UPDATE OF notice SKIP LOCKED;

-- name: read(ids, now)
SELECT notice.id, notice.email, notice.message, notice.attempts,
       EXISTS (SELECT FROM notice AS newer WHERE newer.uid = notice.uid AND newer.sequence > notice.sequence
               AND (notice.method = 'REQUEST' OR lower(newer.email) = lower(notice.email))) AS stale
FROM notice
WHERE id = ANY(:ids::uuid[]) AND next_attempt_at <= :now;

-- What became of those in hand; one that is put back waits until then, any other has its final state.
-- name: settle(ids, states, sent, refusals, later)!
UPDATE notice
SET state = fate.state, sent_at = fate.sent_at, refusal = fate.refusal, next_attempt_at = coalesce(fate.later, notice.next_attempt_at),
    attempts = attempts + CASE WHEN fate.state = 'SUPERSEDED' THEN 0 ELSE 1 END
FROM unnest(:ids::uuid[], :states::text[], :sent::timestamptz[], :refusals::text[], :later::timestamptz[])
     AS fate (id, state, sent_at, refusal, later)
WHERE notice.id = fate.id;

-- name: backlog()^
SELECT count(*) AS owed, min(owed_at) AS oldest FROM notice WHERE state = 'OWED';

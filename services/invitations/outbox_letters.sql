-- Of two letters about one matter to one addressee the earlier goes first.
-- name: due(now, most)
SELECT id
FROM letter
WHERE state = 'OWED' AND next_attempt_at <= :now
  AND NOT EXISTS (SELECT FROM letter AS older WHERE older.about = letter.about AND older.email = letter.email
                  AND older.number < letter.number AND older.state = 'OWED')
ORDER BY next_attempt_at, number
LIMIT :most;

-- name: mark_tried(ids, now)!
WITH untried AS (
    SELECT id FROM letter WHERE id = ANY(:ids::uuid[]) AND state = 'OWED' AND tried_at IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE letter SET tried_at = :now FROM untried WHERE letter.id = untried.id;

-- Locks letters until they are sent; without those that another sender has, or that are not owed any more. A letter of a meeting and
-- the invitations to it are never in two hands at once for one address: nobody is reminded of what was cancelled while the letter waited.
-- name: lock(ids, now)
WITH asked AS MATERIALIZED (
    SELECT id, coalesce(meeting_id::text, about) AS about, email FROM letter WHERE id = ANY(:ids::uuid[])
), free AS MATERIALIZED (
    SELECT id FROM asked WHERE {nobody_else_writes}
)
SELECT letter.id
FROM letter JOIN free ON free.id = letter.id
WHERE state = 'OWED' AND tried_at IS NOT NULL AND next_attempt_at <= :now
FOR NO KEY UPDATE OF letter SKIP LOCKED;

-- One that tells of a sitting goes stale with it, and with the invitation that it repeats: it may wait longer than the change that was
-- mailed since.
-- name: read(ids, now)
SELECT id, email, message, attempts,
       meeting_id IS NOT NULL
       AND (until <= :now
            OR NOT EXISTS (SELECT FROM meeting m LEFT JOIN sitting s ON s.meeting_id = m.id
                           WHERE m.id = letter.meeting_id AND m.state IN ('CONFIRMED', 'ADJOURNED')
                             AND coalesce(lower(s.during), m.starts_at) = letter.sitting_starts_at)
            OR EXISTS (SELECT FROM calendar_entry e
                       WHERE e.uid = letter.entry_uid
                         AND (e.cancelled OR e.email IS DISTINCT FROM letter.email OR e.sequence <> letter.entry_sequence))
           ) AS stale
FROM letter
WHERE id = ANY(:ids::uuid[]);

-- What became of those in hand; one that is put back waits until then, any other has its final state. One that went stale may have to
-- be owed anew: the meeting may stand again as it says. Trails in order of meeting, lest two senders wait for one another crosswise.
-- name: settle(ids, states, sent, refusals, later)!
WITH stale AS (
    SELECT trail.meeting_id
    FROM paper_trail AS trail
    WHERE trail.meeting_id IN (SELECT letter.meeting_id FROM unnest(:ids::uuid[], :states::text[]) AS fate (id, state)
                               JOIN letter ON letter.id = fate.id WHERE fate.state = 'SUPERSEDED')
    ORDER BY trail.meeting_id
    FOR NO KEY UPDATE
), looked AS (
    UPDATE paper_trail SET look_at = '-infinity' FROM stale WHERE paper_trail.meeting_id = stale.meeting_id
)
UPDATE letter
SET state = fate.state, sent_at = fate.sent_at, refusal = fate.refusal, next_attempt_at = coalesce(fate.later, letter.next_attempt_at),
    attempts = attempts + CASE WHEN fate.state = 'SUPERSEDED' THEN 0 ELSE 1 END
FROM unnest(:ids::uuid[], :states::text[], :sent::timestamptz[], :refusals::text[], :later::timestamptz[])
     AS fate (id, state, sent_at, refusal, later)
WHERE letter.id = fate.id;

-- name: backlog()^
SELECT count(*) AS owed, min(owed_at) AS oldest FROM letter WHERE state = 'OWED';

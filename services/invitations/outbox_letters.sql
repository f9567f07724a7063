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

-- Locks one letter for the length of its sending; nothing if another sender has it, or it is not owed any more. One that tells of a
-- sitting goes stale with it.
-- name: take(id, now)^
SELECT email, message, attempts,
       meeting_id IS NOT NULL
       AND (until <= :now
            OR NOT EXISTS (SELECT FROM meeting m LEFT JOIN sitting s ON s.meeting_id = m.id
                           WHERE m.id = letter.meeting_id AND m.state IN ('CONFIRMED', 'ADJOURNED')
                             AND coalesce(lower(s.during), m.starts_at) = letter.sitting_starts_at)
            OR EXISTS (SELECT FROM calendar_entry e WHERE e.uid = letter.entry_uid AND (e.cancelled OR e.email IS DISTINCT FROM letter.email))
           ) AS stale
FROM letter
WHERE id = :id AND state = 'OWED' AND tried_at IS NOT NULL AND next_attempt_at <= :now
FOR NO KEY UPDATE SKIP LOCKED;

-- One that went stale may have to be owed anew: the meeting may stand again as it says.
-- name: settle(id, state, sent_at, refusal)!
WITH looked AS (
    UPDATE paper_trail SET look_at = '-infinity'
    WHERE :state = 'SUPERSEDED' AND meeting_id = (SELECT meeting_id FROM letter WHERE id = :id)
)
UPDATE letter
SET state = :state, sent_at = :sent_at, refusal = :refusal, attempts = attempts + CASE WHEN :state = 'SUPERSEDED' THEN 0 ELSE 1 END
WHERE id = :id;

-- name: postpone(id, next_attempt_at, refusal)!
UPDATE letter SET attempts = attempts + 1, next_attempt_at = :next_attempt_at, refusal = :refusal WHERE id = :id;

-- name: backlog()^
SELECT count(*) AS owed, min(owed_at) AS oldest FROM letter WHERE state = 'OWED';

-- name: moment()^
-- What this statement can see the deeds of, and the database's own clock.
SELECT pg_current_snapshot()::text AS seen, clock_timestamp() AS at;

-- name: changed_between(before, seen, most)
-- What one look can see and the look before it could not, in whatever order it was committed.
SELECT c.number, c.at, c.meeting_id, c.was_starts_at, m.starts_at
FROM diary_change c JOIN meeting m ON m.id = c.meeting_id
WHERE c.changed_in >= pg_snapshot_xmin(:before::text::pg_snapshot)
  AND NOT pg_visible_in_snapshot(c.changed_in, :before::text::pg_snapshot)
  AND pg_visible_in_snapshot(c.changed_in, :seen::text::pg_snapshot)
ORDER BY c.number
LIMIT :most;

-- name: changed_since(since, seen, most)
SELECT c.number, c.at, c.meeting_id, c.was_starts_at, m.starts_at
FROM diary_change c JOIN meeting m ON m.id = c.meeting_id
WHERE c.at >= :since::timestamptz AND pg_visible_in_snapshot(c.changed_in, :seen::text::pg_snapshot)
ORDER BY c.number
LIMIT :most;

-- name: concerned(everything, note_taker_id, police_team_id, own, numbers, first, until)
-- Meetings of these changes that the viewer can see in the span, or could before, in the order of their last changes.
SELECT c.meeting_id
FROM diary_change c
LEFT JOIN meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
    ON m.id = c.meeting_id AND m.starts_at >= :first::timestamptz AND m.starts_at < :until::timestamptz
WHERE c.number = ANY(:numbers::bigint[])
GROUP BY c.meeting_id
HAVING bool_or(m.id IS NOT NULL)
    OR bool_or(c.was_starts_at >= :first AND c.was_starts_at < :until)
       AND bool_or(:everything OR c.was_note_taker_id = :note_taker_id OR c.was_police_team_id = :police_team_id OR EXISTS (
           SELECT FROM child concern WHERE concern.reference = ANY(:own)
             AND (concern.id = c.was_child_id OR EXISTS (SELECT FROM meeting_item i WHERE (i.meeting_id, i.child_id) = (c.meeting_id, concern.id)))))
ORDER BY max(c.number);

-- name: forget_changes(kept)!
DELETE FROM diary_change WHERE at < clock_timestamp() - :kept::interval;

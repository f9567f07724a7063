-- name: told_otherwise(since, room_desk)
-- Meetings to come of which somebody was told at another address, or under another name of the room, than is so now.
SELECT m.id AS meeting_id
FROM meeting m
WHERE m.state IN ('CONFIRMED', 'ADJOURNED') AND EXISTS (
    SELECT FROM calendar_entry e
    LEFT JOIN resource r ON r.id = e.owner_id
    LEFT JOIN police_team t ON t.id = e.owner_id
    LEFT JOIN resource room ON room.id = m.room_id
    WHERE e.meeting_id = m.id AND NOT e.cancelled AND e.ends_at > :since::timestamptz
      AND (e.email IS DISTINCT FROM CASE e.addressee_kind WHEN 'ROOM_DESK' THEN :room_desk::text WHEN 'POLICE' THEN t.email ELSE r.email END
           OR e.view ->> 'location' IS DISTINCT FROM coalesce(room.name, e.view ->> 'location')))
ORDER BY m.starts_at, m.reference;

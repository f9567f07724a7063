-- name: own_times(child_ids, on_day)
-- What is stated now of a child's time on a day. One that was merged into another is that other.
SELECT asked.id AS asked_id, c.reference, f.born_on, s.wished_weekdays, s.wished_from, s.wished_until, s.wished_place, s.wished_venue,
       s.activity_days
FROM child asked
JOIN child c ON c.id = coalesce(asked.merged_into, asked.id)
LEFT JOIN child_fact f ON f.child_id = c.id AND upper_inf(f.recorded)
LEFT JOIN child_circumstance s ON s.child_id = c.id AND upper_inf(s.recorded) AND s.in_force @> :on_day::date
WHERE asked.id = ANY(:child_ids::uuid[]);

-- name: whereabouts(ids)
-- Of meetings: what says where they are, and when.
SELECT m.id, m.kind, m.remote, m.venue, m.room_id IS NOT NULL AS in_unit_room,
       ARRAY(SELECT s.during FROM sitting s WHERE s.meeting_id = m.id ORDER BY s.number) AS sittings
FROM meeting m WHERE m.id = ANY(:ids::uuid[]);

-- name: placed(ids)
-- Of placements: their children, when and where. What a plan books itself has no venue yet.
SELECT p.id, p.kind, p.starts_at, p.ends_at, p.room_id IS NOT NULL AS in_unit_room, coalesce(m.remote, false) AS remote, m.venue,
       ARRAY(SELECT i.child_id FROM plan_placement_item i WHERE i.placement_id = p.id ORDER BY i.number) AS children
FROM plan_placement p
LEFT JOIN meeting m ON m.id = p.meeting_id
WHERE p.id = ANY(:ids::uuid[]);

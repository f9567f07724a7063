-- name: day_before(child_id, kinds, day)$
-- The day on which the last live meeting of these kinds about the child, before a day, begins.
SELECT max((m.starts_at AT TIME ZONE 'Europe/London')::date)
FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id
WHERE i.child_id = :child_id AND i.live AND i.kind = ANY(:kinds::text[]) AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
  AND (m.starts_at AT TIME ZONE 'Europe/London')::date < :day::date;

-- name: holders(kind, code, starts_at, ends_at)
-- The meetings that hold a resource (of police: a place of the team) somewhere in a span.
SELECT DISTINCT m.id, m.reference
FROM hold h JOIN meeting m ON m.id = h.meeting_id JOIN resource r ON r.id = h.resource_id
LEFT JOIN police_place p ON p.resource_id = r.id LEFT JOIN police_team t ON t.id = p.team_id
WHERE r.kind = :kind AND coalesce(t.code, r.code) = :code AND h.blocked && tstzrange(:starts_at::timestamptz, :ends_at::timestamptz)
ORDER BY m.reference;

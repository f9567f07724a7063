-- name: followers(meeting_id, day)
-- Meetings that stand for what this one makes due on its day, with what is owed and the day on which each is held or begun.
SELECT DISTINCT ON (m.id) o.id, o.child_id, o.household_id, o.kind, o.triggered_on, o.rule_code, o.statutory_due_on, o.book_by_on, o.state, o.not_before_on,
       m.reference AS meeting_reference, (lower(s.during) AT TIME ZONE 'Europe/London')::date AS held_on
FROM meeting_item i
JOIN obligation o ON o.child_id = i.child_id AND o.triggered_on = :day::date AND o.state = 'EXPECTED'
JOIN meeting_item later ON later.obligation_id = o.id AND later.live AND later.meeting_id <> i.meeting_id
JOIN meeting m ON m.id = later.meeting_id
JOIN sitting s ON s.meeting_id = m.id AND s.number = 1
WHERE i.meeting_id = :meeting_id AND i.live
ORDER BY m.id, least(o.statutory_due_on, o.book_by_on);

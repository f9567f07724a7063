-- name: booked(first_day, last_day, now)
-- Meetings that stand with a sitting to come on these days, by their last one: with whom they are about, who is allocated then, and what they hold (of police: of the team).
SELECT m.id, m.version, m.reference, m.kind, m.state, m.remote, m.venue, m.needs, m.police_waived_reason,
       m.chair_id, m.room_id, m.note_taker_id, m.police_team_id,
       lower(last.during) AS starts_at, upper(last.during) AS ends_at, last.day, last.number AS sitting,
       ARRAY(SELECT held.resource_id FROM (
                 SELECT coalesce(p.team_id, h.resource_id) AS resource_id, h.blocked FROM hold h
                 LEFT JOIN police_place p ON p.resource_id = h.resource_id
                 WHERE h.meeting_id = m.id AND h.sitting = ANY(to_come.numbers) ORDER BY h.resource_id, h.sitting) held) AS held,
       ARRAY(SELECT h.blocked FROM hold h WHERE h.meeting_id = m.id AND h.sitting = ANY(to_come.numbers) ORDER BY h.resource_id, h.sitting) AS blocked,
       to_come.durings AS to_come, sat.unrecorded, sat.begun_on, sat.sat_on,
       EXISTS (SELECT FROM attendee a WHERE a.meeting_id = m.id AND (a.apart OR (a.role = 'PARENT' AND EXISTS (
           SELECT FROM meeting_item i JOIN child_circumstance stated ON stated.child_id = i.child_id
           WHERE i.meeting_id = m.id AND i.live AND stated.parents_apart AND upper_inf(stated.recorded) AND stated.in_force @> last.day)))) AS apart,
       (SELECT jsonb_object_agg(week.monday, week.minutes) FROM (
            SELECT monday_of(lower(h.attended)) AS monday, sum(h.write_up) AS minutes FROM hold h
            WHERE h.meeting_id = m.id AND h.sitting = ANY(to_come.numbers) AND h.write_up > 0 GROUP BY 1) week) AS written
FROM meeting m
CROSS JOIN LATERAL (
    SELECT s.during, s.number, (lower(s.during) AT TIME ZONE 'Europe/London')::date AS day
    FROM sitting s WHERE s.meeting_id = m.id ORDER BY s.number DESC LIMIT 1
) last
CROSS JOIN LATERAL (
    SELECT array_agg(s.number) AS numbers, array_agg(s.during ORDER BY s.number) AS durings, bool_or(day <= :last_day::date) AS soon
    FROM sitting s, LATERAL (SELECT (lower(s.during) AT TIME ZONE 'Europe/London')::date AS day) on_day
    WHERE s.meeting_id = m.id AND s.held_on IS NULL AND day >= :first_day::date
) to_come
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE s.held_on IS NULL) AS unrecorded, min(day) AS begun_on, max(day) FILTER (WHERE s.held_on IS NOT NULL) AS sat_on
    FROM sitting s, LATERAL (SELECT (lower(s.during) AT TIME ZONE 'Europe/London')::date AS day) on_day
    WHERE s.meeting_id = m.id
) sat
WHERE (m.state IN ('CONFIRMED', 'ADJOURNED') OR (m.state = 'PROVISIONAL' AND m.provisional_until > :now))
  AND to_come.soon
ORDER BY lower(last.during), m.reference;

-- name: items(meeting_ids, days)
-- Whom the meetings are about, what for, and the officer of each on the day of the meeting.
SELECT i.meeting_id, i.child_id, i.household_id, i.kind, o.id AS obligation_id, o.triggered_on, o.rule_code, o.statutory_due_on, o.book_by_on, o.not_before_on,
       coalesce(a.iro_id, r.iro_id) AS iro_id
FROM unnest(:meeting_ids::uuid[], :days::date[]) AS asked (meeting_id, day)
JOIN meeting_item i ON i.meeting_id = asked.meeting_id AND i.live
LEFT JOIN obligation o ON o.id = i.obligation_id AND o.state IN ('OPEN', 'EXPECTED')
LEFT JOIN allocation a ON a.child_id = i.child_id AND a.held @> asked.day
LEFT JOIN household_reviewer r ON r.household_id = i.household_id AND r.held @> asked.day
ORDER BY i.meeting_id, i.number;

-- name: placed_iros(meeting_ids, days)
-- Officers of children who live in the foster homes that these meetings review: they do not chair them.
SELECT asked.meeting_id, a.iro_id
FROM unnest(:meeting_ids::uuid[], :days::date[]) AS asked (meeting_id, day)
JOIN meeting_item i ON i.meeting_id = asked.meeting_id AND i.live AND i.household_id IS NOT NULL
JOIN child_circumstance c ON c.household_id = i.household_id AND upper_inf(c.recorded) AND c.in_force @> asked.day
JOIN allocation a ON a.child_id = c.child_id AND a.held @> asked.day;

-- name: followers(meeting_ids, days)
-- Later meetings that stand for what the days of these make due, with the day on which each is held or begun. What another record starts on that day is no matter of theirs.
SELECT asked.meeting_id, i.child_id, i.kind AS item_kind, o.kind, o.statutory_due_on, o.book_by_on,
       later.meeting_id AS later_id, m.reference, (lower(s.during) AT TIME ZONE 'Europe/London')::date AS day
FROM unnest(:meeting_ids::uuid[], :days::date[]) AS asked (meeting_id, day)
JOIN meeting_item i ON i.meeting_id = asked.meeting_id AND i.live
JOIN obligation o ON o.child_id = i.child_id AND o.triggered_on = asked.day AND o.state = 'EXPECTED'
JOIN meeting_item later ON later.obligation_id = o.id AND later.live AND later.meeting_id <> asked.meeting_id
JOIN meeting m ON m.id = later.meeting_id
JOIN sitting s ON s.meeting_id = m.id AND s.number = 1
ORDER BY asked.meeting_id, s.during, m.reference, i.number;

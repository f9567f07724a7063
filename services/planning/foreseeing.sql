-- name: household_duties(last_day, now)
-- Reviews of foster homes that are due by then, or overdue, and not booked.
SELECT o.id, h.reference, o.household_id, o.kind, o.triggered_on, o.rule_code, o.statutory_due_on, o.book_by_on, o.not_before_on
FROM obligation o JOIN foster_household h ON h.id = o.household_id
WHERE o.state IN ('OPEN', 'EXPECTED') AND o.book_by_on <= :last_day::date
  AND NOT EXISTS (
      SELECT FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id
      WHERE i.obligation_id = o.id AND i.live AND (m.state <> 'PROVISIONAL' OR m.provisional_until > :now::timestamptz))
ORDER BY o.book_by_on, h.reference;

-- name: unattended(kinds, now, first, until)
-- Conferences that stand without the police whom their kind expects, with their sittings to come, by the first of them in a span.
SELECT m.id AS meeting_id, m.reference, m.kind, sat.starts, sat.minutes, m.police_waived_reason AS waived
FROM meeting m
CROSS JOIN LATERAL (
    SELECT array_agg(lower(s.during) ORDER BY s.number) AS starts,
           array_agg(extract(epoch FROM upper(s.during) - lower(s.during))::int / 60 ORDER BY s.number) AS minutes
    FROM sitting s
    WHERE s.meeting_id = m.id AND s.held_on IS NULL AND lower(s.during) >= :first::timestamptz AND lower(s.during) < :until::timestamptz
) sat
WHERE m.kind = ANY(:kinds::text[]) AND m.police_team_id IS NULL AND sat.starts IS NOT NULL
  AND (m.state IN ('CONFIRMED', 'ADJOURNED') OR (m.state = 'PROVISIONAL' AND m.provisional_until > :now::timestamptz))
ORDER BY sat.starts[1], m.reference;

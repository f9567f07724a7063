-- name: live_items(child_ids, starting, reviews)
-- Every child of every live meeting about one of these children, with the days of its sittings and the record of one of them, if any.
WITH concerned AS MATERIALIZED (
    SELECT DISTINCT i.meeting_id AS id
    FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id
    WHERE i.child_id = ANY(:child_ids::uuid[]) AND i.live AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
), sat AS (
    SELECT s.meeting_id, array_agg(DISTINCT (lower(s.during) AT TIME ZONE 'Europe/London')::date) AS days
    FROM sitting s JOIN concerned c ON c.id = s.meeting_id
    GROUP BY s.meeting_id
)
SELECT m.id AS meeting_id, m.reference AS meeting_reference, sat.days, i.child_id, c.reference AS child_reference, i.kind,
       o.triggered_on, CASE WHEN o.state = 'HELD' THEN o.held_on END AS answered_on,
       h.id AS record_id, h.kind AS held_kind, h.held_on, h.completed_on, h.source
FROM concerned
JOIN meeting m ON m.id = concerned.id
JOIN sat ON sat.meeting_id = m.id
JOIN meeting_item i ON i.meeting_id = m.id
LEFT JOIN child c ON c.id = i.child_id
LEFT JOIN obligation o ON o.id = i.obligation_id
LEFT JOIN LATERAL (
    SELECT h.id, h.kind, h.held_on, h.completed_on, h.source
    FROM held_record h
    WHERE upper_inf(h.recorded) AND h.child_id = i.child_id AND h.held_on = ANY(sat.days)
      AND (h.kind = i.kind OR (h.kind = ANY(:starting::text[]) AND i.kind = ANY(:starting::text[]))
           OR (h.kind = ANY(:reviews::text[]) AND i.kind = ANY(:reviews::text[])))
    ORDER BY h.kind <> i.kind, h.held_on
    LIMIT 1
) h ON true
ORDER BY m.starts_at, m.id, i.number;

-- name: lock_idle_meeting(id)$
-- One that somebody is changing at this moment is left to them: whoever waits for us must not be waited for.
SELECT id FROM meeting WHERE id = :id FOR NO KEY UPDATE SKIP LOCKED;

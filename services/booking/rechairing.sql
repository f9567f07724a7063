-- name: chaired_for(child_ids, iro_id, leaving, today)
-- Meetings with a sitting to come after today that stand and concern these children, chaired by this officer or by nobody any more, and
-- are about no child that stays hers; by the first such sitting.
SELECT m.id AS meeting_id, m.version, m.kind, lower(next.during) AS starts_at, m.chair_id IS NULL AS lost,
       ARRAY(SELECT i.child_id FROM meeting_item i WHERE i.meeting_id = m.id AND i.live AND i.child_id = ANY(:child_ids::uuid[])
             GROUP BY i.child_id ORDER BY min(i.number)) AS child_ids,
       CASE WHEN m.state = 'PROVISIONAL' THEN 0 WHEN m.chair_id IS NULL THEN 1 ELSE 2 END
           * (SELECT count(*) FROM sitting s WHERE s.meeting_id = m.id AND s.held_on IS NULL)::int AS notices
FROM meeting m
CROSS JOIN LATERAL (
    SELECT s.during FROM sitting s
    WHERE s.meeting_id = m.id AND s.held_on IS NULL AND (lower(s.during) AT TIME ZONE 'Europe/London')::date > :today::date
    ORDER BY s.number LIMIT 1
) next
WHERE m.id IN (SELECT i.meeting_id FROM meeting_item i WHERE i.live AND i.child_id = ANY(:child_ids::uuid[]))
  AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED') AND m.kind <> 'SECURE_CRITERIA_REVIEW'
  AND (m.chair_id = :iro_id OR (m.chair_id IS NULL AND 'IRO' = ANY(m.needs)))
  AND NOT EXISTS (SELECT FROM meeting_item i JOIN allocation a ON a.child_id = i.child_id
                  WHERE i.meeting_id = m.id AND i.live AND i.child_id <> ALL(:leaving::uuid[]) AND a.iro_id = :iro_id
                    AND a.held @> (lower(next.during) AT TIME ZONE 'Europe/London')::date)
ORDER BY lower(next.during), m.reference;

-- name: officers_then(iro_ids, blocked, attended, now)
-- Of each officer and span: whether she is at work, what of other meetings is in the way, and whether she has left or is absent.
-- What has lapsed is in nobody's way.
SELECT wanted.number, r.code,
       coalesce(wanted.attended <@ (SELECT range_agg(a.during) FROM availability a WHERE a.resource_id = r.id AND a.during && wanted.attended),
                false) AS at_work,
       NOT r.active @> (lower(wanted.attended) AT TIME ZONE 'Europe/London')::date
           OR EXISTS (SELECT FROM absence x WHERE x.resource_id = r.id AND x.during && wanted.attended) AS away,
       lower(taken.blocked) AS taken_from, upper(taken.blocked) AS taken_until
FROM unnest(:iro_ids::uuid[], :blocked::tstzrange[], :attended::tstzrange[]) WITH ORDINALITY AS wanted (iro_id, blocked, attended, number)
JOIN resource r ON r.id = wanted.iro_id
LEFT JOIN LATERAL (
    SELECT h.blocked FROM hold h JOIN meeting m ON m.id = h.meeting_id
    WHERE h.resource_id = r.id AND h.blocked && wanted.blocked
      AND NOT (m.state = 'PROVISIONAL' AND m.provisional_until <= :now::timestamptz)
    ORDER BY h.blocked LIMIT 1
) taken ON true
ORDER BY wanted.number;

-- name: holds_of(meeting_id, sitting)
SELECT resource_id, blocked, attended, meeting_id, sitting, write_up FROM hold WHERE meeting_id = :meeting_id AND sitting = :sitting ORDER BY resource_id;

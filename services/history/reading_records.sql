-- Records of children in sight, as they are recorded now (`at` null) or were recorded at an instant. The viewer's sight is always
-- today's. The half that does not apply costs nothing: its condition holds no column, so that it is judged before any row is read.

-- name: care_periods(everything, iro_id, own, today, children, ids, at)
SELECT r.id, r.child_id, lower(r.recorded) AS recorded_at, r.started_on, r.started_on_exact, r.ended_on, r.end_reason, r.legal_status, r.short_break
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN (SELECT * FROM care_period WHERE upper_inf(recorded) AND :at::timestamptz IS NULL
      UNION ALL SELECT * FROM care_period WHERE recorded @> :at::timestamptz AND :at::timestamptz IS NOT NULL) r ON r.child_id = s.child_id
WHERE r.child_id = ANY(:children::uuid[]) OR r.id = ANY(:ids::uuid[])
ORDER BY r.started_on, r.id;

-- name: protection_plans(everything, iro_id, own, today, children, ids, at)
SELECT r.id, r.child_id, lower(r.recorded) AS recorded_at, r.started_on, r.ended_on, r.category, r.end_reason
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN (SELECT * FROM protection_plan WHERE upper_inf(recorded) AND :at::timestamptz IS NULL
      UNION ALL SELECT * FROM protection_plan WHERE recorded @> :at::timestamptz AND :at::timestamptz IS NOT NULL) r ON r.child_id = s.child_id
WHERE r.child_id = ANY(:children::uuid[]) OR r.id = ANY(:ids::uuid[])
ORDER BY r.started_on, r.id;

-- name: enquiries(everything, iro_id, own, today, children, ids, at)
SELECT r.id, r.child_id, lower(r.recorded) AS recorded_at, r.initiating_discussion_on, r.conference_on, r.conference_not_required
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN (SELECT * FROM section47 WHERE upper_inf(recorded) AND :at::timestamptz IS NULL
      UNION ALL SELECT * FROM section47 WHERE recorded @> :at::timestamptz AND :at::timestamptz IS NOT NULL) r ON r.child_id = s.child_id
WHERE r.child_id = ANY(:children::uuid[]) OR r.id = ANY(:ids::uuid[])
ORDER BY r.initiating_discussion_on, r.id;

-- name: care_statuses(everything, iro_id, own, today, children, ids, at)
SELECT r.id, r.child_id, lower(r.recorded) AS recorded_at, r.status, r.started_on, r.ended_on, r.end_reason, r.expected_end_on
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN (SELECT * FROM care_status WHERE upper_inf(recorded) AND :at::timestamptz IS NULL
      UNION ALL SELECT * FROM care_status WHERE recorded @> :at::timestamptz AND :at::timestamptz IS NOT NULL) r ON r.child_id = s.child_id
WHERE r.child_id = ANY(:children::uuid[]) OR r.id = ANY(:ids::uuid[])
ORDER BY r.started_on, r.id;

-- name: transfers(everything, iro_id, own, today, children, ids, at)
SELECT r.id, r.child_id, lower(r.recorded) AS recorded_at, r.direction, r.notified_on, r.conference_on, r.withdrawn_on
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN (SELECT * FROM transfer WHERE upper_inf(recorded) AND :at::timestamptz IS NULL
      UNION ALL SELECT * FROM transfer WHERE recorded @> :at::timestamptz AND :at::timestamptz IS NOT NULL) r ON r.child_id = s.child_id
WHERE r.child_id = ANY(:children::uuid[]) OR r.id = ANY(:ids::uuid[])
ORDER BY r.notified_on, r.id;

-- name: earlier_reviews(everything, iro_id, own, today, children, ids, at)
SELECT r.id, r.child_id, lower(r.recorded) AS recorded_at, r.kind, r.called_on, r.by_on, r.reason
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN (SELECT * FROM earlier_review WHERE upper_inf(recorded) AND :at::timestamptz IS NULL
      UNION ALL SELECT * FROM earlier_review WHERE recorded @> :at::timestamptz AND :at::timestamptz IS NOT NULL) r ON r.child_id = s.child_id
WHERE r.child_id = ANY(:children::uuid[]) OR r.id = ANY(:ids::uuid[])
ORDER BY r.called_on, r.id;

-- name: held_records(everything, iro_id, own, today, children, households, ids, at, starting)
-- Of children in sight, and of foster households to whoever sees everything. Each with the obligation that it met, where there
-- is one: of its own kind, else of another conference at which a plan may begin. At an instant it is for the caller to say.
SELECT r.id, r.child_id, r.household_id, lower(r.recorded) AS recorded_at, r.kind, r.held_on, r.completed_on, r.participation, r.to_reconvene, r.without_meeting, r.source,
       o.state, o.statutory_due_on, o.held_on AS met_on, o.completed_on AS met_completed_on, o.void_from
FROM (SELECT * FROM held_record WHERE upper_inf(recorded) AND :at::timestamptz IS NULL
      UNION ALL SELECT * FROM held_record WHERE recorded @> :at::timestamptz AND :at::timestamptz IS NOT NULL) r
LEFT JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = r.child_id
LEFT JOIN LATERAL (
    SELECT m.* FROM obligation m
    WHERE (m.child_id = r.child_id OR m.household_id = r.household_id) AND m.held_on = r.held_on AND :at::timestamptz IS NULL
      AND (m.kind = r.kind OR (m.kind = ANY(:starting::text[]) AND r.kind = ANY(:starting::text[])))
    ORDER BY m.kind <> r.kind, m.triggered_on LIMIT 1) o ON true
WHERE (r.child_id = ANY(:children::uuid[]) OR r.household_id = ANY(:households::uuid[]) OR r.id = ANY(:ids::uuid[]))
  AND (s.child_id IS NOT NULL OR (r.household_id IS NOT NULL AND :everything))
ORDER BY r.held_on, r.id;

-- name: working_times()
-- Every IRO that there is or was, by code.
SELECT r.id AS iro_id, r.code, r.active, i.specialities, i.areas FROM iro i JOIN resource r ON r.id = i.resource_id ORDER BY r.code;

-- name: working_times_known(at)
SELECT r.id AS iro_id, r.code, r.active, i.specialities, i.areas
FROM iro i
CROSS JOIN LATERAL (
    SELECT id, code, active FROM resource WHERE id = i.resource_id AND known_from <= :at
    UNION ALL
    SELECT now.id, now.code, past.in_force
    FROM capacity_past past JOIN resource now ON now.id = past.resource_id
    WHERE past.resource_id = i.resource_id AND past.what = 'ACTIVE' AND past.known @> :at::timestamptz
) r
ORDER BY r.code;

-- name: spans(first_day, until_day, since, until)
-- Contracts, reductions and absences of IROs that touch these days.
SELECT c.resource_id, 'CONTRACT' AS what, c.in_force, NULL::tstzrange AS during, c.wte, NULL AS reason
FROM contract c JOIN iro i USING (resource_id)
WHERE c.in_force && daterange(:first_day::date, :until_day::date)
UNION ALL
SELECT r.resource_id, 'REDUCTION', r.in_force, NULL, r.wte, r.reason
FROM capacity_reduction r JOIN iro i USING (resource_id)
WHERE r.in_force && daterange(:first_day::date, :until_day::date)
UNION ALL
SELECT a.resource_id, 'ABSENCE', NULL, a.during, NULL, a.reason
FROM absence a JOIN iro i USING (resource_id)
WHERE a.during && tstzrange(:since::timestamptz, :until::timestamptz)
ORDER BY resource_id, what, in_force, during, wte, reason;

-- name: spans_known(first_day, until_day, since, until, at)
SELECT s.resource_id, s.what, s.in_force, s.during, s.wte, s.reason
FROM (
    SELECT resource_id, 'CONTRACT' AS what, in_force, NULL::tstzrange AS during, wte, NULL AS reason FROM contract WHERE known_from <= :at
    UNION ALL
    SELECT resource_id, 'REDUCTION', in_force, NULL, wte, reason FROM capacity_reduction WHERE known_from <= :at
    UNION ALL
    SELECT resource_id, 'ABSENCE', NULL, during, NULL, reason FROM absence WHERE known_from <= :at
    UNION ALL
    SELECT resource_id, what, in_force, during, wte, reason FROM capacity_past WHERE what <> 'ACTIVE' AND known @> :at::timestamptz
) s
JOIN iro i USING (resource_id)
WHERE s.in_force && daterange(:first_day::date, :until_day::date) OR s.during && tstzrange(:since::timestamptz, :until::timestamptz)
ORDER BY s.resource_id, s.what, s.in_force, s.during, s.wte, s.reason;

-- name: households_on(on_day)
-- The reviewer of each foster household, and whether the approval that is known last holds on the day.
SELECT v.household_id, v.iro_id, f.approved_on <= :on_day::date AND (f.ended_on IS NULL OR f.ended_on > :on_day::date) AS is_approved
FROM household_reviewer v JOIN foster_household_fact f ON f.household_id = v.household_id AND upper_inf(f.recorded)
WHERE v.held @> :on_day::date;

-- name: households_known_on(on_day, at)
SELECT v.household_id, v.iro_id, f.approved_on <= :on_day::date AND (f.ended_on IS NULL OR f.ended_on > :on_day::date) AS is_approved
FROM (
    SELECT household_id, held, iro_id FROM household_reviewer WHERE recorded_at <= :at
    UNION ALL
    SELECT household_id, held, iro_id FROM household_reviewer_past WHERE known @> :at::timestamptz
) v
JOIN foster_household_fact f ON f.household_id = v.household_id AND f.recorded @> :at::timestamptz
WHERE v.held @> :on_day::date;

-- name: holders_on(on_day)
SELECT child_id, iro_id FROM allocation WHERE held @> :on_day::date;

-- name: holders_known_on(on_day, at)
-- Of each child the last decision by then that reached this day: it says who had the child, or that nobody did.
SELECT child_id, iro_id
FROM (
    SELECT DISTINCT ON (child_id) child_id, iro_id
    FROM allocation_event
    WHERE at <= :at AND effective_on <= :on_day::date AND (until IS NULL OR until > :on_day::date)
    ORDER BY child_id, number DESC
) decided
WHERE iro_id IS NOT NULL;

-- name: lock_decisions()!
-- One decision about who gets whom at a time: a limit belongs to all allocations of an officer together, which no row holds.
SELECT pg_advisory_xact_lock(hashtext('caseload.decisions'));

-- name: held_from(child_ids, on_day)
SELECT id, child_id, iro_id, lower(held) AS first_day, upper(held) AS until
FROM allocation
WHERE child_id = ANY(:child_ids::uuid[]) AND (upper_inf(held) OR upper(held) > :on_day::date)
ORDER BY child_id, held
FOR UPDATE;

-- name: shorten(ids, until)!
UPDATE allocation a SET held = daterange(lower(a.held), n.until)
FROM unnest(:ids::uuid[], :until::date[]) AS n (id, until)
WHERE a.id = n.id;

-- name: remove(ids)!
DELETE FROM allocation WHERE id = ANY(:ids::uuid[]);

-- name: add_allocations(ids, child_ids, iro_ids, first_days, until, reasons, approved_by)!
INSERT INTO allocation (id, child_id, iro_id, held, reason, approved_by)
SELECT id, child_id, iro_id, daterange(first_day, until), reason, approved_by
FROM unnest(:ids::uuid[], :child_ids::uuid[], :iro_ids::uuid[], :first_days::date[], :until::date[], :reasons::text[],
            :approved_by::text[]) AS n (id, child_id, iro_id, first_day, until, reason, approved_by);

-- name: add_events(id, child_id, at, by, what, iro_id, from_iro_id, effective_on, until, reason, approved_by, run_id, decision)*!
INSERT INTO allocation_event (id, child_id, at, by, what, iro_id, from_iro_id, effective_on, until, reason, approved_by, run_id, decision)
VALUES (:id, :child_id, :at, :by, :what, :iro_id, :from_iro_id, :effective_on, :until, :reason, :approved_by, :run_id, :decision);

-- name: event(id)^
SELECT child_id, at, effective_on, decision FROM allocation_event WHERE id = :id;

-- name: out_of_scope(child_ids, on_day)
-- Allocations in force of children that are not among those in scope, with the day on which the last of care and plan ended.
SELECT a.id, a.child_id, a.iro_id, lower(a.held) AS first_day, upper(a.held) AS until,
       (SELECT max(ended_on) FROM (
            SELECT ended_on FROM care_period p WHERE p.child_id = a.child_id AND upper_inf(p.recorded) AND p.ended_on <= :on_day::date
            UNION ALL
            SELECT ended_on FROM protection_plan p WHERE p.child_id = a.child_id AND upper_inf(p.recorded) AND p.ended_on <= :on_day::date
        ) ended) AS ended_on
FROM allocation a
WHERE a.held @> :on_day::date AND NOT a.child_id = ANY(:child_ids::uuid[])
FOR UPDATE;

-- name: children_by_ids(today, everything, iro_id, own, ids)
SELECT s.child_id AS id, s.reference, f.born_on, f.expected_on,
       EXISTS (SELECT FROM care_period p WHERE p.child_id = s.child_id AND upper_inf(p.recorded) AND p.started_on <= :today::date
               AND (p.ended_on IS NULL OR p.ended_on > :today::date)) AS in_care,
       EXISTS (SELECT FROM protection_plan p WHERE p.child_id = s.child_id AND upper_inf(p.recorded) AND p.started_on <= :today::date
               AND (p.ended_on IS NULL OR p.ended_on > :today::date)) AS on_plan
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
LEFT JOIN child_fact f ON f.child_id = s.child_id AND upper_inf(f.recorded)
WHERE s.child_id = ANY(:ids::uuid[]);

-- name: child_by_reference(everything, iro_id, own, today, reference)^
SELECT s.child_id AS id
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
WHERE s.reference = :reference;

-- name: children_listed(everything, iro_id, own, today, iro_code, unallocated, in_care, on_plan, after_key, after_id, wanted)
SELECT s.child_id AS id, s.reference, f.born_on, f.expected_on, care.yes AS in_care, plan.yes AS on_plan
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
LEFT JOIN child_fact f ON f.child_id = s.child_id AND upper_inf(f.recorded)
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM care_period p WHERE p.child_id = s.child_id AND upper_inf(p.recorded)
    AND p.started_on <= :today::date AND (p.ended_on IS NULL OR p.ended_on > :today::date)) AS yes) care
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM protection_plan p WHERE p.child_id = s.child_id AND upper_inf(p.recorded)
    AND p.started_on <= :today::date AND (p.ended_on IS NULL OR p.ended_on > :today::date)) AS yes) plan
LEFT JOIN LATERAL (SELECT r.code FROM allocation a JOIN resource r ON r.id = a.iro_id
    WHERE a.child_id = s.child_id AND a.held @> :today::date) officer ON true
WHERE (:iro_code::text IS NULL OR officer.code = :iro_code)
  AND (:unallocated::boolean IS NULL OR (officer.code IS NULL) = :unallocated)
  AND (:in_care::boolean IS NULL OR care.yes = :in_care)
  AND (:on_plan::boolean IS NULL OR plan.yes = :on_plan)
  AND (:after_key::text IS NULL OR (s.reference, s.child_id) > (:after_key, :after_id::uuid))
ORDER BY s.reference, s.child_id
LIMIT :wanted;

-- name: children_counted(everything, iro_id, own, today, iro_code, unallocated, in_care, on_plan)$
SELECT count(*)
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
LEFT JOIN LATERAL (SELECT r.code FROM allocation a JOIN resource r ON r.id = a.iro_id
    WHERE a.child_id = s.child_id AND a.held @> :today::date) officer ON true
WHERE (:iro_code::text IS NULL OR officer.code = :iro_code)
  AND (:unallocated::boolean IS NULL OR (officer.code IS NULL) = :unallocated)
  AND (:in_care::boolean IS NULL OR :in_care = EXISTS (SELECT FROM care_period p WHERE p.child_id = s.child_id AND upper_inf(p.recorded)
    AND p.started_on <= :today::date AND (p.ended_on IS NULL OR p.ended_on > :today::date)))
  AND (:on_plan::boolean IS NULL OR :on_plan = EXISTS (SELECT FROM protection_plan p WHERE p.child_id = s.child_id AND upper_inf(p.recorded)
    AND p.started_on <= :today::date AND (p.ended_on IS NULL OR p.ended_on > :today::date)));

-- name: siblings_of(everything, iro_id, own, today, ids)
SELECT mine.child_id AS of_id, s.child_id AS id, s.reference
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) asked
JOIN sibling_group_member mine ON mine.child_id = asked.child_id AND upper_inf(mine.recorded)
JOIN sibling_group_member theirs ON theirs.group_key = mine.group_key AND upper_inf(theirs.recorded) AND theirs.child_id <> mine.child_id
JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = theirs.child_id
WHERE asked.child_id = ANY(:ids::uuid[])
ORDER BY s.reference;

-- name: care_periods(everything, iro_id, own, today, children, ids)
SELECT p.id, p.child_id, p.started_on, p.started_on_exact, p.ended_on, p.legal_status
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN care_period p ON p.child_id = s.child_id AND upper_inf(p.recorded)
WHERE p.child_id = ANY(:children::uuid[]) OR p.id = ANY(:ids::uuid[])
ORDER BY p.started_on, p.id;

-- name: protection_plans(everything, iro_id, own, today, children, ids)
SELECT p.id, p.child_id, p.started_on, p.ended_on, p.category
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN protection_plan p ON p.child_id = s.child_id AND upper_inf(p.recorded)
WHERE p.child_id = ANY(:children::uuid[]) OR p.id = ANY(:ids::uuid[])
ORDER BY p.started_on, p.id;

-- name: held_records(everything, iro_id, own, today, children, ids)
-- Each with the obligation that it met, where there is one.
SELECT h.id, h.child_id, h.kind, h.held_on, h.participation, h.source, o.state, o.statutory_due_on, o.held_on AS met_on, o.completed_on, o.void_from
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN held_record h ON h.child_id = s.child_id AND upper_inf(h.recorded)
LEFT JOIN LATERAL (SELECT * FROM obligation o WHERE o.child_id = h.child_id AND o.kind = h.kind AND o.held_on = h.held_on
                   ORDER BY o.triggered_on LIMIT 1) o ON true
WHERE h.child_id = ANY(:children::uuid[]) OR h.id = ANY(:ids::uuid[])
ORDER BY h.held_on, h.id;

-- name: obligations_by_ids(everything, iro_id, own, today, ids)
SELECT o.*, s.reference, standing.meeting_id
FROM obligation o
LEFT JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = o.child_id
LEFT JOIN foster_household h ON h.id = o.household_id
LEFT JOIN LATERAL (SELECT i.meeting_id FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE o.id = ANY(:ids::uuid[]) AND (s.child_id IS NOT NULL OR (o.household_id IS NOT NULL AND :everything));

-- name: obligations_of_children(everything, iro_id, own, today, ids)
-- What is open first, by due day; then what was met, the latest first.
SELECT o.*, s.reference, standing.meeting_id
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN obligation o ON o.child_id = s.child_id
LEFT JOIN LATERAL (SELECT i.meeting_id FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE s.child_id = ANY(:ids::uuid[])
ORDER BY (o.state IN ('OPEN', 'EXPECTED')) DESC, CASE WHEN o.state IN ('OPEN', 'EXPECTED') THEN o.statutory_due_on END, o.triggered_on DESC, o.id;

-- name: obligations_of_households(ids, everything)
SELECT o.*, NULL::text AS reference, standing.meeting_id
FROM obligation o
LEFT JOIN LATERAL (SELECT i.meeting_id FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE o.household_id = ANY(:ids::uuid[]) AND :everything
ORDER BY o.triggered_on DESC, o.id;

-- name: obligations_listed(everything, iro_id, own, today, due_from, due_to, kinds, booked, overdue, iro_code, after_key, after_id, wanted)
SELECT o.*, s.reference, standing.meeting_id
FROM obligation o
LEFT JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = o.child_id
LEFT JOIN LATERAL (SELECT i.meeting_id FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE o.state IN ('OPEN', 'EXPECTED')
  AND (s.child_id IS NOT NULL OR (o.household_id IS NOT NULL AND :everything))
  AND (:due_from::date IS NULL OR o.statutory_due_on >= :due_from)
  AND (:due_to::date IS NULL OR o.statutory_due_on <= :due_to)
  AND (:kinds::text[] IS NULL OR o.kind = ANY(:kinds))
  AND (:booked::boolean IS NULL OR (standing.meeting_id IS NOT NULL) = :booked)
  AND (:overdue::boolean IS NULL OR (o.statutory_due_on < :today::date) = :overdue)
  AND (:iro_code::text IS NULL OR EXISTS (SELECT FROM allocation a JOIN resource r ON r.id = a.iro_id
       WHERE a.child_id = o.child_id AND a.held @> :today::date AND r.code = :iro_code))
  AND (:after_key::date IS NULL OR (o.statutory_due_on, o.id) > (:after_key, :after_id::uuid))
ORDER BY o.statutory_due_on, o.id
LIMIT :wanted;

-- name: obligations_counted(everything, iro_id, own, today, due_from, due_to, kinds, booked, overdue, iro_code)$
SELECT count(*)
FROM obligation o
LEFT JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = o.child_id
LEFT JOIN LATERAL (SELECT i.meeting_id FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE o.state IN ('OPEN', 'EXPECTED')
  AND (s.child_id IS NOT NULL OR (o.household_id IS NOT NULL AND :everything))
  AND (:due_from::date IS NULL OR o.statutory_due_on >= :due_from)
  AND (:due_to::date IS NULL OR o.statutory_due_on <= :due_to)
  AND (:kinds::text[] IS NULL OR o.kind = ANY(:kinds))
  AND (:booked::boolean IS NULL OR (standing.meeting_id IS NOT NULL) = :booked)
  AND (:overdue::boolean IS NULL OR (o.statutory_due_on < :today::date) = :overdue)
  AND (:iro_code::text IS NULL OR EXISTS (SELECT FROM allocation a JOIN resource r ON r.id = a.iro_id
       WHERE a.child_id = o.child_id AND a.held @> :today::date AND r.code = :iro_code));

-- name: households_by_ids(ids, everything)
SELECT h.id, h.reference, f.approved_on
FROM foster_household h JOIN foster_household_fact f ON f.household_id = h.id AND upper_inf(f.recorded)
WHERE h.id = ANY(:ids::uuid[]) AND :everything;

-- name: children_by_ids(today, everything, iro_id, own, ids)
SELECT s.child_id AS id, s.reference, lower(f.recorded) AS recorded_at, f.born_on, f.expected_on, f.died_on, f.adopted_on,
       EXISTS (SELECT FROM care_period p WHERE p.child_id = s.child_id AND upper_inf(p.recorded) AND p.started_on <= :today::date
               AND (p.ended_on IS NULL OR p.ended_on > :today::date)) AS in_care,
       EXISTS (SELECT FROM protection_plan p WHERE p.child_id = s.child_id AND upper_inf(p.recorded) AND p.started_on <= :today::date
               AND (p.ended_on IS NULL OR p.ended_on > :today::date)) AS on_plan
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
LEFT JOIN child_fact f ON f.child_id = s.child_id AND upper_inf(f.recorded)
WHERE s.child_id = ANY(:ids::uuid[]);

-- name: child_by_reference(everything, iro_id, own, today, reference)^
-- Under its own reference, or one that was merged into it.
SELECT s.child_id AS id, s.reference
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
WHERE s.child_id = (SELECT coalesce(c.merged_into, c.id) FROM child c WHERE c.reference = :reference);

-- name: other_references(everything, iro_id, own, today, ids)
SELECT s.child_id AS id, m.reference
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN child m ON m.merged_into = s.child_id
WHERE s.child_id = ANY(:ids::uuid[])
ORDER BY m.reference;

-- name: children_listed(everything, iro_id, own, today, iro_code, unallocated, in_care, on_plan, after_key, after_id, wanted)
SELECT s.child_id AS id, s.reference, lower(f.recorded) AS recorded_at, f.born_on, f.expected_on, f.died_on, f.adopted_on, care.yes AS in_care, plan.yes AS on_plan
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

-- name: children_of(everything, iro_id, own, today, ids)
SELECT asked.child_id AS of_id, s.child_id AS id, s.reference
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) asked
JOIN parentage p ON p.parent_id = asked.child_id AND upper_inf(p.recorded)
JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = p.child_id
WHERE asked.child_id = ANY(:ids::uuid[])
ORDER BY s.reference;

-- name: obligations_by_ids(everything, iro_id, own, today, ids)
SELECT o.*, s.reference, standing.meeting_id, standing.begun_on
FROM obligation o
LEFT JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = o.child_id
LEFT JOIN LATERAL (
    SELECT i.meeting_id, (SELECT min(t.held_on) FROM meeting m JOIN sitting t ON t.meeting_id = m.id
                          WHERE m.id = i.meeting_id AND m.state = 'ADJOURNED') AS begun_on
    FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE o.id = ANY(:ids::uuid[]) AND (s.child_id IS NOT NULL OR (o.household_id IS NOT NULL AND :everything));

-- name: obligations_of_children(everything, iro_id, own, today, ids)
-- What is open first, by due day; then what was met, the latest first.
SELECT o.*, s.reference, standing.meeting_id, standing.begun_on
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN obligation o ON o.child_id = s.child_id
LEFT JOIN LATERAL (
    SELECT i.meeting_id, (SELECT min(t.held_on) FROM meeting m JOIN sitting t ON t.meeting_id = m.id
                          WHERE m.id = i.meeting_id AND m.state = 'ADJOURNED') AS begun_on
    FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE s.child_id = ANY(:ids::uuid[])
ORDER BY (o.state IN ('OPEN', 'EXPECTED')) DESC, CASE WHEN o.state IN ('OPEN', 'EXPECTED') THEN o.statutory_due_on END, o.triggered_on DESC, o.id;

-- name: obligations_listed(everything, iro_id, own, today, due_from, due_to, kinds, booked, overdue, adjourned_since, iro_code, after_key, after_id, wanted)
SELECT o.*, s.reference, standing.meeting_id, standing.begun_on
FROM obligation o
LEFT JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = o.child_id
LEFT JOIN LATERAL (
    SELECT i.meeting_id, (SELECT min(t.held_on) FROM meeting m JOIN sitting t ON t.meeting_id = m.id
                          WHERE m.id = i.meeting_id AND m.state = 'ADJOURNED') AS begun_on
    FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE o.state IN ('OPEN', 'EXPECTED')
  AND (s.child_id IS NOT NULL OR (o.household_id IS NOT NULL AND :everything))
  AND (:due_from::date IS NULL OR o.statutory_due_on >= :due_from)
  AND (:due_to::date IS NULL OR o.statutory_due_on <= :due_to)
  AND (:kinds::text[] IS NULL OR o.kind = ANY(:kinds))
  AND (:booked::boolean IS NULL OR (standing.meeting_id IS NOT NULL) = :booked)
  AND (:overdue::boolean IS NULL OR (o.statutory_due_on < :today::date AND NOT coalesce(
       standing.begun_on BETWEEN :adjourned_since::date AND o.statutory_due_on, false)) = :overdue)
  AND (:iro_code::text IS NULL OR EXISTS (SELECT FROM allocation a JOIN resource r ON r.id = a.iro_id
       WHERE a.child_id = o.child_id AND a.held @> :today::date AND r.code = :iro_code))
  AND (:after_key::date IS NULL OR (o.statutory_due_on, o.id) > (:after_key, :after_id::uuid))
ORDER BY o.statutory_due_on, o.id
LIMIT :wanted;

-- name: obligations_counted(everything, iro_id, own, today, due_from, due_to, kinds, booked, overdue, adjourned_since, iro_code)$
SELECT count(*)
FROM obligation o
LEFT JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = o.child_id
LEFT JOIN LATERAL (
    SELECT i.meeting_id, (SELECT min(t.held_on) FROM meeting m JOIN sitting t ON t.meeting_id = m.id
                          WHERE m.id = i.meeting_id AND m.state = 'ADJOURNED') AS begun_on
    FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE o.state IN ('OPEN', 'EXPECTED')
  AND (s.child_id IS NOT NULL OR (o.household_id IS NOT NULL AND :everything))
  AND (:due_from::date IS NULL OR o.statutory_due_on >= :due_from)
  AND (:due_to::date IS NULL OR o.statutory_due_on <= :due_to)
  AND (:kinds::text[] IS NULL OR o.kind = ANY(:kinds))
  AND (:booked::boolean IS NULL OR (standing.meeting_id IS NOT NULL) = :booked)
  AND (:overdue::boolean IS NULL OR (o.statutory_due_on < :today::date AND NOT coalesce(
       standing.begun_on BETWEEN :adjourned_since::date AND o.statutory_due_on, false)) = :overdue)
  AND (:iro_code::text IS NULL OR EXISTS (SELECT FROM allocation a JOIN resource r ON r.id = a.iro_id
       WHERE a.child_id = o.child_id AND a.held @> :today::date AND r.code = :iro_code));

-- name: changes_in_care(ids)
-- The last days on which placement (RNE P, T, B, U) and legal status (L, B, U) changed, by the episodes of care.
SELECT e.child_id,
       max(e.started_on) FILTER (WHERE e.reason_started IN ('P', 'T', 'B', 'U')) AS moved_on,
       max(e.started_on) FILTER (WHERE e.reason_started IN ('L', 'B', 'U')) AS legal_status_changed_on
FROM care_episode e
WHERE e.child_id = ANY(:ids::uuid[]) AND upper_inf(e.recorded)
GROUP BY e.child_id;

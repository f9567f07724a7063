-- name: plans_by_ids(ids)
SELECT id, state, progress, first_day, last_day, may_move, frozen_days, wanted, placed, late, late_bound, message, goals FROM plan WHERE id = ANY(:ids::uuid[]);

-- name: placements(plan_ids, ids)
-- With the obligations of each, as the plan knew them.
SELECT p.plan_id, p.id, p.kind, p.meeting_id, m.reference AS meeting_reference, p.meeting_version, p.group_number, p.moved_from, p.starts_at, p.ends_at, p.chair_id, p.room_id, p.note_taker_id, p.police_team_id,
       p.reasons, p.applied, p.result, items.items
FROM plan_placement p
LEFT JOIN meeting m ON m.id = p.meeting_id
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'obligation_id', i.obligation_id, 'child_id', i.child_id, 'reference', c.reference, 'kind', i.kind, 'triggered_on', i.triggered_on,
        'statutory_due_on', i.statutory_due_on, 'book_by_on', i.book_by_on) ORDER BY i.number) AS items
    FROM plan_placement_item i JOIN child c ON c.id = i.child_id
    WHERE i.placement_id = p.id
) items
WHERE p.plan_id = ANY(:plan_ids::uuid[]) OR p.id = ANY(:ids::uuid[])
ORDER BY p.plan_id, p.number;

-- name: given_up(ids)
-- What the meetings that these placements are to change hold and will not hold any more: all of it where they are moved.
SELECT p.id, r.kind, coalesce(t.code, r.code) AS code, lower(h.blocked) AS starts_at, upper(h.blocked) AS ends_at
FROM plan_placement p
JOIN meeting m ON m.id = p.meeting_id AND m.version = p.meeting_version
JOIN hold h ON h.meeting_id = m.id
JOIN resource r ON r.id = h.resource_id
LEFT JOIN police_place place ON place.resource_id = r.id
LEFT JOIN police_team t ON t.id = place.team_id
WHERE p.id = ANY(:ids::uuid[]) AND p.applied IS NULL
  AND (p.moved_from IS NOT NULL
       OR coalesce(t.id, r.id) NOT IN (SELECT kept.id FROM unnest(ARRAY[p.chair_id, p.room_id, p.note_taker_id, p.police_team_id]) AS kept (id)
                                       WHERE kept.id IS NOT NULL))
ORDER BY p.id, lower(h.blocked), r.kind;

-- name: unplaced(ids)
SELECT u.plan_id, u.obligation_id, u.child_id, c.reference, u.kind, u.triggered_on, u.statutory_due_on, u.book_by_on, u.blockers
FROM plan_unplaced u JOIN child c ON c.id = u.child_id
WHERE u.plan_id = ANY(:ids::uuid[]) AND u.meeting_id IS NULL
ORDER BY u.plan_id, u.number;

-- name: unrepaired(ids)
SELECT u.plan_id, u.meeting_id, m.reference, lower(last.during) AS starts_at, u.lacks, u.blockers
FROM plan_unplaced u JOIN meeting m ON m.id = u.meeting_id
CROSS JOIN LATERAL (SELECT s.during FROM sitting s WHERE s.meeting_id = m.id ORDER BY s.number DESC LIMIT 1) last
WHERE u.plan_id = ANY(:ids::uuid[])
ORDER BY u.plan_id, u.number;

-- name: results(ids)
SELECT plan_id, id, applied, result FROM plan_placement
WHERE plan_id = ANY(:ids::uuid[]) AND applied IS NOT NULL
ORDER BY plan_id, number;

-- name: chained(ids)
-- What only plans know of, under the rule that they were laid by; older plans did not keep it: a rule of the kind that was in force.
SELECT DISTINCT ON (i.obligation_id) i.obligation_id, i.child_id, c.reference, i.kind, i.triggered_on, i.statutory_due_on, i.book_by_on,
       t.code, t.amount, t.unit, t.census_days, t.legal_basis
FROM (
    SELECT DISTINCT ON (obligation_id) * FROM (
        SELECT obligation_id, child_id, kind, triggered_on, statutory_due_on, book_by_on, rule_code FROM plan_placement_item WHERE obligation_id = ANY(:ids::uuid[])
        UNION ALL
        SELECT obligation_id, child_id, kind, triggered_on, statutory_due_on, book_by_on, rule_code FROM plan_unplaced WHERE obligation_id = ANY(:ids::uuid[])
    ) every ORDER BY obligation_id
) i
JOIN child c ON c.id = i.child_id
JOIN timescale t ON t.in_force @> i.triggered_on AND (t.code = i.rule_code OR i.rule_code IS NULL AND starts_with(t.code, i.kind))
ORDER BY i.obligation_id, t.code;

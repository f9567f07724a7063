-- name: children_measured(everything, iro_id, own, today)
SELECT child_id, reference FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) ORDER BY reference;

-- name: households_measured()
SELECT id, reference FROM foster_household ORDER BY reference;

-- name: duties_of_children(ids)
-- What a record has started: an expected duty is none yet.
SELECT o.child_id AS of_id, o.id, o.kind, o.rule_code, o.triggered_on, o.statutory_due_on, o.state, o.held_on, o.completed_on,
       o.void_from, begun.begun_on
FROM obligation o
LEFT JOIN (SELECT i.obligation_id, min(t.held_on) AS begun_on FROM meeting_item i
           JOIN meeting m ON m.id = i.meeting_id AND m.state = 'ADJOURNED' JOIN sitting t ON t.meeting_id = m.id
           WHERE i.child_id = ANY(:ids::uuid[]) AND i.live GROUP BY i.obligation_id) begun ON begun.obligation_id = o.id
WHERE o.child_id = ANY(:ids::uuid[]) AND o.state <> 'EXPECTED' ORDER BY o.triggered_on, o.id;

-- name: duties_of_households(ids)
SELECT o.household_id AS of_id, o.id, o.kind, o.rule_code, o.triggered_on, o.statutory_due_on, o.state, o.held_on, o.completed_on,
       o.void_from, begun.begun_on
FROM obligation o
LEFT JOIN (SELECT i.obligation_id, min(t.held_on) AS begun_on FROM meeting_item i
           JOIN meeting m ON m.id = i.meeting_id AND m.state = 'ADJOURNED' JOIN sitting t ON t.meeting_id = m.id
           WHERE i.household_id = ANY(:ids::uuid[]) AND i.live GROUP BY i.obligation_id) begun ON begun.obligation_id = o.id
WHERE o.household_id = ANY(:ids::uuid[]) AND o.state <> 'EXPECTED' ORDER BY o.triggered_on, o.id;

-- name: participation(ids, kinds, first, last)
SELECT child_id, held_on, max(participation) AS code FROM held_record
WHERE child_id = ANY(:ids::uuid[]) AND kind = ANY(:kinds::text[]) AND held_on BETWEEN :first::date AND :last::date AND upper_inf(recorded)
GROUP BY child_id, held_on;

-- name: participation_at(ids, kinds, first, last, at)
SELECT child_id, held_on, max(participation) AS code FROM held_record
WHERE child_id = ANY(:ids::uuid[]) AND kind = ANY(:kinds::text[]) AND held_on BETWEEN :first::date AND :last::date AND recorded @> :at::timestamptz
GROUP BY child_id, held_on;

-- name: children_measured(everything, iro_id, own, today)
SELECT child_id, reference FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) ORDER BY reference;

-- name: households_measured()
SELECT id, reference FROM foster_household ORDER BY reference;

-- name: duties_of_children(ids)
-- What a record has started: an expected duty is none yet.
SELECT child_id AS of_id, id, kind, rule_code, triggered_on, statutory_due_on, state, held_on, completed_on, void_from
FROM obligation WHERE child_id = ANY(:ids::uuid[]) AND state <> 'EXPECTED' ORDER BY triggered_on, id;

-- name: duties_of_households(ids)
SELECT household_id AS of_id, id, kind, rule_code, triggered_on, statutory_due_on, state, held_on, completed_on, void_from
FROM obligation WHERE household_id = ANY(:ids::uuid[]) AND state <> 'EXPECTED' ORDER BY triggered_on, id;

-- name: participation(ids, kinds, first, last)
SELECT child_id, held_on, max(participation) AS code FROM held_record
WHERE child_id = ANY(:ids::uuid[]) AND kind = ANY(:kinds::text[]) AND held_on BETWEEN :first::date AND :last::date AND upper_inf(recorded)
GROUP BY child_id, held_on;

-- name: participation_at(ids, kinds, first, last, at)
SELECT child_id, held_on, max(participation) AS code FROM held_record
WHERE child_id = ANY(:ids::uuid[]) AND kind = ANY(:kinds::text[]) AND held_on BETWEEN :first::date AND :last::date AND recorded @> :at::timestamptz
GROUP BY child_id, held_on;

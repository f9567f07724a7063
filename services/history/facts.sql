-- name: known_children(ids)
SELECT c.id, f.born_on, f.expected_on, f.died_on, f.adopted_on
FROM child c LEFT JOIN child_fact f ON f.child_id = c.id AND upper_inf(f.recorded)
WHERE c.id = ANY(:ids::uuid[]);

-- name: known_children_at(ids, at)
SELECT c.id, f.born_on, f.expected_on, f.died_on, f.adopted_on
FROM child c JOIN child_fact f ON f.child_id = c.id AND f.recorded @> :at::timestamptz
WHERE c.id = ANY(:ids::uuid[]);

-- name: known_households(ids)
SELECT h.id, f.approved_on, f.ended_on
FROM foster_household h LEFT JOIN foster_household_fact f ON f.household_id = h.id AND upper_inf(f.recorded)
WHERE h.id = ANY(:ids::uuid[]);

-- name: known_households_at(ids, at)
SELECT h.id, f.approved_on, f.ended_on
FROM foster_household h JOIN foster_household_fact f ON f.household_id = h.id AND f.recorded @> :at::timestamptz
WHERE h.id = ANY(:ids::uuid[]);

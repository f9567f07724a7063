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

-- name: approvals_before(ids, at)
-- An approval that had ended, after which the household was approved again: the version that followed began later, and stands.
SELECT household_id, approved_before AS approved_on, ended_before AS ended_on
FROM (SELECT household_id, lower(recorded) AS since, approved_on, ended_on, lag(approved_on) OVER earlier AS approved_before,
             lag(ended_on) OVER earlier AS ended_before
      FROM foster_household_fact
      WHERE household_id = ANY(:ids::uuid[]) AND (:at::timestamptz IS NULL OR lower(recorded) <= :at)
      WINDOW earlier AS (PARTITION BY household_id ORDER BY lower(recorded))) version
WHERE ended_on IS NULL AND approved_on >= ended_before AND approved_on > approved_before
ORDER BY household_id, since;

-- name: known_households_at(ids, at)
SELECT h.id, f.approved_on, f.ended_on
FROM foster_household h JOIN foster_household_fact f ON f.household_id = h.id AND f.recorded @> :at::timestamptz
WHERE h.id = ANY(:ids::uuid[]);

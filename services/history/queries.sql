-- name: lock_children(child_ids)
-- One writer a child: records and what follows from them are read and written as one.
SELECT id FROM child WHERE id = ANY(:child_ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: lock_households(household_ids)
SELECT id FROM foster_household WHERE id = ANY(:household_ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: children_in_reach(references, everything, iro_id, own, today)
-- One that was merged into another is that other, under either reference; one that is being merged is waited for, and is not there.
SELECT s.child_id AS id, asked.reference
FROM child asked
JOIN children_in_sight(:everything, :iro_id::uuid, :own::text[], :today::date) s ON s.child_id = coalesce(asked.merged_into, asked.id)
WHERE asked.reference = ANY(:references::text[])
ORDER BY asked.id
FOR NO KEY UPDATE OF asked;

-- name: add_child(id, reference)$
INSERT INTO child (id, reference) VALUES (:id, :reference) ON CONFLICT ON CONSTRAINT child_reference_once DO NOTHING RETURNING id;

-- name: sibling_group_of(child_id)$
SELECT group_key FROM sibling_group_member WHERE child_id = :child_id AND upper_inf(recorded);

-- name: join_sibling_group(child_id, group_key, source, at)!
INSERT INTO sibling_group_member (child_id, group_key, recorded, source)
VALUES (:child_id, :group_key, tstzrange(:at::timestamptz, NULL), :source);

-- name: add_parentage(child_id, parent_id, source, at)!
INSERT INTO parentage (child_id, parent_id, recorded, source)
VALUES (:child_id, :parent_id, tstzrange(:at::timestamptz, NULL), :source);

-- name: plan_on(child_id, day)^
SELECT id, started_on, ended_on, category FROM protection_plan
WHERE child_id = :child_id AND upper_inf(recorded) AND started_on <= :day AND (ended_on IS NULL OR ended_on >= :day)
ORDER BY started_on DESC LIMIT 1;

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
SELECT :child_id, :group_key, tstzrange(greatest(:at::timestamptz, max(upper(recorded))), NULL), :source
FROM sibling_group_member WHERE child_id = :child_id;

-- name: leave_sibling_group(child_id, at)!
UPDATE sibling_group_member
SET recorded = tstzrange(lower(recorded), greatest(:at::timestamptz, lower(recorded) + interval '1 microsecond'))
WHERE child_id = :child_id AND upper_inf(recorded);

-- name: is_parent(child_id, parent_id)$
SELECT EXISTS (SELECT FROM parentage WHERE child_id = :child_id AND parent_id = :parent_id AND upper_inf(recorded));

-- name: add_parentage(child_id, parent_id, source, at)!
INSERT INTO parentage (child_id, parent_id, recorded, source)
SELECT :child_id, :parent_id, tstzrange(greatest(:at::timestamptz, max(upper(recorded))), NULL), :source
FROM parentage WHERE child_id = :child_id AND parent_id = :parent_id;

-- name: end_parentage(child_id, parent_id, at)!
UPDATE parentage
SET recorded = tstzrange(lower(recorded), greatest(:at::timestamptz, lower(recorded) + interval '1 microsecond'))
WHERE child_id = :child_id AND parent_id = :parent_id AND upper_inf(recorded);

-- name: plan_on(child_id, day)^
SELECT id, started_on, ended_on, category FROM protection_plan
WHERE child_id = :child_id AND upper_inf(recorded) AND started_on <= :day AND (ended_on IS NULL OR ended_on >= :day)
ORDER BY started_on DESC LIMIT 1;

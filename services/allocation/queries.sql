-- name: may_not_chair(references)
-- Of a child that was merged with another, under either reference.
SELECT m.iro_id, c.reference, m.ground, m.reason
FROM child c JOIN child known ON c.id IN (known.id, known.merged_into) JOIN may_not_chair m ON m.child_reference = known.reference
WHERE c.reference = ANY(:references::text[]);

-- name: parents_of(child_ids)
-- Parents and children of these children, as the records have them now.
SELECT child_id, parent_id FROM parentage
WHERE upper_inf(recorded) AND (child_id = ANY(:child_ids::uuid[]) OR parent_id = ANY(:child_ids::uuid[]));

-- name: last_iros(child_ids, on_day)
-- Who had each child last, before the day.
SELECT DISTINCT ON (child_id) child_id, iro_id FROM allocation
WHERE child_id = ANY(:child_ids::uuid[]) AND upper(held) <= :on_day::date
ORDER BY child_id, upper(held) DESC;

-- name: plan_categories(child_ids, on_day)
SELECT child_id, category FROM protection_plan
WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded) AND category IS NOT NULL
  AND started_on <= :on_day::date AND (ended_on IS NULL OR ended_on > :on_day::date);

-- name: children_by_reference(references)
SELECT id, reference FROM child WHERE reference = ANY(:references::text[]);

-- name: siblings_of(child_ids)
SELECT child_id, group_key FROM sibling_group_member WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded);

-- name: allocations_of(child_ids, on_day)
SELECT child_id, id FROM allocation WHERE child_id = ANY(:child_ids::uuid[]) AND held @> :on_day::date;

-- name: add_run(id, child_references, today, requested_by, requested_at)!
INSERT INTO allocation_run (id, state, child_references, today, requested_by, requested_at)
VALUES (:id, 'QUEUED', :child_references, :today, :requested_by, :requested_at);

-- name: claim_run(stale_after)^
-- The next run that waits, or one whose worker has not been heard of for so long. PostgreSQL's own clock judges, since
-- workers may disagree about the time.
UPDATE allocation_run SET state = 'RUNNING', heartbeat_at = clock_timestamp(), attempts = attempts + 1, message = NULL
WHERE id = (
    SELECT id FROM allocation_run
    WHERE state = 'QUEUED' OR (state = 'RUNNING' AND heartbeat_at < clock_timestamp() - :stale_after::interval)
    ORDER BY requested_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, child_references, today, requested_by, attempts;

-- name: beat(id, attempts)$
UPDATE allocation_run SET heartbeat_at = clock_timestamp() WHERE id = :id AND state = 'RUNNING' AND attempts = :attempts RETURNING true;

-- name: show_progress(id, attempts, progress, worst_utilisation, bound)!
UPDATE allocation_run
SET progress = :progress, worst_utilisation = :worst_utilisation, worst_utilisation_bound = :bound, heartbeat_at = clock_timestamp()
WHERE id = :id AND state = 'RUNNING' AND attempts = :attempts;

-- name: hold_run(id, attempts)$
-- The run, locked, if it is still this worker's.
SELECT true FROM allocation_run WHERE id = :id AND state = 'RUNNING' AND attempts = :attempts FOR UPDATE;

-- name: finish_run(id, attempts, state, finished_at, worst_utilisation, bound, unallocated, message)!
UPDATE allocation_run
SET state = :state, progress = 1, finished_at = :finished_at, worst_utilisation = :worst_utilisation,
    worst_utilisation_bound = :bound, unallocated = :unallocated, message = :message
WHERE id = :id AND state = 'RUNNING' AND attempts = :attempts;

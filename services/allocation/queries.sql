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

-- name: relatives_of(child_ids)
-- These children, their brothers and sisters, and the parents and children of all of them.
WITH family AS (
    SELECT unnest(:child_ids::uuid[]) AS id
    UNION
    SELECT sibling.child_id
    FROM sibling_group_member own
    JOIN sibling_group_member sibling ON sibling.group_key = own.group_key AND upper_inf(sibling.recorded)
    WHERE own.child_id = ANY(:child_ids::uuid[]) AND upper_inf(own.recorded)
)
SELECT id FROM family
UNION SELECT p.parent_id FROM parentage p WHERE p.child_id IN (SELECT id FROM family) AND upper_inf(p.recorded)
UNION SELECT p.child_id FROM parentage p WHERE p.parent_id IN (SELECT id FROM family) AND upper_inf(p.recorded);

-- name: conference_chairs(child_ids, on_day)
-- Who chaired the last conference of each child's plan: of the one in force, or of one that was when the child came into care.
SELECT DISTINCT ON (h.child_id) h.child_id, m.chair_id
FROM protection_plan p
JOIN held_record h ON h.child_id = p.child_id AND upper_inf(h.recorded) AND h.held_on BETWEEN p.started_on AND :on_day::date
    AND h.kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE', 'REVIEW_CONFERENCE')
LEFT JOIN meeting m ON m.id = h.meeting_id
WHERE p.child_id = ANY(:child_ids::uuid[]) AND upper_inf(p.recorded) AND p.started_on <= :on_day::date
  AND (p.ended_on IS NULL OR p.ended_on > :on_day::date OR EXISTS (
      SELECT FROM care_period c
      WHERE c.child_id = p.child_id AND upper_inf(c.recorded) AND c.started_on BETWEEN p.started_on AND p.ended_on
        AND (c.ended_on IS NULL OR c.ended_on > :on_day::date)))
ORDER BY h.child_id, h.held_on DESC, p.started_on DESC, m.reference;

-- name: panels(child_ids, on_day)
-- Officers on a secure criteria panel that is booked for a child and neither held nor given up.
SELECT i.child_id, m.chair_id
FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id
WHERE i.child_id = ANY(:child_ids::uuid[]) AND i.live AND m.kind = 'SECURE_CRITERIA_REVIEW' AND m.chair_id IS NOT NULL
  AND (m.state IN ('CONFIRMED', 'ADJOURNED')
       OR (m.state = 'PROVISIONAL' AND m.provisional_until > :on_day::date::timestamp AT TIME ZONE 'Europe/London'));

-- name: reviewers_of(household_ids, on_day)
SELECT household_id, iro_id FROM household_reviewer WHERE household_id = ANY(:household_ids::uuid[]) AND held @> :on_day::date;

-- name: children_by_reference(references)
-- Of two that were found to be one child, the one that it goes by.
SELECT asked.reference AS asked, c.id, c.reference FROM child asked JOIN child c ON c.id = coalesce(asked.merged_into, asked.id)
WHERE asked.reference = ANY(:references::text[]);

-- name: siblings_of(child_ids)
SELECT child_id, group_key FROM sibling_group_member WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded);

-- name: allocations_of(child_ids, on_day)
SELECT child_id, id, iro_id FROM allocation WHERE child_id = ANY(:child_ids::uuid[]) AND held @> :on_day::date;

-- name: add_run(id, child_references, today, requested_by, requested_at)!
INSERT INTO allocation_run (id, state, child_references, today, requested_by, requested_at)
VALUES (:id, 'QUEUED', :child_references, :today, :requested_by, :requested_at);

-- name: lock_run(id)$
SELECT state FROM allocation_run WHERE id = :id FOR UPDATE;

-- name: cancel_run(id, now)!
UPDATE allocation_run SET state = 'CANCELLED', finished_at = :now, message = 'cancelled on request: nothing was allocated' WHERE id = :id;

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

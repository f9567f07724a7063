-- name: add_run(id, max_moves, absent_iro_ids, keep_child_ids, target_utilisation, today, requested_by, requested_at)!
INSERT INTO rebalancing (id, state, max_moves, absent_iro_ids, keep_child_ids, target_utilisation, today, requested_by, requested_at)
VALUES (:id, 'QUEUED', :max_moves, :absent_iro_ids, :keep_child_ids, :target_utilisation, :today, :requested_by, :requested_at);

-- name: officers_by_code(codes)
SELECT r.code, r.id FROM iro i JOIN resource r ON r.id = i.resource_id WHERE r.code = ANY(:codes::text[]);

-- name: children_by_reference(references_)
-- One that was merged into another is that other, under either reference.
SELECT reference, coalesce(merged_into, id) AS id FROM child WHERE reference = ANY(:references_::text[]);

-- name: claim_run(stale_after)^
-- The next run that waits, or one whose worker has not been heard of for so long. PostgreSQL's own clock judges, since
-- workers may disagree about the time.
UPDATE rebalancing SET state = 'RUNNING', heartbeat_at = clock_timestamp(), attempts = attempts + 1, message = NULL
WHERE id = (
    SELECT id FROM rebalancing
    WHERE state = 'QUEUED' OR (state = 'RUNNING' AND heartbeat_at < clock_timestamp() - :stale_after::interval)
    ORDER BY requested_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, max_moves, absent_iro_ids, keep_child_ids, target_utilisation, today, attempts;

-- name: beat(id, attempts)$
UPDATE rebalancing SET heartbeat_at = clock_timestamp() WHERE id = :id AND state = 'RUNNING' AND attempts = :attempts RETURNING true;

-- name: show_progress(id, attempts, progress, worst_utilisation, bound)!
UPDATE rebalancing
SET progress = :progress, worst_utilisation = :worst_utilisation, worst_utilisation_bound = :bound, heartbeat_at = clock_timestamp()
WHERE id = :id AND state = 'RUNNING' AND attempts = :attempts;

-- name: hold_run(id, attempts)$
-- The run, locked, if it is still this worker's.
SELECT true FROM rebalancing WHERE id = :id AND state = 'RUNNING' AND attempts = :attempts FOR UPDATE;

-- name: fail(id, attempts, finished_at, message)!
UPDATE rebalancing SET state = 'FAILED', progress = 1, finished_at = :finished_at, message = :message
WHERE id = :id AND state = 'RUNNING' AND attempts = :attempts;

-- name: propose(id, finished_at, before, after, basis, worst_utilisation, bound, message)!
UPDATE rebalancing
SET state = 'PROPOSED', progress = 1, finished_at = :finished_at, before = :before, after = :after, basis = :basis,
    worst_utilisation = :worst_utilisation, worst_utilisation_bound = :bound, message = :message
WHERE id = :id;

-- name: add_moves(id, rebalancing_id, number, child_ids, from_iro_id, to_iro_id, points, reasons, decision)*!
INSERT INTO rebalancing_move (id, rebalancing_id, number, child_ids, from_iro_id, to_iro_id, points, reasons, decision)
VALUES (:id, :rebalancing_id, :number, :child_ids, :from_iro_id, :to_iro_id, :points, :reasons, :decision);

-- name: add_meetings(move_id, meeting_id, version, chair, notices, message)*!
INSERT INTO rebalancing_meeting (move_id, meeting_id, version, chair, notices, message)
VALUES (:move_id, :meeting_id, :version, :chair, :notices, :message);

-- name: lock(id)^
SELECT id, state, max_moves, absent_iro_ids, keep_child_ids, target_utilisation, today, requested_by, applied_on, before, basis, message, results
FROM rebalancing WHERE id = :id FOR UPDATE;

-- name: moves(rebalancing_id)
SELECT v.id, v.number, v.child_ids, v.from_iro_id, v.to_iro_id, v.points, v.reasons, v.decision, v.was,
       (SELECT coalesce(jsonb_object_agg(d.meeting_id, d.version), '{}') FROM rebalancing_meeting d WHERE d.move_id = v.id) AS meetings
FROM rebalancing_move v WHERE v.rebalancing_id = :rebalancing_id ORDER BY v.number;

-- name: cancel(id, finished_at, message)!
UPDATE rebalancing SET state = 'CANCELLED', finished_at = coalesce(finished_at, :finished_at), message = coalesce(:message, message)
WHERE id = :id;

-- name: supersede(id, message)$
UPDATE rebalancing SET state = 'SUPERSEDED', message = :message WHERE id = :id AND state = 'PROPOSED' RETURNING true;

-- name: note_applied(id, applied_by, applied_at, applied_on, apply_reason, results)!
UPDATE rebalancing
SET state = 'APPLIED', applied_by = :applied_by, applied_at = :applied_at, applied_on = :applied_on, apply_reason = :apply_reason,
    results = :results
WHERE id = :id;

-- name: note_results(id, results)!
UPDATE rebalancing SET results = :results WHERE id = :id;

-- name: note_undone(id, undone_by, undone_at, results)!
UPDATE rebalancing SET state = 'CANCELLED', undone_by = :undone_by, undone_at = :undone_at, results = :results WHERE id = :id;

-- name: note_was(id, was)*!
UPDATE rebalancing_move SET was = :was WHERE id = :id;

-- name: note_chairs(move_id, meeting_id, chair, message)*!
-- What became of the chair, where it is not what was foreseen.
UPDATE rebalancing_meeting SET chair = :chair, message = :message WHERE move_id = :move_id AND meeting_id = :meeting_id;

-- name: note_chairs_again(rebalancing_id, meeting_id, chair, message)*!
UPDATE rebalancing_meeting d SET chair = :chair, message = :message
FROM rebalancing_move v
WHERE v.rebalancing_id = :rebalancing_id AND d.move_id = v.id AND d.meeting_id = :meeting_id;

-- name: reviews_soon(child_ids, first_day, last_day)
-- The first day up to the last of the span on which something owed to a child is booked, or by which it should be, where nothing is
-- booked for it: what is overdue is to be held at once, and so is among the next.
SELECT child_id, min(day) AS day FROM (
    SELECT o.child_id, o.book_by_on AS day
    FROM obligation o
    WHERE o.child_id = ANY(:child_ids::uuid[]) AND o.state IN ('OPEN', 'EXPECTED') AND o.book_by_on <= :last_day::date
      AND NOT EXISTS (SELECT FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id
                      WHERE i.obligation_id = o.id AND i.live AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED'))
    UNION ALL
    SELECT i.child_id, (lower(s.during) AT TIME ZONE 'Europe/London')::date
    FROM sitting s
    JOIN meeting m ON m.id = s.meeting_id
    JOIN meeting_item i ON i.meeting_id = m.id
    WHERE i.child_id = ANY(:child_ids::uuid[]) AND i.live AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
      AND (lower(s.during) AT TIME ZONE 'Europe/London')::date BETWEEN :first_day::date AND :last_day::date
) soon
GROUP BY child_id;

-- name: lock_meetings(ids)
-- Nobody else changes these meetings until the transaction ends. Not stronger: their holds may be renumbered meanwhile.
SELECT id, version FROM meeting WHERE id = ANY(:ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: emails(ids)
SELECT id, code, email FROM resource WHERE id = ANY(:ids::uuid[]) AND email IS NOT NULL ORDER BY code;

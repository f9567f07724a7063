-- name: lock_decisions()!
-- The lock of `caseload.lock_decisions`: who is being given the child now is not, or is before it is known that she may not.
SELECT pg_advisory_xact_lock(hashtext('caseload.decisions'));

-- name: child_of(reference)^
-- One that was merged into another is that other.
SELECT coalesce(merged_into, id) AS id FROM child WHERE reference = :reference;

-- name: declare(iro_id, reference, ground, reason)!
INSERT INTO may_not_chair AS standing (iro_id, child_reference, ground, reason, source)
VALUES (:iro_id, :reference, :ground, :reason, 'DECLARED')
ON CONFLICT ON CONSTRAINT may_not_chair_once DO UPDATE SET ground = excluded.ground, reason = excluded.reason;

-- name: withdraw(iro_id, child_id)
-- Under whichever of the child's references it was declared.
DELETE FROM may_not_chair m USING child known
WHERE m.iro_id = :iro_id AND m.source = 'DECLARED' AND known.reference = m.child_reference AND :child_id IN (known.id, known.merged_into)
RETURNING m.child_reference AS reference, m.ground;

-- name: sources_of(iro_id, child_id)$
SELECT array_agg(DISTINCT m.source ORDER BY m.source) FROM may_not_chair m JOIN child known ON known.reference = m.child_reference
WHERE m.iro_id = :iro_id AND :child_id IN (known.id, known.merged_into);

-- name: keep_event(id, at, by, iro_id, reference, what, ground, reason)!
INSERT INTO independence_event (id, at, by, iro_id, child_reference, what, ground, reason)
VALUES (:id, :at, :by, :iro_id, :reference, :what, :ground, :reason);

-- name: officer_by_code(code)$
SELECT r.id FROM resource r JOIN iro i ON i.resource_id = r.id WHERE r.code = :code;

-- name: add_request(id, child_id, iro_id, from_iro_id, needs_approval_for, reason, asked_by, asked_at, decision)!
INSERT INTO allocation_request (id, child_id, iro_id, from_iro_id, needs_approval_for, reason, asked_by, asked_at, decision)
VALUES (:id, :child_id, :iro_id, :from_iro_id, :needs_approval_for, :reason, :asked_by, :asked_at, :decision);

-- name: waiting_of(child_id)^
SELECT id, from_iro_id FROM allocation_request WHERE child_id = :child_id AND state = 'WAITING' FOR UPDATE;

-- name: lock_request(id)^
SELECT r.*, c.reference FROM allocation_request r JOIN child c ON c.id = r.child_id WHERE r.id = :id FOR UPDATE OF r;

-- name: decide(id, state, by, at, reason, message)!
UPDATE allocation_request
SET state = :state, decided_by = :by, decided_at = :at, decided_reason = :reason,
    decision = decision || jsonb_strip_nulls(jsonb_build_object('overtaken', :message::text))
WHERE id = :id AND state = 'WAITING';

-- name: requests(states, ids)
SELECT r.id, r.child_id, c.reference, r.iro_id, r.from_iro_id, r.needs_approval_for, r.reason, r.state, r.asked_by, r.asked_at, r.decided_by,
       r.decided_at, r.decided_reason, r.decision
FROM allocation_request r JOIN child c ON c.id = r.child_id
WHERE (:states::text[] IS NULL OR r.state = ANY(:states::text[])) AND (:ids::uuid[] IS NULL OR r.id = ANY(:ids::uuid[]))
ORDER BY r.asked_at, c.reference;

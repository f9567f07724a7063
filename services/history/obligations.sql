-- Obligations. The columns come in the order of `reconcile.Row`.

-- name: stored_obligations(child_ids)
SELECT o.id, o.child_id, o.kind, o.triggered_on, o.triggered_by, o.rule_code, o.rule_amount, o.rule_unit, o.legal_basis,
       o.statutory_due_on, o.census_due_on, o.book_by_on, o.state, o.held_on, o.completed_on, o.void_from,
       m.obligation_id IS NOT NULL AS referred_to, coalesce(m.booked, false) AS booked
FROM obligation o
LEFT JOIN (
    SELECT i.obligation_id, bool_or(i.live OR g.state = 'POSTPONED') AS booked
    FROM meeting_item i JOIN meeting g ON g.id = i.meeting_id
    WHERE i.child_id = ANY(:child_ids::uuid[]) AND i.obligation_id IS NOT NULL
    GROUP BY i.obligation_id
) m ON m.obligation_id = o.id
WHERE o.child_id = ANY(:child_ids::uuid[]);

-- name: lock_obligations(ids)
SELECT id FROM obligation WHERE id = ANY(:ids::uuid[]) ORDER BY id FOR UPDATE;

-- name: remove_obligations(ids)!
DELETE FROM obligation o WHERE o.id = ANY(:ids::uuid[])
    AND NOT EXISTS (SELECT FROM meeting_item i WHERE i.obligation_id = o.id)
    AND NOT EXISTS (SELECT FROM plan_placement_item i WHERE i.obligation_id = o.id)
    AND NOT EXISTS (SELECT FROM plan_unplaced i WHERE i.obligation_id = o.id);

-- name: void_obligations(ids)!
UPDATE obligation SET state = 'VOID', held_on = NULL, completed_on = NULL, void_from = NULL
WHERE id = ANY(:ids::uuid[]) AND (state <> 'VOID' OR void_from IS NOT NULL);

-- name: follow_in_placements(old_ids, new_ids)!
UPDATE plan_placement_item i SET obligation_id = v.new_id
FROM unnest(:old_ids::uuid[], :new_ids::uuid[]) AS v(old_id, new_id) WHERE i.obligation_id = v.old_id;

-- name: follow_in_unplaced(old_ids, new_ids)!
UPDATE plan_unplaced u SET obligation_id = v.new_id
FROM unnest(:old_ids::uuid[], :new_ids::uuid[]) AS v(old_id, new_id) WHERE u.obligation_id = v.old_id;

-- name: hand_over_bookings(old_id, new_id)!
UPDATE meeting_item SET obligation_id = :new_id WHERE obligation_id = :old_id
    AND NOT EXISTS (SELECT FROM meeting_item other WHERE other.obligation_id = :new_id AND other.live);

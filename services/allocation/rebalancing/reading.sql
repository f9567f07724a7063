-- name: rebalancings(ids)
SELECT id, state, progress, max_moves, absent_iro_ids, target_utilisation, today, before, after, basis, worst_utilisation, worst_utilisation_bound,
       message, results, requested_by, requested_at, applied_by, applied_at, apply_reason, undone_by, undone_at
FROM rebalancing
WHERE id = ANY(:ids::uuid[]);

-- name: moves(ids)
-- The moves of each rebalancing in their order, with the children by reference and the booked meetings by beginning.
SELECT v.id, v.rebalancing_id, v.number, v.from_iro_id, v.to_iro_id, v.points, v.reasons,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'reference', c.reference) ORDER BY c.reference), '[]')
        FROM child c WHERE c.id = ANY(v.child_ids)) AS children,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('meeting_id', d.meeting_id, 'version', d.version, 'chair', d.chair, 'notices', d.notices,
                                                     'message', d.message) ORDER BY m.starts_at, m.reference), '[]')
        FROM rebalancing_meeting d JOIN meeting m ON m.id = d.meeting_id
        WHERE d.move_id = v.id) AS meetings
FROM rebalancing_move v
WHERE v.rebalancing_id = ANY(:ids::uuid[])
ORDER BY v.rebalancing_id, v.number;

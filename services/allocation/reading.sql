-- name: runs_by_ids(ids)
SELECT r.id, r.state, r.progress, r.worst_utilisation, r.worst_utilisation_bound, r.message,
       (SELECT coalesce(jsonb_agg(u.each || jsonb_build_object('reference', c.reference) ORDER BY c.reference), '[]')
        FROM jsonb_array_elements(r.unallocated) AS u (each) JOIN child c ON c.id = (u.each ->> 'child_id')::uuid) AS unallocated
FROM allocation_run r
WHERE r.id = ANY(:ids::uuid[]);

-- name: decisions(everything, iro_id, own, today, runs, allocations)
-- Decisions of a run, or those that made certain allocations, with the reasons kept then.
SELECT a.id AS allocation_id, a.child_id, s.reference, a.iro_id, lower(a.held) AS first_day, upper(a.held) - 1 AS last_day,
       a.reason, a.approved_by, e.run_id, e.decision
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN allocation_event e ON e.child_id = s.child_id
JOIN allocation a ON a.child_id = e.child_id AND a.iro_id = e.iro_id AND lower(a.held) = e.effective_on
WHERE e.run_id = ANY(:runs::uuid[]) OR (a.id = ANY(:allocations::uuid[]) AND e.what IN ('ALLOCATED', 'CHANGED'))
ORDER BY s.reference, e.at;

-- name: reductions(officers, ids, everything, self_id)
-- Of these officers, or these reductions, as far as the viewer sees caseloads; by first day. The last day is included.
SELECT r.id, r.resource_id, lower(r.in_force) AS first_day, upper(r.in_force) - 1 AS last_day, r.wte, r.reason
FROM capacity_reduction r
JOIN iro i ON i.resource_id = r.resource_id
WHERE (:everything OR r.resource_id = :self_id)
  AND (r.resource_id = ANY(:officers::uuid[]) OR r.id = ANY(:ids::uuid[]))
ORDER BY lower(r.in_force), r.reason, r.id;

-- name: rows_on(child_ids, on_day)
SELECT id, child_id, iro_id, lower(held) AS first_day, upper(held) AS until, reason, approved_by
FROM allocation
WHERE child_id = ANY(:child_ids::uuid[]) AND held @> :on_day::date
ORDER BY child_id
FOR UPDATE;

-- name: remove(ids)!
DELETE FROM allocation WHERE id = ANY(:ids::uuid[]);

-- name: restore(id, child_id, iro_id, first_day, until, reason, approved_by)*!
-- One that was shortened reaches as far again as it did; one that was gone is there again.
INSERT INTO allocation (id, child_id, iro_id, held, reason, approved_by)
VALUES (:id, :child_id, :iro_id, daterange(:first_day::date, :until::date), :reason, :approved_by)
ON CONFLICT ON CONSTRAINT allocation_id_once DO UPDATE SET held = excluded.held;

-- name: basis_of_weights()^
SELECT as_of, basis FROM weighed;

-- name: take_changed()
-- Those whose weight changed since, each taken once: what commits later is noted for the next decision.
DELETE FROM weight_changed RETURNING child_id;

-- name: changed_weights(at_most)
SELECT DISTINCT child_id FROM weight_changed LIMIT :at_most;

-- name: forget_weights()!
DELETE FROM weighed_child;

-- name: forget_basis()!
DELETE FROM weighed;

-- name: keep_basis(as_of, basis)!
INSERT INTO weighed (as_of, basis) VALUES (:as_of, :basis);

-- name: drop_weights(child_ids)!
DELETE FROM weighed_child WHERE child_id = ANY(:child_ids::uuid[]);

-- name: keep_weights(child_ids, points)!
INSERT INTO weighed_child (child_id, points) SELECT * FROM unnest(:child_ids::uuid[], :points::numeric[])
ON CONFLICT (child_id) DO UPDATE SET points = excluded.points WHERE weighed_child.points <> excluded.points;

-- name: standing_on(on_day)
-- The points of each officer's children on a day.
SELECT a.iro_id, sum(w.points) AS points
FROM allocation a JOIN weighed_child w USING (child_id)
WHERE a.held @> :on_day::date
GROUP BY a.iro_id;

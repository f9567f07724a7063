-- name: allocations(everything, iro_id, own, today, children, ids)
-- Allocations of children in sight, the latest first. The last day is included.
SELECT a.id, a.child_id, s.reference, a.iro_id, lower(a.held) AS first_day, upper(a.held) - 1 AS last_day, a.reason, a.approved_by
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN allocation a ON a.child_id = s.child_id
WHERE a.child_id = ANY(:children::uuid[]) OR a.id = ANY(:ids::uuid[])
ORDER BY lower(a.held) DESC, a.id;

-- name: officers_of(everything, iro_id, own, today, as_of, ids)
SELECT a.child_id, a.iro_id
FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s
JOIN allocation a ON a.child_id = s.child_id AND a.held @> :as_of::date
WHERE a.child_id = ANY(:ids::uuid[]);

-- name: children_of_officers(ids, everything, iro_id, own, today, as_of, after_key, after_id, wanted)
-- A page for each officer of the children whom she has on a day, of those in sight.
SELECT officer.id AS of_id, c.*
FROM unnest(:ids::uuid[]) AS officer (id)
CROSS JOIN LATERAL (
    SELECT s.child_id AS id, s.reference
    FROM allocation a
    JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = a.child_id
    WHERE a.iro_id = officer.id AND a.held @> :as_of::date
      AND (:after_key::text IS NULL OR (s.reference, s.child_id) > (:after_key, :after_id::uuid))
    ORDER BY s.reference, s.child_id
    LIMIT :wanted
) c
ORDER BY officer.id, c.reference, c.id;

-- name: children_of_officers_counted(everything, iro_id, own, today, ids, as_of)
SELECT a.iro_id AS of_id, count(*) AS number
FROM allocation a
JOIN children_in_sight(:everything, :iro_id, :own::text[], :today::date) s ON s.child_id = a.child_id
WHERE a.iro_id = ANY(:ids::uuid[]) AND a.held @> :as_of::date
GROUP BY a.iro_id;

-- name: children_in_view(everything, iro_id, own, today, ids)
SELECT s.child_id FROM children_in_sight(:everything, :iro_id, :own::text[], :today::date) s WHERE s.child_id = ANY(:ids::uuid[]);

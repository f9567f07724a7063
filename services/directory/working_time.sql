-- name: officer(code)^
SELECT r.id, lower(r.active) AS first_day FROM resource r JOIN iro i ON i.resource_id = r.id WHERE r.code = :code FOR NO KEY UPDATE OF r;

-- name: reduction(id)^
SELECT r.resource_id, lower(r.in_force) AS first_day FROM capacity_reduction r JOIN iro i USING (resource_id) WHERE r.id = :id FOR UPDATE OF r;

-- name: add_reduction(id, resource_id, first_day, last_day, wte, reason, source)!
INSERT INTO capacity_reduction (id, resource_id, in_force, wte, reason, source)
VALUES (:id, :resource_id, daterange(:first_day::date, :last_day::date + 1), :wte, :reason, :source);

-- name: end_reduction(id, last_day, source)!
UPDATE capacity_reduction SET in_force = daterange(lower(in_force), :last_day::date + 1), source = :source WHERE id = :id;

-- name: remove_reduction(id)!
DELETE FROM capacity_reduction WHERE id = :id;

-- name: contract_on(resource_id, day)^
-- The contract of a day, and where the next one begins.
SELECT lower(c.in_force) AS first_day, upper(c.in_force) AS until, c.wte,
       (SELECT min(lower(later.in_force)) FROM contract later
        WHERE later.resource_id = :resource_id AND lower(later.in_force) > :day::date) AS next_day
FROM (SELECT :day::date AS day) asked LEFT JOIN contract c ON c.resource_id = :resource_id AND c.in_force @> asked.day;

-- name: restate_contract(resource_id, first_day, wte)!
UPDATE contract SET wte = :wte WHERE resource_id = :resource_id AND lower(in_force) = :first_day::date;

-- name: shorten_contract(resource_id, first_day, until)!
UPDATE contract SET in_force = daterange(lower(in_force), :until::date) WHERE resource_id = :resource_id AND lower(in_force) = :first_day::date;

-- name: add_contract(resource_id, first_day, until, wte)!
INSERT INTO contract (resource_id, in_force, wte) VALUES (:resource_id, daterange(:first_day::date, :until::date), :wte);

-- name: set_leaving(id, last_day)!
UPDATE resource SET active = daterange(lower(active), :last_day::date + 1)
WHERE id = :id AND active IS DISTINCT FROM daterange(lower(active), :last_day::date + 1);

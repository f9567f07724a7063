-- name: timescales_in_force()
SELECT code, in_force, amount, unit, census_days, legal_basis FROM timescale;

-- name: ship_timescale(code, first, until, amount, unit, census_days, legal_basis)!
INSERT INTO timescale (code, in_force, amount, unit, census_days, legal_basis)
SELECT :code::text, daterange(:first::date, :until::date), :amount::integer, :unit::text, :census_days::integer, :legal_basis::text
WHERE NOT EXISTS (SELECT FROM timescale WHERE code = :code AND in_force && daterange(:first::date, :until::date));

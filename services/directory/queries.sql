-- name: lock_establishment()!
-- One establishment is applied at a time.
SELECT pg_advisory_xact_lock(hashtext('directory.establishment'));

-- name: state_at(at)$
-- See the function stated_at.
SELECT set_config('convene.stated_at', :at::text, true);

-- name: upsert_resources(kind, codes, names, emails, actives)!
-- Resources by code, changed only where they differ.
INSERT INTO resource AS standing (id, kind, code, name, email, active)
SELECT gen_random_uuid(), :kind, stated.*
FROM unnest(:codes::text[], :names::text[], :emails::text[], :actives::daterange[]) AS stated
ON CONFLICT ON CONSTRAINT resource_code_once DO UPDATE
SET name = excluded.name, email = excluded.email, active = excluded.active
WHERE (standing.name, standing.email, standing.active) IS DISTINCT FROM (excluded.name, excluded.email, excluded.active);

-- name: resource_ids(kind, codes)
SELECT code, id FROM resource WHERE kind = :kind AND code = ANY(:codes::text[]);

-- name: resource_by_code(kind, code)^
-- One resource that is in use on some day.
SELECT id FROM resource WHERE kind = :kind AND code = :code;

-- name: team_place_ids(code)
-- Every place of a police team, in order.
SELECT place.resource_id FROM police_place place JOIN police_team team ON team.id = place.team_id WHERE team.code = :code ORDER BY place.number;

-- name: retire_resources(kind, codes, today)
-- What the file names no longer is in use until the day before today.
UPDATE resource SET active = daterange(lower(active), greatest(:today::date, lower(active) + 1)), stated = NULL
WHERE kind = :kind AND code <> ALL(:codes::text[]) AND active @> :today::date AND (upper(active) IS NULL OR upper(active) > :today::date)
RETURNING code;

-- name: release_registrations(stated)!
UPDATE iro standing SET registration = NULL
FROM jsonb_to_recordset(:stated::jsonb) AS stated (id uuid, registration text)
WHERE standing.registration = stated.registration AND standing.resource_id <> stated.id;

-- name: upsert_iros(stated)!
-- As JSON, here and below: arrays of arrays must be rectangular.
INSERT INTO iro AS standing (resource_id, specialities, areas, registration)
SELECT id, specialities, areas, registration
FROM jsonb_to_recordset(:stated::jsonb) AS stated (id uuid, specialities text[], areas text[], registration text)
ON CONFLICT ON CONSTRAINT iro_key DO UPDATE
SET specialities = excluded.specialities, areas = excluded.areas, registration = excluded.registration
WHERE (standing.specialities, standing.areas, standing.registration) IS DISTINCT FROM (excluded.specialities, excluded.areas, excluded.registration);

-- name: timescales_stated()
SELECT DISTINCT code FROM timescale WHERE source = 'ESTABLISHMENT';

-- name: drop_timescales(codes, stated)!
-- Of these rules, the rows that are not to stand.
DELETE FROM timescale standing
WHERE code = ANY(:codes::text[]) AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(:stated::jsonb)
           AS stated (code text, first date, until date, amount integer, unit text, census_days integer, legal_basis text, source text)
    WHERE (stated.code, daterange(stated.first, stated.until), stated.amount, stated.unit, stated.census_days, stated.legal_basis, stated.source)
          IS NOT DISTINCT FROM (standing.code, standing.in_force, standing.amount, standing.unit, standing.census_days, standing.legal_basis,
                                standing.source));

-- name: add_timescales(stated)!
INSERT INTO timescale (code, in_force, amount, unit, census_days, legal_basis, source)
SELECT stated.code, daterange(stated.first, stated.until), stated.amount, stated.unit, stated.census_days, stated.legal_basis, stated.source
FROM jsonb_to_recordset(:stated::jsonb)
     AS stated (code text, first date, until date, amount integer, unit text, census_days integer, legal_basis text, source text)
WHERE NOT EXISTS (SELECT FROM timescale t WHERE t.code = stated.code AND t.in_force = daterange(stated.first, stated.until));

-- name: upsert_rooms(stated)!
INSERT INTO room AS standing (resource_id, seats, features)
SELECT id, seats, features FROM jsonb_to_recordset(:stated::jsonb) AS stated (id uuid, seats integer, features text[])
ON CONFLICT ON CONSTRAINT room_key DO UPDATE SET seats = excluded.seats, features = excluded.features
WHERE (standing.seats, standing.features) <> (excluded.seats, excluded.features);

-- name: upsert_note_takers(ids, write_up)!
INSERT INTO note_taker AS standing (resource_id, write_up_a_week)
SELECT * FROM unnest(:ids::uuid[], :write_up::integer[]) AS stated (resource_id, write_up)
ON CONFLICT ON CONSTRAINT note_taker_key DO UPDATE SET write_up_a_week = excluded.write_up_a_week
WHERE standing.write_up_a_week IS DISTINCT FROM excluded.write_up_a_week;

-- name: upsert_teams(codes, names, emails, capacities)!
INSERT INTO police_team AS standing (id, code, name, email, capacity)
SELECT gen_random_uuid(), stated.* FROM unnest(:codes::text[], :names::text[], :emails::text[], :capacities::integer[]) AS stated
ON CONFLICT ON CONSTRAINT police_team_code_once DO UPDATE
SET name = excluded.name, email = excluded.email, capacity = excluded.capacity
WHERE (standing.name, standing.email, standing.capacity) IS DISTINCT FROM (excluded.name, excluded.email, excluded.capacity);

-- name: empty_teams(codes)!
-- A team that the file names no longer has no place.
UPDATE police_team SET capacity = 0 WHERE code <> ALL(:codes::text[]) AND capacity > 0;

-- name: upsert_places(ids, team_codes, numbers)!
INSERT INTO police_place (resource_id, team_id, number)
SELECT stated.id, team.id, stated.number
FROM unnest(:ids::uuid[], :team_codes::text[], :numbers::integer[]) AS stated (id, team_code, number)
JOIN police_team team ON team.code = stated.team_code
ON CONFLICT ON CONSTRAINT police_place_key DO NOTHING;

-- name: end_contracts(ids, wtes, today)!
-- The WTE in force ends where another is stated.
UPDATE contract standing SET in_force = daterange(lower(standing.in_force), :today::date)
FROM unnest(:ids::uuid[], :wtes::numeric[]) AS stated (id, wte)
WHERE standing.resource_id = stated.id AND standing.in_force @> :today::date AND standing.wte <> stated.wte
  AND lower(standing.in_force) < :today::date;

-- name: drop_contracts(ids, wtes, today)!
-- One that began this very day is a correction: it never was in force. What was to begin later gives way to what is stated now.
DELETE FROM contract standing
USING unnest(:ids::uuid[], :wtes::numeric[]) AS stated (id, wte)
WHERE standing.resource_id = stated.id
  AND (lower(standing.in_force) > :today::date OR (lower(standing.in_force) = :today::date AND standing.wte <> stated.wte));

-- name: extend_contracts(ids, wtes, today)!
-- The WTE in force goes on where it is the one that is stated.
UPDATE contract standing SET in_force = daterange(lower(standing.in_force), NULL)
FROM unnest(:ids::uuid[], :wtes::numeric[]) AS stated (id, wte)
WHERE standing.resource_id = stated.id AND standing.in_force @> :today::date AND upper(standing.in_force) IS NOT NULL;

-- name: begin_contracts(ids, wtes, today)!
-- The first statement holds for the past too: nothing else is known of it.
INSERT INTO contract (resource_id, in_force, wte)
SELECT stated.id,
       daterange(CASE WHEN EXISTS (SELECT FROM contract c WHERE c.resource_id = stated.id) THEN :today::date ELSE '2000-01-01' END, NULL),
       stated.wte
FROM unnest(:ids::uuid[], :wtes::numeric[]) AS stated (id, wte)
WHERE NOT EXISTS (SELECT FROM contract c WHERE c.resource_id = stated.id AND upper(c.in_force) IS NULL);

-- name: end_patterns(stated, today)!
UPDATE working_pattern standing SET in_force = daterange(lower(standing.in_force), :today::date)
FROM jsonb_to_recordset(:stated::jsonb) AS stated (id uuid, pattern text[])
WHERE standing.resource_id = stated.id AND standing.in_force @> :today::date AND standing.pattern <> stated.pattern
  AND lower(standing.in_force) < :today::date;

-- name: drop_patterns(stated, today)!
DELETE FROM working_pattern standing
USING jsonb_to_recordset(:stated::jsonb) AS stated (id uuid, pattern text[])
WHERE standing.resource_id = stated.id AND standing.pattern <> stated.pattern AND lower(standing.in_force) >= :today::date;

-- name: begin_patterns(stated, today)!
INSERT INTO working_pattern (resource_id, in_force, pattern)
SELECT stated.id,
       daterange(CASE WHEN EXISTS (SELECT FROM working_pattern p WHERE p.resource_id = stated.id) THEN :today::date ELSE '2000-01-01' END, NULL),
       stated.pattern
FROM jsonb_to_recordset(:stated::jsonb) AS stated (id uuid, pattern text[])
WHERE NOT EXISTS (SELECT FROM working_pattern p WHERE p.resource_id = stated.id AND upper(p.in_force) IS NULL);

-- name: end_settings(stated, today)!
-- What the file states otherwise, or no longer, ends.
UPDATE setting standing SET in_force = daterange(lower(in_force), :today::date)
WHERE in_force @> :today::date AND lower(in_force) < :today::date
  AND NOT EXISTS (SELECT FROM jsonb_to_recordset(:stated::jsonb) AS stated (key text, value jsonb) WHERE stated.key = standing.key AND stated.value = standing.value);

-- name: drop_settings(stated, today)!
DELETE FROM setting standing
WHERE lower(in_force) >= :today::date
  AND NOT EXISTS (SELECT FROM jsonb_to_recordset(:stated::jsonb) AS stated (key text, value jsonb) WHERE stated.key = standing.key AND stated.value = standing.value);

-- name: begin_settings(stated, today)!
INSERT INTO setting (key, in_force, value)
SELECT stated.key,
       daterange(CASE WHEN EXISTS (SELECT FROM setting s WHERE s.key = stated.key) THEN :today::date ELSE '2000-01-01' END, NULL),
       stated.value
FROM jsonb_to_recordset(:stated::jsonb) AS stated (key text, value jsonb)
WHERE NOT EXISTS (SELECT FROM setting s WHERE s.key = stated.key AND upper(s.in_force) IS NULL);

-- name: standing_times(today)
SELECT r.code, r.active, r.stated, c.wte, reduced.spans, reduced.wtes, reduced.reasons
FROM resource r
JOIN iro i ON i.resource_id = r.id
LEFT JOIN contract c ON c.resource_id = r.id AND c.in_force @> :today::date
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(in_force), '{}') AS spans, coalesce(array_agg(wte), '{}') AS wtes, coalesce(array_agg(reason), '{}') AS reasons
    FROM capacity_reduction WHERE resource_id = r.id
) reduced;

-- name: write_statements(stated)!
UPDATE resource r SET stated = s.stated
FROM jsonb_to_recordset(:stated::jsonb) AS s (id uuid, stated jsonb)
WHERE r.id = s.id AND r.stated IS DISTINCT FROM s.stated;

-- name: drop_reductions(owners, ids, spans, wtes, reasons, today)!
-- Of the owners' reductions that files stated, those that are stated no longer and have not begun, and those that a stated one of the same reason corrects.
DELETE FROM capacity_reduction standing
WHERE resource_id = ANY(:owners::uuid[]) AND source = 'ESTABLISHMENT'
  AND NOT EXISTS (SELECT FROM unnest(:ids::uuid[], :spans::daterange[], :wtes::numeric[], :reasons::text[]) AS stated (id, span, wte, reason)
                  WHERE (stated.id, stated.span, stated.wte, stated.reason) = (standing.resource_id, standing.in_force, standing.wte, standing.reason))
  AND (lower(in_force) >= :today::date
       OR EXISTS (SELECT FROM unnest(:ids::uuid[], :spans::daterange[], :reasons::text[]) AS stated (id, span, reason)
                  WHERE (stated.id, stated.reason) = (standing.resource_id, standing.reason) AND stated.span && standing.in_force));

-- name: end_reductions(owners, ids, spans, wtes, reasons, today)!
-- One that had begun ends today; its past stays as it was.
UPDATE capacity_reduction standing SET in_force = daterange(lower(in_force), :today::date)
WHERE resource_id = ANY(:owners::uuid[]) AND source = 'ESTABLISHMENT'
  AND lower(in_force) < :today::date AND (upper(in_force) IS NULL OR upper(in_force) > :today::date)
  AND NOT EXISTS (SELECT FROM unnest(:ids::uuid[], :spans::daterange[], :wtes::numeric[], :reasons::text[]) AS stated (id, span, wte, reason)
                  WHERE (stated.id, stated.span, stated.wte, stated.reason) = (standing.resource_id, standing.in_force, standing.wte, standing.reason));

-- name: begin_reductions(ids, spans, wtes, reasons)!
INSERT INTO capacity_reduction (id, resource_id, in_force, wte, reason)
SELECT gen_random_uuid(), stated.*
FROM unnest(:ids::uuid[], :spans::daterange[], :wtes::numeric[], :reasons::text[]) AS stated (id, span, wte, reason)
WHERE NOT EXISTS (SELECT FROM capacity_reduction c
                  WHERE (c.resource_id, c.in_force, c.wte, c.reason) = (stated.id, stated.span, stated.wte, stated.reason));

-- name: drop_may_not_chair(owners, ids, references_)!
DELETE FROM may_not_chair standing
WHERE source = 'ESTABLISHMENT' AND iro_id = ANY(:owners::uuid[])
  AND NOT EXISTS (SELECT FROM unnest(:ids::uuid[], :references_::text[]) AS stated (id, reference)
                  WHERE (stated.id, stated.reference) = (standing.iro_id, standing.child_reference));

-- name: add_may_not_chair(ids, references_, grounds, reasons)!
INSERT INTO may_not_chair AS standing (iro_id, child_reference, ground, reason, source)
SELECT stated.*, 'ESTABLISHMENT' FROM unnest(:ids::uuid[], :references_::text[], :grounds::text[], :reasons::text[]) AS stated
ON CONFLICT ON CONSTRAINT may_not_chair_once DO UPDATE SET ground = excluded.ground, reason = excluded.reason
WHERE (standing.ground, standing.reason) IS DISTINCT FROM (excluded.ground, excluded.reason);

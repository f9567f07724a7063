-- name: drop_absences(owners, ids, durings, reasons, from_)!
-- Stated absences that the file states no longer; those over before `from_` are history and stay.
DELETE FROM absence standing
WHERE source = 'ESTABLISHMENT' AND resource_id = ANY(:owners::uuid[]) AND upper(during) > :from_
  AND NOT EXISTS (SELECT FROM unnest(:ids::uuid[], :durings::tstzrange[], :reasons::text[]) AS stated (id, during, reason)
                  WHERE (stated.id, stated.during, stated.reason) = (standing.resource_id, standing.during, standing.reason));

-- name: new_absences(ids, durings, reasons)
-- Stated absences that are not recorded yet.
SELECT stated.id, stated.during, stated.reason
FROM unnest(:ids::uuid[], :durings::tstzrange[], :reasons::text[]) AS stated (id, during, reason)
WHERE NOT EXISTS (SELECT FROM absence a WHERE a.source = 'ESTABLISHMENT'
                  AND (stated.id, stated.during, stated.reason) = (a.resource_id, a.during, a.reason));

-- name: add_absences(ids, resource_ids, durings, reasons, source, now)!
INSERT INTO absence (id, resource_id, during, reason, source, recorded_at)
SELECT stated.*, :source::text, :now::timestamptz FROM unnest(:ids::uuid[], :resource_ids::uuid[], :durings::tstzrange[], :reasons::text[]) AS stated;

-- name: drop_offers(owners, ids, durings, from_)!
-- Offers of files that the file states no longer; those over before `from_` are history and stay.
DELETE FROM offered_time standing
WHERE source = 'ESTABLISHMENT' AND resource_id = ANY(:owners::uuid[]) AND upper(during) > :from_
  AND NOT EXISTS (SELECT FROM unnest(:ids::uuid[], :durings::tstzrange[]) AS stated (id, during)
                  WHERE (stated.id, stated.during) = (standing.resource_id, standing.during));

-- name: add_offers(ids, resource_ids, durings, source, now)!
-- What the source has stated of a resource already is stated once.
INSERT INTO offered_time (id, resource_id, during, source, recorded_at)
SELECT stated.*, :source::text, :now::timestamptz FROM unnest(:ids::uuid[], :resource_ids::uuid[], :durings::tstzrange[]) AS stated (id, resource_id, during)
WHERE NOT EXISTS (SELECT FROM offered_time standing
                  WHERE (standing.resource_id, standing.during, standing.source) = (stated.resource_id, stated.during, :source::text));

-- name: holds_under(resource_ids, durings, now)
-- Holds, not yet over, whose attended time a stretch touches.
SELECT stated.resource_id, stated.during, array_agg(DISTINCT hold.meeting_id ORDER BY hold.meeting_id) AS meeting_ids
FROM unnest(:resource_ids::uuid[], :durings::tstzrange[]) AS stated (resource_id, during)
JOIN hold ON hold.resource_id = stated.resource_id AND hold.attended && stated.during AND upper(hold.attended) > :now
GROUP BY stated.resource_id, stated.during;

-- name: meetings_in_order(ids)$
-- These meetings in order of time.
SELECT coalesce(array_agg(id ORDER BY starts_at, reference), '{}') FROM meeting WHERE id = ANY(:ids::uuid[]);

-- name: withdraw_offers(resource_ids, during)$
-- What people have offered of a stretch is offered no longer; what is left of their offers before and after it stays. Answers how many
-- offers that concerns.
WITH gone AS (
    DELETE FROM offered_time
    WHERE resource_id = ANY(:resource_ids::uuid[]) AND during && :during::tstzrange AND source <> 'ESTABLISHMENT'
    RETURNING resource_id, during, source, recorded_at
), kept AS (
    INSERT INTO offered_time (id, resource_id, during, source, recorded_at)
    SELECT gen_random_uuid(), resource_id, unnest(during::tstzmultirange - :during::tstzrange::tstzmultirange), source, recorded_at FROM gone
)
SELECT count(*) FROM gone;

-- name: is_offered(resource_ids, during)$
SELECT EXISTS (SELECT FROM offered_time WHERE resource_id = ANY(:resource_ids::uuid[]) AND during && :during::tstzrange);

-- name: patterns_in_force(first_day, last_day, resource_ids)
SELECT p.resource_id, p.in_force, p.pattern FROM working_pattern p
WHERE p.in_force && daterange(:first_day::date, :last_day::date, '[]')
  AND (:resource_ids::uuid[] IS NULL OR p.resource_id = ANY(:resource_ids::uuid[]));

-- name: lay_availability(first_day, last_day, resource_ids, ids, spans, weekdays, sinces, untils, holidays, over_by)
-- Writes only the rows that change, a row a stretch of one day. Time that a hold outside any absence stands in is kept, even if
-- the pattern no longer holds it: answers these holds. A hold not yet over under an absence makes the foreign key refuse.
WITH bounds AS (
    SELECT tstzrange(:first_day::date::timestamp AT TIME ZONE 'Europe/London',
                     (:last_day::date + 1)::timestamp AT TIME ZONE 'Europe/London') AS laid_out
), chosen AS (
    SELECT id, active FROM resource WHERE :resource_ids::uuid[] IS NULL OR id = ANY(:resource_ids::uuid[])
), absent AS (
    SELECT absence.resource_id, range_agg(absence.during) AS spans
    FROM absence JOIN chosen ON chosen.id = absence.resource_id CROSS JOIN bounds
    WHERE absence.during && bounds.laid_out GROUP BY absence.resource_id
), pattern AS (
    SELECT stated.id AS resource_id, day::date AS day,
           range_agg(tstzrange((day + stated.since * interval '1 minute') AT TIME ZONE 'Europe/London',
                               (day + stated.until * interval '1 minute') AT TIME ZONE 'Europe/London')) AS spans
    FROM unnest(:ids::uuid[], :spans::daterange[], :weekdays::integer[], :sinces::integer[], :untils::integer[])
         AS stated (id, in_force, weekday, since, until)
    JOIN chosen ON chosen.id = stated.id
    JOIN generate_series(:first_day::date::timestamp, :last_day::date::timestamp, interval '1 day') AS day
      ON extract(isodow FROM day) - 1 = stated.weekday AND stated.in_force @> day::date AND chosen.active @> day::date
    WHERE day::date <> ALL(:holidays::date[])
    GROUP BY stated.id, day
), offered AS (
    SELECT o.resource_id, (lower(o.during) AT TIME ZONE 'Europe/London')::date AS day, range_agg(o.during) AS spans
    FROM offered_time o JOIN chosen ON chosen.id = o.resource_id CROSS JOIN bounds
    WHERE o.during && bounds.laid_out AND chosen.active @> (lower(o.during) AT TIME ZONE 'Europe/London')::date
    GROUP BY o.resource_id, day
), given AS (
    SELECT resource_id, day, coalesce(pattern.spans, '{}') + coalesce(offered.spans, '{}') AS spans
    FROM pattern FULL JOIN offered USING (resource_id, day)
), held AS (
    SELECT hold.resource_id, (lower(hold.attended) AT TIME ZONE 'Europe/London')::date AS day, hold.attended, hold.meeting_id,
           upper(hold.attended) <= :over_by::timestamptz AS over
    FROM hold JOIN chosen ON chosen.id = hold.resource_id CROSS JOIN bounds
    WHERE hold.attended && bounds.laid_out
), kept AS (
    SELECT resource_id, day, range_agg(attended) AS spans, range_agg(attended) FILTER (WHERE over) AS over FROM held GROUP BY resource_id, day
), wanted AS (
    SELECT resource_id, unnest(
        ((coalesce(given.spans, '{}') + coalesce(kept.spans, '{}')) - coalesce(absent.spans, '{}')) + coalesce(kept.over, '{}')) AS during
    FROM given FULL JOIN kept USING (resource_id, day) LEFT JOIN absent USING (resource_id)
), gone AS (
    DELETE FROM availability standing USING chosen, bounds
    WHERE standing.resource_id = chosen.id AND standing.during <@ bounds.laid_out
      AND NOT EXISTS (SELECT FROM wanted WHERE wanted.resource_id = standing.resource_id AND wanted.during = standing.during)
    RETURNING 1
), laid AS (
    INSERT INTO availability (resource_id, during)
    SELECT resource_id, during FROM wanted
    WHERE (SELECT count(*) FROM gone) >= 0  -- what goes makes room first
      AND NOT EXISTS (SELECT FROM availability standing WHERE standing.resource_id = wanted.resource_id AND standing.during = wanted.during)
    RETURNING 1
)
SELECT resource.kind, resource.code, array_agg(DISTINCT held.meeting_id ORDER BY held.meeting_id) AS meeting_ids
FROM held JOIN resource ON resource.id = held.resource_id
LEFT JOIN given USING (resource_id, day) LEFT JOIN absent USING (resource_id)
WHERE NOT held.over AND NOT held.attended <@ (coalesce(given.spans, '{}') - coalesce(absent.spans, '{}'))
GROUP BY resource.kind, resource.code ORDER BY resource.kind, resource.code;

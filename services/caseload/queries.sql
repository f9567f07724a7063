-- name: children_in_scope(on_day, child_ids)
-- Children who have an IRO or a chair to be named on a day: in care, on a plan, awaiting an initial conference, or at home between
-- the short breaks of a series that is under review.
-- With child_ids: those and all their siblings, since discounts belong to the whole group.
WITH asked AS (
    SELECT unnest(:child_ids::uuid[]) AS id
    UNION
    SELECT sibling.child_id
    FROM sibling_group_member own
    JOIN sibling_group_member sibling ON sibling.group_key = own.group_key AND upper_inf(sibling.recorded)
    WHERE own.child_id = ANY(:child_ids::uuid[]) AND upper_inf(own.recorded)
), care AS (
    SELECT DISTINCT ON (child_id) child_id, started_on, started_on_exact, legal_status, short_break
    FROM care_period
    WHERE upper_inf(recorded) AND started_on <= :on_day::date AND (ended_on IS NULL OR ended_on > :on_day::date)
    ORDER BY child_id, started_on DESC, id
), plan AS (
    SELECT DISTINCT ON (child_id) child_id, started_on, category
    FROM protection_plan
    WHERE upper_inf(recorded) AND started_on <= :on_day::date AND (ended_on IS NULL OR ended_on > :on_day::date)
    ORDER BY child_id, started_on DESC, id
), awaiting AS (
    SELECT child_id, min(triggered_on) AS since
    FROM obligation
    WHERE kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE') AND child_id IS NOT NULL
      AND triggered_on <= :on_day::date
      AND (state IN ('OPEN', 'EXPECTED') OR (state = 'HELD' AND held_on > :on_day::date) OR (state = 'VOID' AND void_from > :on_day::date))
    GROUP BY child_id
), series AS (
    SELECT DISTINCT child_id
    FROM obligation
    WHERE kind = 'SHORT_BREAK_REVIEW' AND child_id IS NOT NULL AND triggered_on <= :on_day::date
      AND (state IN ('OPEN', 'EXPECTED') OR (state = 'HELD' AND held_on > :on_day::date) OR (state = 'VOID' AND void_from > :on_day::date))
), episode AS (
    SELECT DISTINCT ON (child_id) child_id, started_on, legal_status, placement
    FROM care_episode
    WHERE upper_inf(recorded) AND started_on <= :on_day::date AND (ended_on IS NULL OR ended_on > :on_day::date)
    ORDER BY child_id, started_on DESC, id
), reviewed AS (
    SELECT h.child_id, count(*) AS number
    FROM held_record h JOIN care USING (child_id)
    WHERE upper_inf(h.recorded) AND h.kind = 'CARE_REVIEW' AND h.held_on BETWEEN care.started_on AND :on_day::date
    GROUP BY h.child_id
), conferenced AS (
    SELECT h.child_id, max(h.held_on) AS latest
    FROM held_record h JOIN plan USING (child_id)
    WHERE upper_inf(h.recorded) AND h.held_on BETWEEN plan.started_on AND :on_day::date
      AND h.kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE', 'REVIEW_CONFERENCE')
    GROUP BY h.child_id
)
SELECT c.id AS child_id, c.reference, g.group_key AS sibling_group,
       care.child_id IS NOT NULL AS in_care, coalesce(care.short_break, series.child_id IS NOT NULL) AS short_breaks_only,
       coalesce(care.started_on_exact, true) AS start_known, coalesce(reviewed.number, 0) AS care_reviews,
       CASE WHEN care.child_id IS NOT NULL THEN coalesce(episode.legal_status, care.legal_status) END AS legal_status,
       CASE WHEN care.child_id IS NOT NULL THEN episode.placement || ' since ' || episode.started_on END AS placed,
       plan.child_id IS NOT NULL AS on_plan, greatest(plan.started_on, conferenced.latest) AS conferenced_on,
       awaiting.since AS awaiting_since
FROM child c
LEFT JOIN care ON care.child_id = c.id
LEFT JOIN plan ON plan.child_id = c.id
LEFT JOIN awaiting ON awaiting.child_id = c.id
LEFT JOIN series ON series.child_id = c.id
LEFT JOIN episode ON episode.child_id = c.id
LEFT JOIN reviewed ON reviewed.child_id = c.id
LEFT JOIN conferenced ON conferenced.child_id = c.id
LEFT JOIN sibling_group_member g ON g.child_id = c.id AND upper_inf(g.recorded)
LEFT JOIN child_fact f ON f.child_id = c.id AND upper_inf(f.recorded)
WHERE (:child_ids::uuid[] IS NULL OR c.id IN (SELECT id FROM asked))
  AND (care.child_id IS NOT NULL OR plan.child_id IS NOT NULL OR awaiting.child_id IS NOT NULL OR series.child_id IS NOT NULL)
  AND (f.died_on IS NULL OR f.died_on > :on_day::date)
  AND (f.adopted_on IS NULL OR f.adopted_on > :on_day::date)
  AND (f.born_on IS NULL OR f.born_on + interval '18 years' > :on_day::date)
ORDER BY c.reference;

-- name: officers_on(on_day, absent_until)
SELECT r.id AS iro_id, r.code, i.specialities, r.active @> :on_day::date AS active,
       coalesce(c.wte, 0) AS wte, coalesce(reduced.wte, 0) AS reduced, coalesce(away.throughout, false) AS away
FROM iro i
JOIN resource r ON r.id = i.resource_id
LEFT JOIN contract c ON c.resource_id = r.id AND c.in_force @> :on_day::date
LEFT JOIN LATERAL (
    SELECT sum(wte) AS wte FROM capacity_reduction cr WHERE cr.resource_id = r.id AND cr.in_force @> :on_day::date
) reduced ON true
LEFT JOIN LATERAL (
    SELECT range_agg(a.during) @> tstzrange(:on_day::date::timestamp AT TIME ZONE 'Europe/London',
                                            :absent_until::date::timestamp AT TIME ZONE 'Europe/London') AS throughout
    FROM absence a
    WHERE a.resource_id = r.id
) away ON true
ORDER BY r.code;

-- name: holders_on(on_day)
SELECT child_id, iro_id FROM allocation WHERE held @> :on_day::date;

-- name: scheme_on(on_day)^
SELECT s.id, s.effective_from, s.limit_per_wte, s.near_share,
       coalesce((SELECT jsonb_object_agg(f.code, f.points::text) FROM scheme_factor f WHERE f.scheme_id = s.id), '{}') AS points
FROM weighting_scheme s
WHERE s.effective_from <= :on_day::date AND s.superseded_at IS NULL
ORDER BY s.effective_from DESC
LIMIT 1;

-- name: add_scheme(id, effective_from, limit_per_wte, near_share, recorded_by)$
INSERT INTO weighting_scheme (id, effective_from, limit_per_wte, near_share, recorded_by)
VALUES (:id, :effective_from, :limit_per_wte, :near_share, :recorded_by)
ON CONFLICT (effective_from) WHERE superseded_at IS NULL DO UPDATE SET limit_per_wte = excluded.limit_per_wte, near_share = excluded.near_share
RETURNING id;

-- name: add_factors(scheme_id, codes, points)!
INSERT INTO scheme_factor (scheme_id, code, points)
SELECT :scheme_id::uuid, code, points FROM unnest(:codes::text[], :points::numeric[]) AS f (code, points)
ON CONFLICT (scheme_id, code) DO UPDATE SET points = excluded.points;

-- name: lock_decisions()!
-- One decision about who gets whom at a time: a limit belongs to all allocations of an officer together, which no row holds.
SELECT pg_advisory_xact_lock(hashtext('caseload.decisions'));

-- name: held_from(child_ids, on_day)
SELECT id, child_id, iro_id, lower(held) AS first_day, upper(held) AS until
FROM allocation
WHERE child_id = ANY(:child_ids::uuid[]) AND (upper_inf(held) OR upper(held) > :on_day::date)
ORDER BY child_id, held
FOR UPDATE;

-- name: shorten(ids, until)!
UPDATE allocation a SET held = daterange(lower(a.held), n.until)
FROM unnest(:ids::uuid[], :until::date[]) AS n (id, until)
WHERE a.id = n.id;

-- name: remove(ids)!
DELETE FROM allocation WHERE id = ANY(:ids::uuid[]);

-- name: add_allocations(ids, child_ids, iro_ids, first_days, until, reasons, approved_by)!
INSERT INTO allocation (id, child_id, iro_id, held, reason, approved_by)
SELECT id, child_id, iro_id, daterange(first_day, until), reason, approved_by
FROM unnest(:ids::uuid[], :child_ids::uuid[], :iro_ids::uuid[], :first_days::date[], :until::date[], :reasons::text[],
            :approved_by::text[]) AS n (id, child_id, iro_id, first_day, until, reason, approved_by);

-- name: add_events(id, child_id, at, by, what, iro_id, from_iro_id, effective_on, reason, approved_by, run_id, decision)*!
INSERT INTO allocation_event (id, child_id, at, by, what, iro_id, from_iro_id, effective_on, reason, approved_by, run_id, decision)
VALUES (:id, :child_id, :at, :by, :what, :iro_id, :from_iro_id, :effective_on, :reason, :approved_by, :run_id, :decision);

-- name: out_of_scope(child_ids, on_day)
-- Allocations in force of children that are not among those in scope, with the day on which the last of care and plan ended.
SELECT a.id, a.child_id, a.iro_id, lower(a.held) AS first_day,
       (SELECT max(ended_on) FROM (
            SELECT ended_on FROM care_period p WHERE p.child_id = a.child_id AND upper_inf(p.recorded) AND p.ended_on <= :on_day::date
            UNION ALL
            SELECT ended_on FROM protection_plan p WHERE p.child_id = a.child_id AND upper_inf(p.recorded) AND p.ended_on <= :on_day::date
        ) ended) AS ended_on
FROM allocation a
WHERE a.held @> :on_day::date AND NOT a.child_id = ANY(:child_ids::uuid[])
FOR UPDATE;

-- name: schemes(first_day, last_day)
-- The scheme in force on the first of these days, and those that begin later in them.
SELECT s.id, s.effective_from, s.limit_per_wte, s.near_share,
       coalesce((SELECT jsonb_object_agg(f.code, f.points::text) FROM scheme_factor f WHERE f.scheme_id = s.id), '{}') AS points
FROM weighting_scheme s
WHERE s.superseded_at IS NULL AND s.effective_from <= :last_day::date AND s.effective_from >= (
    SELECT max(effective_from) FROM weighting_scheme WHERE superseded_at IS NULL AND effective_from <= :first_day::date
)
ORDER BY s.effective_from;

-- name: schemes_known(first_day, last_day, at)
WITH known AS (
    SELECT * FROM weighting_scheme WHERE recorded_at <= :at AND (superseded_at IS NULL OR superseded_at > :at)
)
SELECT s.id, s.effective_from, s.limit_per_wte, s.near_share,
       coalesce((SELECT jsonb_object_agg(f.code, f.points::text) FROM scheme_factor f WHERE f.scheme_id = s.id), '{}') AS points
FROM known s
WHERE s.effective_from <= :last_day::date AND s.effective_from >= (SELECT max(effective_from) FROM known WHERE effective_from <= :first_day::date)
ORDER BY s.effective_from;

-- name: scheme_of(id)^
SELECT s.id, s.effective_from, s.limit_per_wte, s.near_share,
       coalesce((SELECT jsonb_object_agg(f.code, f.points::text) FROM scheme_factor f WHERE f.scheme_id = s.id), '{}') AS points
FROM weighting_scheme s
WHERE s.id = :id;

-- name: statement_on(on_day)^
-- The statement in force on a day, and the unit's settings as they were when the last one was made, for whichever day.
SELECT s.id, s.effective_from, last.settings_limit_per_wte, last.settings_near_share
FROM weighting_scheme s
CROSS JOIN (SELECT settings_limit_per_wte, settings_near_share FROM weighting_scheme ORDER BY recorded_at DESC LIMIT 1) last
WHERE s.effective_from <= :on_day::date AND s.superseded_at IS NULL
ORDER BY s.effective_from DESC
LIMIT 1;

-- name: stated_at()$
SELECT stated_at();

-- name: supersede_scheme(effective_from, at)!
-- Never before it was recorded: the clock of another machine may be behind.
UPDATE weighting_scheme SET superseded_at = greatest(:at::timestamptz, recorded_at + interval '1 microsecond')
WHERE effective_from = :effective_from AND superseded_at IS NULL;

-- name: add_scheme(id, effective_from, limit_per_wte, near_share, settings_limit_per_wte, settings_near_share, recorded_by, at)!
INSERT INTO weighting_scheme (id, effective_from, limit_per_wte, near_share, settings_limit_per_wte, settings_near_share, recorded_by, recorded_at)
SELECT :id, :effective_from, :limit_per_wte, :near_share, :settings_limit_per_wte, :settings_near_share, :recorded_by,
       greatest(:at::timestamptz, max(superseded_at))
FROM weighting_scheme WHERE effective_from = :effective_from;

-- name: add_factors(scheme_id, codes, points)!
INSERT INTO scheme_factor (scheme_id, code, points)
SELECT :scheme_id::uuid, code, points FROM unnest(:codes::text[], :points::numeric[]) AS f (code, points);

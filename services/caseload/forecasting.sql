-- name: children_born(child_ids)
SELECT child_id, born_on FROM child_fact WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded) AND born_on IS NOT NULL;

-- name: flows(since, on_day)^
-- Children who came and went after one day, up to another. A span in care is one however many records make it up; a span on a
-- plan is the time in which the child is not in care as well. Agreed short breaks are no time in care.
WITH care AS (
    SELECT child_id, range_agg(daterange(started_on, ended_on)) AS spans,
           array_agg(started_on) FILTER (WHERE started_on_exact) AS begun
    FROM care_period
    WHERE upper_inf(recorded) AND NOT short_break
    GROUP BY child_id
), plan AS (
    SELECT child_id, range_agg(daterange(started_on, ended_on)) AS spans FROM protection_plan WHERE upper_inf(recorded) GROUP BY child_id
), span AS (
    SELECT care.child_id, true AS in_care, span AS days, lower(span) = ANY(begun) AS begun FROM care, unnest(spans) AS span
    UNION ALL
    SELECT plan.child_id, false, span, true
    FROM plan LEFT JOIN care USING (child_id), unnest(plan.spans - coalesce(care.spans, '{}'::datemultirange)) AS span
), counted AS (
    SELECT span.in_care,
           span.begun AND lower(span.days) > :since::date AND lower(span.days) <= :on_day::date AS came,
           upper(span.days) > :since::date AND upper(span.days) <= :on_day::date
               AND (f.born_on IS NULL OR f.born_on > upper(span.days) - interval '18 years') AS went
    FROM span LEFT JOIN child_fact f ON f.child_id = span.child_id AND upper_inf(f.recorded)
)
SELECT count(*) FILTER (WHERE came AND in_care) AS into_care, count(*) FILTER (WHERE went AND in_care) AS out_of_care,
       count(*) FILTER (WHERE came AND NOT in_care) AS onto_plans, count(*) FILTER (WHERE went AND NOT in_care) AS off_plans
FROM counted;

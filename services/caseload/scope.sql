-- As the records have it now, or as they had it at an instant: the words in braces say which versions of them count, and where
-- what was owed is read.

-- name: children_in_scope(on_day, child_ids{more})
-- Children who have an IRO or a chair to be named on a day: in care, on a plan, awaiting an initial conference, or at home between
-- the short breaks of a series that is under review.
-- With child_ids: those and all their siblings, since discounts belong to the whole group; nobody else's records are looked at.
WITH asked AS (
    SELECT unnest(:child_ids::uuid[]) AS id
    UNION
    SELECT sibling.child_id
    FROM sibling_group_member own
    JOIN sibling_group_member sibling ON sibling.group_key = own.group_key AND {sibling.known}
    WHERE own.child_id = ANY(:child_ids::uuid[]) AND {own.known}
), care AS (
    SELECT DISTINCT ON (child_id) child_id, started_on, started_on_exact, legal_status, short_break
    FROM care_period
    WHERE {known} AND {among} AND started_on <= :on_day::date AND (ended_on IS NULL OR ended_on > :on_day::date)
    ORDER BY child_id, started_on DESC, short_break, started_on_exact, legal_status
), plan AS (
    SELECT DISTINCT ON (child_id) child_id, started_on
    FROM protection_plan
    WHERE {known} AND {among} AND started_on <= :on_day::date AND (ended_on IS NULL OR ended_on > :on_day::date)
    ORDER BY child_id, started_on DESC
), owed AS (
    {owed}
), awaiting AS (
    SELECT child_id, min(triggered_on) AS since FROM owed WHERE kind <> 'SHORT_BREAK_REVIEW' GROUP BY child_id
), series AS (
    SELECT DISTINCT child_id FROM owed WHERE kind = 'SHORT_BREAK_REVIEW'
), episode AS (
    SELECT DISTINCT ON (child_id) child_id, started_on, legal_status, placement
    FROM care_episode
    WHERE {known} AND {among} AND started_on <= :on_day::date AND (ended_on IS NULL OR ended_on > :on_day::date)
    ORDER BY child_id, started_on DESC, placement, legal_status
), reviewed AS (
    SELECT h.child_id, count(*) AS number
    FROM held_record h JOIN care USING (child_id)
    WHERE {h.known} AND h.kind = 'CARE_REVIEW' AND h.held_on BETWEEN care.started_on AND :on_day::date
    GROUP BY h.child_id
), conferenced AS (
    SELECT h.child_id, max(h.held_on) AS latest
    FROM held_record h JOIN plan USING (child_id)
    WHERE {h.known} AND h.held_on BETWEEN plan.started_on AND :on_day::date
      AND h.kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE', 'REVIEW_CONFERENCE')
    GROUP BY h.child_id
), secure AS (
    SELECT DISTINCT child_id
    FROM care_status
    WHERE status = 'SECURE' AND {known} AND {among} AND started_on <= :on_day::date AND (ended_on IS NULL OR ended_on > :on_day::date)
), stated AS (
    SELECT child_id, placed_miles, placed_abroad, household_id, complexity
    FROM child_circumstance
    WHERE {known} AND {among} AND in_force @> :on_day::date
)
SELECT c.id AS child_id, c.reference, g.group_key AS sibling_group,
       care.child_id IS NOT NULL AS in_care, coalesce(care.short_break, series.child_id IS NOT NULL) AS short_breaks_only,
       coalesce(care.started_on_exact, true) AS start_known, coalesce(reviewed.number, 0) AS care_reviews,
       CASE WHEN care.child_id IS NOT NULL THEN coalesce(episode.legal_status, care.legal_status) END AS legal_status,
       CASE WHEN care.child_id IS NOT NULL THEN episode.placement || ' since ' || episode.started_on END AS placed,
       plan.child_id IS NOT NULL AS on_plan, greatest(plan.started_on, conferenced.latest) AS conferenced_on,
       awaiting.since AS awaiting_since, secure.child_id IS NOT NULL AS secure, stated.household_id, stated.placed_miles AS miles,
       coalesce(stated.placed_abroad, false) AS abroad, stated.complexity
FROM child c
LEFT JOIN care ON care.child_id = c.id
LEFT JOIN plan ON plan.child_id = c.id
LEFT JOIN awaiting ON awaiting.child_id = c.id
LEFT JOIN series ON series.child_id = c.id
LEFT JOIN episode ON episode.child_id = c.id
LEFT JOIN reviewed ON reviewed.child_id = c.id
LEFT JOIN conferenced ON conferenced.child_id = c.id
LEFT JOIN secure ON secure.child_id = c.id
LEFT JOIN stated ON stated.child_id = c.id
LEFT JOIN sibling_group_member g ON g.child_id = c.id AND {g.known}
LEFT JOIN child_fact f ON f.child_id = c.id AND {f.known}
WHERE {c.among}
  AND (care.child_id IS NOT NULL OR plan.child_id IS NOT NULL OR awaiting.child_id IS NOT NULL OR series.child_id IS NOT NULL)
  AND (f.died_on IS NULL OR f.died_on > :on_day::date)
  AND (f.adopted_on IS NULL OR f.adopted_on > :on_day::date)
  AND (f.born_on IS NULL OR f.born_on > :on_day::date - interval '18 years')
ORDER BY c.reference;

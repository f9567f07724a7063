-- The census of children in need, judged where its rows lie.

-- name: settle_cin_census#
ANALYZE staged_child;
ANALYZE staged_details;
ANALYZE staged_section47;
ANALYZE staged_plan;
ANALYZE staged_plan_review;

-- name: rows_of_cin_census()$
SELECT (SELECT count(*) FROM staged_child) + (SELECT count(*) FROM staged_details) + (SELECT count(*) FROM staged_section47)
     + (SELECT count(*) FROM staged_plan) + (SELECT count(*) FROM staged_plan_review);

-- name: judge_identities#
INSERT INTO staged_finding
SELECT file_name, c.line, c.element, c.child, found.rule, found.message
FROM child_stated c
CROSS JOIN LATERAL (
    SELECT '8525Q', CASE WHEN c.born_on IS NULL THEN 'neither PersonBirthDate nor ExpectedPersonBirthDate'
                         ELSE 'both PersonBirthDate and ExpectedPersonBirthDate' END
    WHERE num_nonnulls(c.born_on, c.expected_on) <> 1 AND c.faults IS NULL
    UNION ALL SELECT '8750', 'an unborn child''s sex is U'
    WHERE c.born_on IS NULL AND c.expected_on IS NOT NULL AND c.sex IS DISTINCT FROM 'U'
) found (rule, message), staged_file WHERE part = 'child';

-- name: judge_conferences#
INSERT INTO staged_finding
SELECT file_name, s.line, s.element, nullif(s.child, ''), s.faults[i], s.faults[i + 1]
FROM (SELECT 'details', line, element, child, faults FROM staged_details
      UNION ALL SELECT 'section47', line, element, child, faults FROM staged_section47) s (part, line, element, child, faults)
JOIN staged_file USING (part) CROSS JOIN generate_series(1, cardinality(s.faults), 2) i;

-- What has not happened by the day of the return is left out.
INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child, 'IN_FUTURE', format('%s %s lies after %s', s.what, s.day, i.as_of)
FROM (SELECT 'details', line, element, child, 'initial conference', conference_on FROM staged_details
      UNION ALL SELECT 'section47', line, element, child, 'initial conference', conference_on FROM staged_section47
      UNION ALL SELECT 'section47', line, element, child, 'enquiry', started_on FROM staged_section47
     ) s (part, line, element, child, what, day) JOIN staged_file USING (part), staged_import i WHERE s.day > i.as_of;

CREATE TEMP TABLE section47_stated ON COMMIT DROP AS
SELECT DISTINCT ON (s.child, s.started_on) s.ctid AS place, s.line, s.element, s.child, s.details, s.started_on, s.target_on,
       CASE WHEN s.conference_on <= i.as_of THEN s.conference_on END AS conference_on, s.not_required
FROM staged_section47 s, staged_import i WHERE s.child <> '' AND s.started_on <= i.as_of
ORDER BY s.child, s.started_on, s.ctid DESC;

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child,
       CASE WHEN (s.target_on, s.conference_on, s.not_required) IS DISTINCT FROM (kept.target_on, kept.conference_on, kept.not_required)
            THEN 'SECTION47_TWICE' ELSE 'DUPLICATE' END,
       format('the enquiry of %s is stated again in line %s', s.started_on, k.line)
FROM staged_section47 s JOIN section47_stated k USING (child, started_on) JOIN staged_section47 kept ON kept.ctid = k.place, staged_file
WHERE part = 'section47' AND s.ctid <> k.place;

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child, '8615', format('the conference of %s lies before the enquiry of %s', s.conference_on, s.started_on)
FROM section47_stated s, staged_file WHERE part = 'section47' AND s.conference_on < s.started_on;

-- An initial conference belongs to its enquiry; one that only the details name is a transfer in, where they hold no enquiry.
CREATE TEMP TABLE conference_stated ON COMMIT DROP AS
SELECT 'section47' AS part, s.line, s.element, s.child, s.details, s.conference_on, 'INITIAL_CONFERENCE' AS kind
FROM section47_stated s WHERE s.conference_on IS NOT NULL
UNION ALL
SELECT 'details', d.line, d.element, d.child, d.details, d.conference_on,
       CASE WHEN NOT coalesce(d.transfer_in, NOT EXISTS (SELECT FROM section47_stated s WHERE (s.child, s.details) = (d.child, d.details)))
            THEN 'INITIAL_CONFERENCE' ELSE 'TRANSFER_IN_CONFERENCE' END
FROM staged_details d, staged_import i
WHERE d.child <> '' AND d.conference_on <= i.as_of AND NOT EXISTS (
    SELECT FROM section47_stated s WHERE (s.child, s.details) = (d.child, d.details) AND s.conference_on IS NOT NULL);

INSERT INTO staged_finding
SELECT file_name, c.line, c.element, c.child, '8875', format('initial conference on %s, a %s', c.conference_on,
       CASE extract(isodow FROM c.conference_on) WHEN 6 THEN 'Saturday' ELSE 'Sunday' END)
FROM conference_stated c JOIN staged_file USING (part) WHERE extract(isodow FROM c.conference_on) > 5;

INSERT INTO staged_finding
SELECT file_name, d.line, d.element, d.child, '2884', format('%s at the details, %s at the enquiry', d.conference_on, s.conference_on)
FROM staged_details d JOIN section47_stated s ON (s.child, s.details) = (d.child, d.details), staged_file
WHERE part = 'details' AND d.conference_on IS NOT NULL AND s.conference_on IS NOT NULL;

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child, found.rule, found.message
FROM section47_stated s CROSS JOIN staged_import i
LEFT JOIN LATERAL (SELECT max(d.conference_on) AS conference_on, max(d.closed_on) AS closed_on FROM staged_details d
                   WHERE (d.child, d.details) = (s.child, s.details)) d ON true
CROSS JOIN LATERAL (
    SELECT '8868', format('closed on %s, enquiry of %s without conference or ICPCnotRequired', d.closed_on, s.started_on)
    WHERE d.closed_on IS NOT NULL
    UNION ALL SELECT '8675Q', format('enquiry of %s without a conference', s.started_on)
    WHERE d.closed_on IS NULL AND s.started_on < i.overdue_before
) found (rule, message), staged_file
WHERE part = 'section47' AND s.conference_on IS NULL AND NOT s.not_required AND d.conference_on IS NULL;

-- name: judge_plans#
INSERT INTO staged_finding
SELECT file_name, s.line, s.element, nullif(s.child, ''), s.faults[i], s.faults[i + 1]
FROM (SELECT 'plan', line, element, child, faults FROM staged_plan
      UNION ALL SELECT 'plan_review', line, element, child, faults FROM staged_plan_review) s (part, line, element, child, faults)
JOIN staged_file USING (part) CROSS JOIN generate_series(1, cardinality(s.faults), 2) i;

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child, 'IN_FUTURE', format('%s %s lies after %s', s.what, s.day, i.as_of)
FROM (SELECT 'plan', line, element, child, 'first day of the plan', started_on FROM staged_plan
      UNION ALL SELECT 'plan', line, element, child, 'last day of the plan', ended_on FROM staged_plan
      UNION ALL SELECT 'plan_review', line, element, child, 'review conference', held_on FROM staged_plan_review
     ) s (part, line, element, child, what, day) JOIN staged_file USING (part), staged_import i WHERE s.day > i.as_of;

CREATE TEMP TABLE plan_stated ON COMMIT DROP AS
SELECT DISTINCT ON (p.child, p.started_on) p.ctid AS place, p.line, p.element, p.child, p.details, p.started_on,
       CASE WHEN p.ended_on <= i.as_of THEN p.ended_on END AS ended_on, p.category
FROM staged_plan p, staged_import i WHERE p.child <> '' AND p.started_on <= i.as_of ORDER BY p.child, p.started_on, p.ctid DESC;

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child,
       CASE WHEN (s.ended_on, s.category) IS DISTINCT FROM (kept.ended_on, kept.category) THEN '8940' ELSE 'DUPLICATE' END,
       format('the plan of %s is stated again in line %s', s.started_on, p.line)
FROM staged_plan s JOIN plan_stated p USING (child, started_on) JOIN staged_plan kept ON kept.ctid = p.place, staged_file
WHERE part = 'plan' AND s.ctid <> p.place;

INSERT INTO staged_finding
SELECT file_name, p.line, p.element, p.child, found.rule, found.message
FROM (SELECT *, lead(started_on) OVER (PARTITION BY child ORDER BY started_on) AS next_on FROM plan_stated) p
CROSS JOIN LATERAL (
    SELECT '8925', format('begins on %s, ends on %s', p.started_on, p.ended_on)
    WHERE p.ended_on < p.started_on
    UNION ALL SELECT '8840', format('begins and ends on %s', p.started_on)
    WHERE p.ended_on = p.started_on
    UNION ALL SELECT '8940', format('ends on %s, the next begins on %s', p.ended_on, p.next_on)
    WHERE p.ended_on > p.next_on
    UNION ALL SELECT '8935', format('begun on %s and open, yet another begins on %s', p.started_on, p.next_on)
    WHERE p.ended_on IS NULL AND p.next_on IS NOT NULL
    UNION ALL SELECT '2885', format('the plan begins on %s, on no day of an initial conference', p.started_on)
    WHERE EXISTS (SELECT FROM conference_stated c WHERE (c.child, c.details) = (p.child, p.details)) AND NOT EXISTS (
        SELECT FROM conference_stated c WHERE c.child = p.child AND c.conference_on = p.started_on)
) found (rule, message), staged_file WHERE part = 'plan';

CREATE TEMP TABLE plan_review_stated ON COMMIT DROP AS
SELECT DISTINCT ON (r.child, r.held_on) r.ctid AS place, r.line, r.element, r.child, r.held_on
FROM staged_plan_review r, staged_import i
WHERE r.child <> '' AND r.held_on <= i.as_of AND NOT coalesce(r.held_on <= r.plan_started_on, false)
ORDER BY r.child, r.held_on, r.ctid DESC;

INSERT INTO staged_finding
SELECT file_name, r.line, r.element, r.child, '8841', format('review on %s of a plan that begins on %s', r.held_on, r.plan_started_on)
FROM staged_plan_review r, staged_file WHERE part = 'plan_review' AND r.held_on <= r.plan_started_on;

INSERT INTO staged_finding
SELECT file_name, r.line, r.element, r.child, 'DUPLICATE', format('the review of %s is stated again in line %s', r.held_on, k.line)
FROM staged_plan_review r JOIN plan_review_stated k USING (child, held_on), staged_file
WHERE part = 'plan_review' AND r.ctid <> k.place AND r.held_on > r.plan_started_on;

-- name: judge_lives#
-- What nobody can have done for this child on that day. A death that is stated is believed: what follows it is left out, so that
-- nothing is arranged for a dead child because of one wrong day.
CREATE TEMP TABLE day_in_need ON COMMIT DROP AS
SELECT 'section47' AS part, 'enquiry' AS what, line, element, child, started_on AS day FROM section47_stated
UNION ALL SELECT part, 'initial conference', line, element, child, conference_on FROM conference_stated
UNION ALL SELECT 'plan', 'plan', line, element, child, started_on FROM plan_stated
UNION ALL SELECT 'plan_review', 'review conference', line, element, child, held_on FROM plan_review_stated;

INSERT INTO staged_finding
SELECT file_name, d.line, d.element, d.child, found.rule, found.message
FROM day_in_need d JOIN staged_file USING (part) JOIN child_stated c USING (child) CROSS JOIN staged_import i
CROSS JOIN LATERAL (
    SELECT '8606', format('%s on %s, %s %s', d.what, d.day, CASE WHEN c.born_on IS NULL THEN 'birth expected' ELSE 'born' END,
                          coalesce(c.born_on, c.expected_on))
    WHERE d.day < coalesce(c.born_on, c.expected_on) - 280 AND NOT coalesce(c.born_on > i.as_of, false)  -- which is 8520
    UNION ALL SELECT CASE d.part WHEN 'plan' THEN '8915' ELSE 'AFTER_DEATH' END, format('%s on %s, died on %s', d.what, d.day, c.died_on)
    WHERE d.day > c.died_on
) found (rule, message);

INSERT INTO staged_finding
SELECT file_name, p.line, p.element, p.child, found.rule, found.message
FROM plan_stated p JOIN child_stated c USING (child) CROSS JOIN staged_import i
CROSS JOIN LATERAL (
    SELECT '8920', format('the plan ends on %s, the child died on %s', p.ended_on, c.died_on)
    WHERE p.ended_on > c.died_on AND p.started_on <= c.died_on
    UNION ALL SELECT 'PLAN_OF_AGE', format('from %s to %s, born on %s', p.started_on, coalesce(p.ended_on::text, 'now'), c.born_on)
    WHERE coalesce(p.ended_on, c.died_on, i.as_of) > c.born_on + interval '18 years' + interval '1 month'
) found (rule, message), staged_file WHERE part = 'plan';

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child, 'PLAN_OF_AGE', format('enquiry of %s, born on %s', s.started_on, c.born_on)
FROM section47_stated s JOIN child_stated c USING (child), staged_file
WHERE part = 'section47' AND s.started_on >= c.born_on + interval '18 years';

INSERT INTO staged_finding
SELECT file_name, r.line, r.element, r.child, 'REVIEW_OUTSIDE_PLAN', format('review on %s, when no plan stood', r.held_on)
FROM plan_review_stated r JOIN child_stated c USING (child), staged_file
WHERE part = 'plan_review' AND NOT coalesce(r.held_on > c.died_on, false) AND NOT EXISTS (
    SELECT FROM plan_stated p
    WHERE p.child = r.child AND p.started_on <= r.held_on AND (p.ended_on IS NULL OR r.held_on <= p.ended_on)) AND NOT EXISTS (
    SELECT FROM staged_plan p WHERE p.child = r.child AND p.started_on IS NULL);  -- which is said of the plan

DELETE FROM section47_stated s USING child_stated c WHERE c.child = s.child AND s.started_on > c.died_on;
UPDATE section47_stated s SET conference_on = NULL FROM child_stated c WHERE c.child = s.child AND s.conference_on > c.died_on;
DELETE FROM conference_stated s USING child_stated c WHERE c.child = s.child AND s.conference_on > c.died_on;
DELETE FROM plan_stated s USING child_stated c WHERE c.child = s.child AND s.started_on > c.died_on;
DELETE FROM plan_review_stated s USING child_stated c WHERE c.child = s.child AND s.held_on > c.died_on;

-- name: find_window#
-- A census speaks of one year, whenever it is imported: what lies in it and is no longer stated is withdrawn, what lies before or
-- after it stays; what had not happened by its end may have happened since.
CREATE TEMP TABLE census_window ON COMMIT DROP AS
SELECT CASE WHEN i.reference_on IS NOT NULL THEN (i.reference_on - interval '1 year')::date + 1
            ELSE make_date(extract(year FROM coalesce(d.day, i.as_of) - interval '3 months')::int, 4, 1) END AS first_day,
       least(i.as_of, greatest(i.reference_on,
             make_date(extract(year FROM coalesce(d.day, i.as_of) - interval '3 months')::int + 1, 3, 31))) AS last_day
FROM staged_import i, (
    SELECT pg_temp.nth_day(array_agg(day), true) AS day
    FROM (SELECT child, started_on AS day FROM section47_stated UNION ALL SELECT child, conference_on FROM conference_stated
          UNION ALL SELECT child, started_on FROM plan_stated
          UNION ALL SELECT child, ended_on FROM plan_stated WHERE ended_on IS NOT NULL
          UNION ALL SELECT child, held_on FROM plan_review_stated) days JOIN taken USING (child)) d;

-- Reviews of plans before it may be in no record of ours. A census that states earlier ones, more than a hundredth of all and more
-- than one, reaches back as far as those do.
CREATE TEMP TABLE review_view ON COMMIT DROP AS
SELECT least(c.first_day, make_date(extract(year FROM r.day - interval '3 months')::int, 4, 1)) AS first_day, c.last_day,
       ARRAY['REVIEW_CONFERENCE'] AS kinds
FROM census_window c, (
    SELECT pg_temp.nth_day(array_agg(held_on), false) AS day FROM plan_review_stated JOIN taken USING (child)) r;

-- name: desire_cin_census#
CREATE TEMP TABLE desired_section47 ON COMMIT DROP AS
SELECT t.child_id, s.started_on AS initiating_discussion_on, s.target_on AS conference_target_on,
       coalesce(s.conference_on, v.conference_on) AS conference_on, s.not_required AS conference_not_required
FROM section47_stated s JOIN taken t USING (child) CROSS JOIN census_window
LEFT JOIN section47 v ON v.child_id = t.child_id AND upper_inf(v.recorded) AND v.initiating_discussion_on = s.started_on
     AND v.conference_on > last_day;
CREATE TEMP TABLE spoken_section47 ON COMMIT DROP AS
SELECT v.id FROM section47 v JOIN taken t ON t.child_id = v.child_id CROSS JOIN staged_import i CROSS JOIN census_window
WHERE upper_inf(v.recorded) AND v.source = i.source AND v.initiating_discussion_on BETWEEN first_day AND last_day;

CREATE TEMP TABLE desired_protection_plan ON COMMIT DROP AS
SELECT t.child_id, p.started_on, coalesce(p.ended_on, CASE WHEN v.ended_on > w.last_day THEN v.ended_on END) AS ended_on, p.category,
       CASE WHEN v.ended_on = p.ended_on OR p.ended_on IS NULL AND v.ended_on > w.last_day THEN v.end_reason END AS end_reason,
       CASE WHEN known.from_day > p.started_on THEN known.from_day END AS reviews_known_from
FROM plan_stated p JOIN taken t USING (child) CROSS JOIN staged_import i CROSS JOIN review_view w
LEFT JOIN protection_plan v ON v.child_id = t.child_id AND upper_inf(v.recorded) AND v.started_on = p.started_on
CROSS JOIN LATERAL (SELECT coalesce(v.reviews_known_from, v.started_on) AS from_day) so_far
CROSS JOIN LATERAL (SELECT CASE
    WHEN so_far.from_day IS NULL THEN w.first_day
    WHEN EXISTS (SELECT FROM unseen_year u WHERE u.first_day < greatest(so_far.from_day, w.first_day)
                 AND u.next_day > least(so_far.from_day, w.first_day))
        THEN CASE WHEN v.source <> i.source THEN v.reviews_known_from ELSE greatest(so_far.from_day, w.first_day) END
    ELSE least(so_far.from_day, w.first_day) END AS from_day) known;
CREATE TEMP TABLE spoken_protection_plan ON COMMIT DROP AS
SELECT v.id FROM protection_plan v JOIN taken t ON t.child_id = v.child_id CROSS JOIN staged_import i CROSS JOIN census_window
WHERE upper_inf(v.recorded) AND v.source = i.source AND v.started_on <= last_day AND (v.ended_on IS NULL OR v.ended_on >= first_day);

CREATE TEMP TABLE conference_by_others ON COMMIT DROP AS
SELECT o.id, o.kind, bool_or(o.source NOT IN ('SSDA903', 'CIN_CENSUS', 'SSD')) AS by_hand
FROM held_record o JOIN taken t ON t.child_id = o.child_id CROSS JOIN staged_import i WHERE o.source <> i.source GROUP BY o.id, o.kind;
CREATE TEMP TABLE desired_held_record ON COMMIT DROP AS
WITH stated AS (
    SELECT DISTINCT ON (c.child, c.conference_on) c.child, c.conference_on AS held_on,
           CASE WHEN coalesce(k.born_on, k.expected_on) > c.conference_on THEN 'PRE_BIRTH_CONFERENCE' ELSE c.kind END AS kind
    FROM conference_stated c JOIN child_stated k USING (child) ORDER BY c.child, c.conference_on, c.kind
), every AS (
    SELECT child, held_on, kind FROM stated UNION ALL SELECT child, held_on, 'REVIEW_CONFERENCE' FROM plan_review_stated
)
SELECT t.child_id, coalesce(v.kind, e.kind) AS kind, e.held_on, v.completed_on, v.participation, v.meeting_id,
       coalesce(v.to_reconvene, false) AS to_reconvene, coalesce(v.without_meeting, false) AS without_meeting
FROM every e JOIN taken t USING (child) CROSS JOIN staged_import i
LEFT JOIN LATERAL (  -- the same conference as the diary or another source has it keeps its kind and its meeting
    SELECT v.kind, v.completed_on, v.participation, v.meeting_id, v.to_reconvene, v.without_meeting FROM held_record v
    WHERE v.child_id = t.child_id AND upper_inf(v.recorded) AND v.held_on = e.held_on
      AND (v.meeting_id IS NOT NULL OR (v.id, v.kind) IN (SELECT o.id, o.kind FROM conference_by_others o))
      AND (v.kind = 'REVIEW_CONFERENCE') = (e.kind = 'REVIEW_CONFERENCE') AND v.kind LIKE '%\_CONFERENCE'
    ORDER BY v.meeting_id IS NULL LIMIT 1) v ON true;
CREATE TEMP TABLE spoken_held_record ON COMMIT DROP AS
SELECT v.id FROM held_record v JOIN taken t ON t.child_id = v.child_id CROSS JOIN staged_import i CROSS JOIN census_window
WHERE upper_inf(v.recorded) AND v.source = i.source AND v.meeting_id IS NULL
  AND v.id NOT IN (SELECT o.id FROM conference_by_others o WHERE o.by_hand) AND v.kind LIKE '%\_CONFERENCE'
  AND (v.held_on BETWEEN first_day AND last_day
       OR EXISTS (SELECT FROM desired_held_record d WHERE d.child_id = v.child_id AND d.held_on = v.held_on AND d.kind <> v.kind
                  AND d.kind <> 'REVIEW_CONFERENCE' AND v.kind <> 'REVIEW_CONFERENCE'));

-- name: compare_cin_census#
INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child, 'SOURCES_DISAGREE',
       format('%s %s here, %s by %s', s.what, coalesce(s.here::text, 'none'), v.there, v.source)
FROM (SELECT 'plan' AS part, line, element, child, started_on, 'plan end' AS what, ended_on AS here FROM plan_stated
      UNION ALL SELECT 'section47', line, element, child, started_on, 'initial conference', conference_on FROM section47_stated) s
JOIN staged_file USING (part) JOIN taken t USING (child)
JOIN (SELECT child_id, started_on, 'plan end' AS what, ended_on AS there, source FROM protection_plan WHERE upper_inf(recorded)
      UNION ALL SELECT child_id, initiating_discussion_on, 'initial conference', conference_on, source FROM section47
      WHERE upper_inf(recorded)) v ON (v.child_id, v.started_on, v.what) = (t.child_id, s.started_on, s.what)
CROSS JOIN staged_import i CROSS JOIN census_window
WHERE v.source <> i.source AND v.there <> coalesce(s.here, 'infinity')
  AND (s.here IS NOT NULL OR v.there <= last_day)
  AND NOT EXISTS (SELECT FROM (
      SELECT child_id, started_on, 'plan end' AS what, ended_on AS day FROM desired_protection_plan
      UNION ALL SELECT child_id, initiating_discussion_on, 'initial conference', conference_on FROM desired_section47) d
      WHERE (d.child_id, d.started_on, d.what, d.day) = (t.child_id, s.started_on, s.what, v.there));

-- The Standard Safeguarding Dataset: its tables as they came, put together to the rows that the returns bring; these are judged and
-- applied as the returns' own are.

-- name: open_ssd#
CREATE TEMP TABLE ssd_episode (
    line integer, child text NOT NULL, care_id text, placement_id text, started_on date, reason_started text, ended_on date,
    reason_ended text, entered_on date, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_legal_status (
    line integer, child text NOT NULL, status text NOT NULL, started_on date, ended_on date, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_placement (line integer, placement_id text NOT NULL, place text NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE ssd_review (
    line integer, child text, care_id text, held_on date, participation text, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_enquiry (
    line integer, child text NOT NULL, enquiry_id text, started_on date, not_required boolean NOT NULL, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_conference (
    line integer, child text NOT NULL, conference_id text, enquiry_id text, held_on date, target_on date, transfer_in boolean NOT NULL,
    faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_plan (
    line integer, child text NOT NULL, plan_id text, conference_id text, started_on date, ended_on date, category text,
    elsewhere boolean NOT NULL, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_plan_review (
    line integer, child text NOT NULL, plan_id text, held_on date, inquorate boolean NOT NULL, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_involvement (
    line integer, child text NOT NULL, professional_id text, role text, charge boolean, manages boolean, started_on date, ended_on date, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_professional (
    line integer, professional_id text NOT NULL, staff_id text, registration text, job_title text, charge boolean, manages boolean
) ON COMMIT DROP;
CREATE TEMP TABLE ssd_mother (line integer, child text NOT NULL, mother text, faults text[]) ON COMMIT DROP;
CREATE TEMP TABLE ssd_family (line integer, child text NOT NULL, faults text[]) ON COMMIT DROP;
CREATE TEMP TABLE ssd_identifier (line integer, child text NOT NULL, upn text NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE staged_family (
    line integer, element text, child text NOT NULL, sibling_group text, parent text, faults text[]
) ON COMMIT DROP;

-- name: rows_of_ssd()$
SELECT (SELECT count(*) FROM staged_child) + (SELECT count(*) FROM ssd_episode) + (SELECT count(*) FROM ssd_legal_status)
     + (SELECT count(*) FROM ssd_placement) + (SELECT count(*) FROM ssd_review) + (SELECT count(*) FROM ssd_enquiry)
     + (SELECT count(*) FROM ssd_conference) + (SELECT count(*) FROM ssd_plan) + (SELECT count(*) FROM ssd_plan_review)
     + (SELECT count(*) FROM ssd_involvement) + (SELECT count(*) FROM ssd_professional) + (SELECT count(*) FROM ssd_mother)
     + (SELECT count(*) FROM ssd_family) + (SELECT count(*) FROM ssd_identifier);

-- name: join_tables#
-- What no row of its own carries on: the faults of rows that are only looked up, or put together with others.
CREATE INDEX ON ssd_legal_status (child, started_on);
CREATE INDEX ON ssd_placement (placement_id);
ANALYZE ssd_episode; ANALYZE ssd_legal_status; ANALYZE ssd_placement; ANALYZE ssd_review; ANALYZE ssd_enquiry;
ANALYZE ssd_conference; ANALYZE ssd_plan; ANALYZE ssd_plan_review; ANALYZE ssd_involvement; ANALYZE ssd_professional;
INSERT INTO staged_finding
SELECT file_name, s.line, NULL, nullif(s.child, ''), s.faults[i], s.faults[i + 1]
FROM (SELECT 'legal_status', line, child, faults FROM ssd_legal_status
      UNION ALL SELECT 'conference', line, child, faults FROM ssd_conference
      UNION ALL SELECT 'involvement', line, child, faults FROM ssd_involvement
      UNION ALL SELECT 'mother', line, child, faults FROM ssd_mother
      UNION ALL SELECT 'family', line, child, faults FROM ssd_family) s (part, line, child, faults)
JOIN staged_file USING (part) CROSS JOIN generate_series(1, cardinality(s.faults), 2) i;

-- The numbers of a child lie in another table.
UPDATE staged_child c SET upn = d.upn FROM (SELECT DISTINCT ON (child) child, upn FROM ssd_identifier ORDER BY child, line DESC) d
WHERE d.child = c.child AND c.upn IS NULL;

-- An episode is under the legal status that held at the end of its first day.
INSERT INTO staged_episode
SELECT e.line, NULL, e.child, e.started_on, e.reason_started, law.status, p.place, e.ended_on, e.reason_ended, e.faults
FROM ssd_episode e
LEFT JOIN LATERAL (
    SELECT s.status FROM ssd_legal_status s
    WHERE s.child = e.child AND s.started_on <= e.started_on AND (s.ended_on IS NULL OR s.ended_on > e.started_on)
    ORDER BY s.started_on DESC, s.line DESC LIMIT 1) law ON true
LEFT JOIN LATERAL (
    SELECT p.place FROM ssd_placement p WHERE p.placement_id = e.placement_id ORDER BY p.line DESC LIMIT 1) p ON true
ORDER BY e.line;
INSERT INTO care_entered SELECT DISTINCT child, entered_on FROM ssd_episode WHERE entered_on IS NOT NULL AND faults IS NULL;

INSERT INTO staged_finding
SELECT file_name, e.line, NULL, e.child, 'LEGAL_STATUS_UNKNOWN', format('ssd_legal_status has no status of this child on %s', e.started_on)
FROM staged_episode e, staged_file
WHERE part = 'episode' AND e.legal_status IS NULL AND e.started_on IS NOT NULL AND EXISTS (SELECT FROM ssd_legal_status);

-- A review names the period of care that it belongs to.
INSERT INTO staged_review
SELECT r.line, NULL, coalesce(r.child, e.child), NULL, r.held_on, NULL, r.participation, r.faults
FROM ssd_review r
LEFT JOIN (SELECT DISTINCT ON (care_id) care_id, child FROM ssd_episode WHERE care_id IS NOT NULL ORDER BY care_id, line) e USING (care_id)
WHERE coalesce(r.child, e.child) IS NOT NULL ORDER BY r.line;
INSERT INTO staged_finding
SELECT file_name, r.line, NULL, NULL, 'REVIEW_UNTRACED', format('the review of %s belongs to no period of care of ssd_cla_episodes', r.held_on)
FROM ssd_review r, staged_file
WHERE part = 'review' AND r.child IS NULL AND NOT EXISTS (SELECT FROM ssd_episode e WHERE e.care_id = r.care_id);

-- name: join_protection_tables#
-- A conference answers the enquiry that it names, the first one if there are several; any other stands for itself.
CREATE TEMP TABLE ssd_case ON COMMIT DROP AS
SELECT c.line, c.child, c.conference_id, c.held_on, c.target_on, c.transfer_in, e.line AS enquiry,
       row_number() OVER (PARTITION BY e.line ORDER BY c.held_on, c.line) AS place
FROM ssd_conference c
LEFT JOIN LATERAL (
    SELECT e.line FROM ssd_enquiry e WHERE e.enquiry_id = c.enquiry_id AND e.child = c.child AND NOT c.transfer_in
    ORDER BY e.line DESC LIMIT 1) e ON true
WHERE c.child <> '' AND c.held_on IS NOT NULL;

INSERT INTO staged_section47
SELECT e.line, NULL, e.child, e.line, e.started_on, c.target_on, c.held_on, e.not_required, e.faults
FROM ssd_enquiry e LEFT JOIN ssd_case c ON c.enquiry = e.line AND c.place = 1 ORDER BY e.line;
INSERT INTO staged_details
SELECT c.line, NULL, c.child, -c.line, c.held_on, c.transfer_in, NULL, NULL
FROM ssd_case c WHERE c.enquiry IS NULL OR c.place > 1 ORDER BY c.line;

-- Another authority's plan, of a child who lives here for a time, stays that authority's to review.
INSERT INTO staged_plan
SELECT p.line, NULL, p.child, coalesce(c.details, 0), p.started_on, p.ended_on, p.category, p.faults
FROM ssd_plan p
LEFT JOIN LATERAL (SELECT CASE WHEN c.place = 1 THEN c.enquiry ELSE -c.line END AS details FROM ssd_case c
                   WHERE c.conference_id = p.conference_id AND c.child = p.child LIMIT 1) c ON true
WHERE NOT p.elsewhere ORDER BY p.line;
INSERT INTO staged_finding
SELECT file_name, p.line, NULL, nullif(p.child, ''), 'OTHER_AUTHORITY', format('the plan of %s is another authority''s', p.started_on)
FROM ssd_plan p, staged_file WHERE part = 'plan' AND p.elsewhere;

INSERT INTO staged_plan_review
SELECT r.line, NULL, r.child, p.started_on, r.held_on, r.faults
FROM ssd_plan_review r
LEFT JOIN (SELECT DISTINCT ON (plan_id, child) plan_id, child, started_on, elsewhere FROM ssd_plan ORDER BY plan_id, child, line DESC) p
     USING (plan_id, child)
WHERE NOT coalesce(p.elsewhere, false) ORDER BY r.line;
INSERT INTO staged_finding
SELECT file_name, r.line, NULL, r.child, 'INQUORATE', format('the review conference of %s was inquorate, and none followed', r.held_on)
FROM ssd_plan_review r, staged_import i, staged_file
WHERE part = 'plan_review' AND r.inquorate AND r.held_on <= i.as_of
  AND NOT EXISTS (SELECT FROM ssd_plan_review later WHERE later.child = r.child AND later.held_on > r.held_on AND later.held_on <= i.as_of);

-- name: leave_out_others#
-- The dataset holds every person whom the authority knows: those of whom nothing is said that this is about are left alone.
DELETE FROM staged_child c
WHERE c.child <> '' AND NOT EXISTS (SELECT FROM child k WHERE k.reference = c.child)
  AND NOT EXISTS (SELECT FROM staged_episode s WHERE s.child = c.child) AND NOT EXISTS (SELECT FROM staged_review s WHERE s.child = c.child)
  AND NOT EXISTS (SELECT FROM staged_section47 s WHERE s.child = c.child) AND NOT EXISTS (SELECT FROM staged_details s WHERE s.child = c.child)
  AND NOT EXISTS (SELECT FROM staged_plan s WHERE s.child = c.child);

-- name: judge_persons#
INSERT INTO staged_finding
SELECT DISTINCT ON (s.child) file_name, s.line, NULL, s.child, 'NO_PERSON', 'ssd_person has no row for this child'
FROM (SELECT 'section47', line, child FROM staged_section47 UNION ALL SELECT 'details', line, child FROM staged_details
      UNION ALL SELECT 'plan', line, child FROM staged_plan UNION ALL SELECT 'plan_review', line, child FROM staged_plan_review
     ) s (part, line, child) JOIN staged_file USING (part)
WHERE s.child <> '' AND NOT EXISTS (SELECT FROM child_stated c WHERE c.child = s.child) ORDER BY s.child, part, s.line;

-- name: forget_care#
-- Care has been applied; what the protection plans desire takes the same names.
DROP TABLE review_view, unseen_year, desired_held_record, spoken_held_record, outdated_held_record, fresh_held_record;
DROP TABLE IF EXISTS corrected_held_record, kept_held_record;

-- name: widen_window#
-- The dataset reaches back over years, not over one.
UPDATE census_window c SET first_day = least(c.first_day, make_date(extract(year FROM d.day - interval '3 months')::int + 1, 4, 1))
FROM (SELECT pg_temp.nth_day(array_agg(day), false) AS day
      FROM (SELECT child, started_on AS day FROM section47_stated UNION ALL SELECT child, conference_on FROM conference_stated
            UNION ALL SELECT child, held_on FROM plan_review_stated) days JOIN taken USING (child)) d
WHERE d.day IS NOT NULL;

-- name: judge_charge#
-- Officers of the establishment are known by their number in the register or by their code; names are compared with nobody's.
CREATE TEMP TABLE charge_stated ON COMMIT DROP AS
SELECT v.line, v.child, coalesce(kept.reference, v.child) AS reference, r.id AS iro_id, r.code,
       -- the title of a post is that of today: of a role that it had then it says something where it says that it bars
       CASE WHEN v.charge IS NOT NULL THEN v.charge WHEN v.role IS NULL OR p.charge THEN p.charge END AS charge,
       CASE WHEN v.charge IS NOT NULL THEN v.manages ELSE p.manages END AS manages, coalesce(v.role, p.job_title) AS role, v.started_on, v.ended_on
FROM ssd_involvement v
JOIN (SELECT DISTINCT ON (professional_id) * FROM ssd_professional ORDER BY professional_id, line DESC) p USING (professional_id)
JOIN iro o ON true JOIN resource r ON r.id = o.resource_id
LEFT JOIN child k ON k.reference = v.child LEFT JOIN child kept ON kept.id = k.merged_into
CROSS JOIN staged_import i
WHERE v.child <> '' AND v.faults IS NULL AND (v.started_on IS NULL OR v.started_on <= i.as_of)
  AND (upper(regexp_replace(o.registration, '\s', '', 'g')) = p.registration OR r.code IN (p.staff_id, p.professional_id));

INSERT INTO staged_finding
SELECT DISTINCT ON (c.iro_id, c.child) file_name, c.line, NULL, c.child, 'ROLE_UNKNOWN',
       format('%s was involved as %s', c.code, coalesce('''' || c.role || '''', 'nothing that is stated'))
FROM charge_stated c, staged_file
WHERE part = 'involvement' AND c.charge IS NULL
  AND NOT EXISTS (SELECT FROM charge_stated s WHERE (s.iro_id, s.child) = (c.iro_id, c.child) AND s.charge)
ORDER BY c.iro_id, c.child, c.line;

-- name: apply_charge#
CREATE TEMP TABLE desired_charge ON COMMIT DROP AS
SELECT iro_id, reference, string_agg(DISTINCT concat_ws(' ', lower(role), 'from ' || started_on, 'to ' || ended_on), ', ') AS reason,
       CASE WHEN bool_and(manages) THEN 'MANAGES_THE_CASE' ELSE 'HAD_CHARGE' END AS ground,
       min(line) AS line, min(child) AS child, min(code) AS code
FROM charge_stated WHERE charge GROUP BY iro_id, reference;
CREATE TEMP TABLE charge_spoken ON COMMIT DROP AS
SELECT child AS reference FROM staged_child WHERE child <> ''
UNION SELECT reference FROM charge_stated
UNION SELECT kept.reference FROM staged_child c JOIN child k ON k.reference = c.child JOIN child kept ON kept.id = k.merged_into;

WITH gone AS (
    DELETE FROM may_not_chair m USING charge_spoken s
    WHERE m.source = 'SSD' AND m.child_reference = s.reference
      AND NOT EXISTS (SELECT FROM desired_charge d WHERE (d.iro_id, d.reference, d.reason, d.ground) = (m.iro_id, m.child_reference, m.reason, m.ground))
    RETURNING m.child_reference AS reference
), known AS (
    SELECT d.* FROM desired_charge d
    WHERE NOT EXISTS (SELECT FROM may_not_chair m WHERE m.source = 'SSD' AND (m.iro_id, m.child_reference, m.reason, m.ground) = (d.iro_id, d.reference, d.reason, d.ground))
)
INSERT INTO changed_child
SELECT k.id FROM child k JOIN (SELECT reference FROM gone UNION SELECT reference FROM known) c USING (reference);
INSERT INTO may_not_chair (iro_id, child_reference, ground, reason, source)
SELECT iro_id, reference, ground, reason, 'SSD' FROM desired_charge ON CONFLICT ON CONSTRAINT may_not_chair_once DO NOTHING;

INSERT INTO staged_finding
SELECT file_name, d.line, NULL, d.child, 'MAY_NOT_CHAIR', format('%s has this child and was %s', d.code, d.reason)
FROM desired_charge d JOIN child k ON k.reference = d.reference CROSS JOIN staged_import i, staged_file
WHERE part = 'involvement' AND EXISTS (
    SELECT FROM allocation a WHERE a.child_id = k.id AND a.iro_id = d.iro_id AND a.held @> i.as_of);

-- name: stage_parents#
-- A mother is stated who is a child of these records herself.
INSERT INTO staged_family
SELECT m.line, NULL, m.child, NULL, m.mother, NULL FROM ssd_mother m JOIN child k ON k.reference = m.mother
WHERE m.child <> '' AND m.child <> m.mother AND m.faults IS NULL;

INSERT INTO staged_finding
SELECT file_name, NULL, NULL, NULL, 'FAMILY_UNSPECIFIED', 'ssd_family says who is served together, not who are brothers and sisters'
FROM staged_file WHERE part = 'family' AND EXISTS (SELECT FROM ssd_family);

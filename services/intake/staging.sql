-- The tables of one import: they live as long as its transaction. Rows come in by COPY, in the order of the file; `ctid` is that
-- order, so the later of two rows is the one with the greater ctid.

-- name: open_import#
CREATE TEMP TABLE staged_import (
    import_id      uuid        NOT NULL,
    source         text        NOT NULL,
    as_of          date        NOT NULL,     -- what lies after it has not happened
    stamp          timestamptz NOT NULL,     -- when the versions that are opened here begin
    overdue_before date        NOT NULL,     -- an enquiry before it should have had its conference
    reference_on   date                      -- the last day of the return's year, where it states one
) ON COMMIT DROP;
CREATE TEMP TABLE staged_rule (code text PRIMARY KEY, severity text NOT NULL, follows text) ON COMMIT DROP;
CREATE TEMP TABLE staged_file (part text PRIMARY KEY, file_name text NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE staged_finding (
    file_name text NOT NULL, line integer, element text, child text, rule text NOT NULL, message text NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE changed_child (child_id uuid NOT NULL) ON COMMIT DROP;
-- The first and the last day of a return, the outermost hundredth of its days aside, and of twenty or more at least one: a year
-- that is mistyped once must not decide what the return is taken to show.
CREATE OR REPLACE FUNCTION pg_temp.nth_day(days date[], at_the_end boolean) RETURNS date LANGUAGE sql AS $$
    SELECT day FROM unnest(days) day ORDER BY CASE WHEN at_the_end THEN current_date - day ELSE day - current_date END
    OFFSET greatest(ceil(cardinality(days) * 0.01)::int, CASE WHEN cardinality(days) >= 20 THEN 2 ELSE 1 END) - 1 LIMIT 1 $$;

-- name: open_children#
CREATE TEMP TABLE staged_child (
    line integer, element text, child text NOT NULL, sex text, born_on date, expected_on date, died_on date, upn text, faults text[]
) ON COMMIT DROP;

-- name: open_ssda903#
CREATE TEMP TABLE staged_episode (
    line integer, element text, child text NOT NULL, started_on date, reason_started text, legal_status text, placement text,
    ended_on date, reason_ended text, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE care_entered (child text NOT NULL, entered_on date NOT NULL) ON COMMIT DROP;  -- where a source states it
CREATE TEMP TABLE staged_review (
    line integer, element text, child text NOT NULL, born_on date, held_on date, code text, participation text, faults text[]
) ON COMMIT DROP;

-- name: open_cin_census#
CREATE TEMP TABLE staged_details (
    line integer, element text, child text NOT NULL, details integer NOT NULL, conference_on date, transfer_in boolean, closed_on date,
    faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE staged_section47 (
    line integer, element text, child text NOT NULL, details integer NOT NULL, started_on date, target_on date, conference_on date,
    not_required boolean NOT NULL, faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE staged_plan (
    line integer, element text, child text NOT NULL, details integer NOT NULL, started_on date, ended_on date, category text,
    faults text[]
) ON COMMIT DROP;
CREATE TEMP TABLE staged_plan_review (
    line integer, element text, child text NOT NULL, plan_started_on date, held_on date, faults text[]
) ON COMMIT DROP;

-- name: open_family#
CREATE TEMP TABLE staged_family (
    line integer, element text, child text NOT NULL, sibling_group text, parent text, faults text[]
) ON COMMIT DROP;

-- name: open_allocations#
CREATE TEMP TABLE staged_allocation (
    line integer, element text, child text NOT NULL, iro text NOT NULL, from_day date, faults text[]
) ON COMMIT DROP;

-- name: start_import(import_id, source, as_of, stamp, overdue_before)!
INSERT INTO staged_import VALUES (:import_id, :source, :as_of, :stamp, :overdue_before, NULL);

-- name: one_import_at_a_time()$
-- Two imports at once would each judge by what the other is about to change.
SELECT pg_advisory_xact_lock(hashtextextended('convene.intake', 0));

-- name: state_reference_day(reference_on)!
UPDATE staged_import SET reference_on = :reference_on;

-- name: months_first(saying)^
-- Children with a day that only exists with the month first, of all that are stated: many of them, and every other day of the file
-- is wrong too, though nobody can see it.
SELECT (SELECT count(DISTINCT child) FROM staged_finding WHERE message LIKE '%' || :saying || '%') AS found,
       (SELECT count(*) FROM child_stated) AS stated;

-- name: judge_children#
-- One statement a child is used (the later one); the others are duplicates, corrections or contradictions.
CREATE TEMP TABLE child_stated ON COMMIT DROP AS
SELECT DISTINCT ON (child) ctid AS place, staged_child.* FROM staged_child WHERE child <> '' ORDER BY child, ctid DESC;
CREATE INDEX ON child_stated (child);
ANALYZE child_stated;

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, nullif(s.child, ''), s.faults[i], s.faults[i + 1]
FROM staged_child s CROSS JOIN generate_series(1, cardinality(s.faults), 2) i, staged_file WHERE part = 'child';

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child, found.rule,
       CASE found.rule
           WHEN 'BIRTH_CONTRADICTED' THEN format('born %s here, %s in line %s', s.born_on, c.born_on, c.line)
           WHEN 'INT32' THEN format('stated again, differently, in line %s', c.line)
           ELSE format('stated again in line %s', c.line) END
FROM staged_child s JOIN child_stated c USING (child)
CROSS JOIN LATERAL (SELECT CASE
    WHEN s.born_on <> c.born_on THEN 'BIRTH_CONTRADICTED'
    WHEN (s.sex, s.upn, s.born_on, s.expected_on, s.died_on) IS DISTINCT FROM (c.sex, c.upn, c.born_on, c.expected_on, c.died_on)
        THEN 'INT32'
    ELSE 'DUPLICATE' END AS rule) found, staged_file WHERE part = 'child' AND s.ctid <> c.place;

INSERT INTO staged_finding
SELECT file_name, c.line, c.element, c.child, found.rule, found.message
FROM child_stated c CROSS JOIN staged_import i
CROSS JOIN LATERAL (
    SELECT CASE i.source WHEN 'CIN_CENSUS' THEN '8520' ELSE '301' END, format('born %s, after the day of the return %s', c.born_on, i.as_of)
    WHERE c.born_on > i.as_of
    UNION ALL SELECT '8535Q', format('died %s, born %s', c.died_on, c.born_on)
    WHERE c.died_on < c.born_on
    UNION ALL SELECT 'DEATH_IN_FUTURE', format('died %s, after the day of the return %s', c.died_on, i.as_of)
    WHERE c.died_on > i.as_of
) found (rule, message), staged_file WHERE part = 'child';
UPDATE child_stated c SET died_on = NULL FROM staged_import i WHERE c.died_on > i.as_of;

-- name: take_children#
-- Two references of one file that are one child since they were merged: where they state the same, once is enough; else no row
-- says which of them is right. Every staging table that names children is compared, line by line of what it states.
CREATE TEMP TABLE twin ON COMMIT DROP AS
SELECT child, child_id FROM (
    SELECT c.child, coalesce(k.merged_into, k.id) AS child_id, count(*) OVER (PARTITION BY coalesce(k.merged_into, k.id)) AS stated
    FROM (SELECT DISTINCT child FROM child_stated) c JOIN child k ON k.reference = c.child) named
WHERE stated > 1;
CREATE TEMP TABLE twin_row (child text, child_id uuid, said jsonb) ON COMMIT DROP;
DO $$
DECLARE staged text;
BEGIN
    FOR staged IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = pg_my_temp_schema() AND c.relname LIKE 'staged\_%' AND c.relname <> 'staged_finding' AND a.attname = 'child'
          AND EXISTS (SELECT FROM twin)
    LOOP
        EXECUTE format('INSERT INTO twin_row SELECT t.child, t.child_id, to_jsonb(s) - ARRAY[''line'', ''element'', ''child'', ''details'']'
                       '|| jsonb_build_object(''of'', %L) FROM pg_temp.%I s JOIN twin t USING (child)', staged, staged);
    END LOOP;
END $$;
INSERT INTO staged_finding
SELECT file_name, NULL, NULL, t.child, 'IDENTITY_TWICE', format('stated as %s too, and differently', others.named)
FROM twin t
CROSS JOIN LATERAL (SELECT string_agg(o.child, ' and ' ORDER BY o.child) AS named FROM twin o
                    WHERE o.child_id = t.child_id AND o.child <> t.child) others, staged_file
WHERE part = 'child' AND EXISTS (
    SELECT FROM (SELECT DISTINCT child, said FROM twin_row WHERE child_id = t.child_id) r
    GROUP BY said HAVING count(*) < (SELECT count(*) FROM twin x WHERE x.child_id = t.child_id));

-- A child is taken whole or not at all. What is stated of one that was merged into another is that other's.
CREATE TEMP TABLE refused ON COMMIT DROP AS
SELECT DISTINCT f.child FROM staged_finding f JOIN staged_rule r ON r.code = f.rule WHERE r.severity = 'REFUSED' AND f.child IS NOT NULL;

INSERT INTO child (id, reference)
SELECT gen_random_uuid(), c.child FROM child_stated c WHERE NOT EXISTS (SELECT FROM refused r WHERE r.child = c.child)
ORDER BY c.child ON CONFLICT (reference) DO NOTHING;

CREATE TEMP TABLE taken ON COMMIT DROP AS
SELECT DISTINCT ON (coalesce(k.merged_into, k.id)) c.child, coalesce(k.merged_into, k.id) AS child_id
FROM child_stated c JOIN child k ON k.reference = c.child
WHERE NOT EXISTS (SELECT FROM refused r WHERE r.child = c.child)
ORDER BY 2, k.merged_into NULLS FIRST, c.child;
CREATE INDEX ON taken (child);
CREATE INDEX ON taken (child_id);
ANALYZE taken;

-- What another command is recording of the same children waits for us, or we for it.
DO $$ BEGIN PERFORM FROM child JOIN taken ON taken.child_id = child.id ORDER BY child.id FOR NO KEY UPDATE OF child; END $$;

-- name: find_unseen_years#
-- Collection years of which neither this return nor anything recorded so far shows a single review: between what two returns
-- show, such a year is one that nobody has brought yet, not one without reviews.
CREATE TEMP TABLE unseen_year ON COMMIT DROP AS
WITH seen AS MATERIALIZED (
    SELECT DISTINCT extract(year FROM v.held_on - interval '3 months')::int AS number
    FROM held_record v JOIN review_view w ON v.kind = ANY(w.kinds) WHERE upper_inf(v.recorded)
    UNION ALL
    SELECT generate_series(extract(year FROM w.first_day)::int, extract(year FROM w.last_day - interval '3 months')::int) FROM review_view w
)
SELECT make_date(number, 4, 1) AS first_day, make_date(number + 1, 4, 1) AS next_day
FROM review_view w,
     generate_series(extract(year FROM w.last_day)::int - 30, extract(year FROM w.last_day)::int + 30) number
WHERE number NOT IN (SELECT number FROM seen);

-- name: desire_child_facts#
-- A source that does not state a fact does not contradict it; one that states it differently wins, and is listed.
CREATE TEMP TABLE desired_child_fact ON COMMIT DROP AS
SELECT t.child_id, merged.born_on, CASE WHEN merged.born_on IS NULL THEN coalesce(c.expected_on, v.expected_on) END AS expected_on,
       CASE WHEN v.source = i.source THEN c.sex ELSE coalesce(nullif(c.sex, 'U'), v.sex, c.sex) END AS sex,
       CASE WHEN first_said.upn = i.source THEN c.upn ELSE coalesce(c.upn, v.upn) END AS upn,
       CASE WHEN first_said.died_on = i.source THEN c.died_on ELSE coalesce(c.died_on, v.died_on) END AS died_on,
       CASE WHEN first_said.adopted_on IS DISTINCT FROM i.source THEN v.adopted_on END AS adopted_on
FROM taken t JOIN child_stated c USING (child) CROSS JOIN staged_import i
LEFT JOIN child_fact v ON v.child_id = t.child_id AND upper_inf(v.recorded)
CROSS JOIN LATERAL (SELECT coalesce(c.born_on, v.born_on) AS born_on) merged
CROSS JOIN LATERAL (  -- a version carries on what others stated: who stated a fact first may take it back by stating it no longer
    SELECT (array_agg(o.source ORDER BY lower(o.recorded)) FILTER (WHERE o.upn = v.upn))[1] AS upn,
           (array_agg(o.source ORDER BY lower(o.recorded)) FILTER (WHERE o.died_on = v.died_on))[1] AS died_on,
           (array_agg(o.source ORDER BY lower(o.recorded)) FILTER (WHERE o.adopted_on = v.adopted_on))[1] AS adopted_on
    FROM child_fact o WHERE o.child_id = v.child_id) first_said;
CREATE TEMP TABLE spoken_child_fact ON COMMIT DROP AS SELECT child_id AS id FROM taken;

-- name: compare_child_facts#
INSERT INTO staged_finding
SELECT file_name, c.line, c.element, c.child, 'SOURCES_DISAGREE', format('%s %s here, %s by %s', said.what, said.here, said.there, v.source)
FROM taken t JOIN child_stated c USING (child) JOIN desired_child_fact d USING (child_id) CROSS JOIN staged_import i
JOIN child_fact v ON v.child_id = t.child_id AND upper_inf(v.recorded) AND v.source <> i.source
CROSS JOIN LATERAL (VALUES
    ('born', d.born_on::text, v.born_on::text), ('died', d.died_on::text, v.died_on::text),
    ('adopted', d.adopted_on::text, v.adopted_on::text), ('UPN', d.upn, v.upn),
    ('sex', nullif(d.sex, 'U'), nullif(v.sex, 'U'))) said (what, here, there), staged_file
WHERE part = 'child' AND said.here <> said.there;

-- name: write_report(file_name, made_by, made_at, counts)!
INSERT INTO import_report (id, source, file_name, as_of, made_by, made_at, counts)
SELECT import_id, source, :file_name, as_of, :made_by, :made_at, :counts FROM staged_import;

-- name: write_findings()!
-- Of a child of whom nothing was taken, no finding says that something was.
WITH left_whole AS (
    SELECT DISTINCT ON (f.child) f.child, r.follows FROM staged_finding f JOIN staged_rule r ON r.code = f.rule
    WHERE r.severity = 'REFUSED' AND r.follows LIKE 'nothing of this child%' ORDER BY f.child
)
INSERT INTO import_finding (import_id, number, file_name, line, element, child_reference, rule, severity, message)
SELECT i.import_id, row_number() OVER (
           ORDER BY array_position(ARRAY['REFUSED', 'DOUBTFUL', 'NOTE'], r.severity), f.file_name, f.line, f.element, f.rule, f.message),
       f.file_name, f.line, f.element, f.child, f.rule, r.severity, concat_ws('; ', f.message, coalesce(w.follows, r.follows))
FROM staged_finding f JOIN staged_rule r ON r.code = f.rule LEFT JOIN left_whole w ON w.child = f.child CROSS JOIN staged_import i;

-- name: first_findings(first)
SELECT file_name, line, element, child_reference, rule, severity, message FROM import_finding
WHERE import_id = (SELECT import_id FROM staged_import) ORDER BY number LIMIT :first;

-- name: findings_by_severity()
SELECT r.severity, count(*) AS findings FROM staged_finding f JOIN staged_rule r ON r.code = f.rule GROUP BY 1;

-- name: unknown_rules()
SELECT DISTINCT f.rule FROM staged_finding f WHERE NOT EXISTS (SELECT FROM staged_rule r WHERE r.code = f.rule);

-- name: children_counted()^
WITH finally_refused AS (
    SELECT DISTINCT f.child FROM staged_finding f JOIN staged_rule r ON r.code = f.rule
    WHERE r.severity = 'REFUSED' AND f.child IS NOT NULL
)
SELECT (SELECT count(*) FROM taken t WHERE NOT EXISTS (SELECT FROM finally_refused r WHERE r.child = t.child)) AS taken,
       (SELECT count(*) FROM finally_refused) AS refused,
       (SELECT count(DISTINCT child_id) FROM changed_child) AS changed;

-- name: changed_children()
SELECT DISTINCT child_id FROM changed_child ORDER BY child_id;

-- name: corrections_made()$
SELECT EXISTS (SELECT FROM correction);

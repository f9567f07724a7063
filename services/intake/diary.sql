-- The diary that stands when a unit begins: staged, resolved and judged here; placed by booking, row by row.

-- name: open_diary#
CREATE TEMP TABLE staged_diary (
    line integer, kind text, children text[] NOT NULL, starts_at timestamptz, ends_at timestamptz,
    iro text, room text, note_taker text, police text, faults text[]
) ON COMMIT DROP;

-- name: judge_diary#
CREATE INDEX ON staged_diary (kind, starts_at);
ANALYZE staged_diary;

INSERT INTO staged_finding
SELECT file_name, s.line, NULL, s.children[1], s.faults[i], s.faults[i + 1]
FROM staged_diary s CROSS JOIN generate_series(1, cardinality(s.faults), 2) i, staged_file WHERE part = 'child';

INSERT INTO staged_finding
SELECT file_name, s.line, NULL, named.reference, found.rule, found.message
FROM staged_diary s CROSS JOIN unnest(s.children) named (reference)
LEFT JOIN child k ON k.reference = named.reference
LEFT JOIN foster_household h ON h.reference = named.reference
CROSS JOIN LATERAL (
    SELECT 'DIARY_CHILD_UNKNOWN', 'no record has brought this child: import the return that does first'
    WHERE s.kind <> 'FOSTER_HOME_REVIEW' AND k.id IS NULL
    UNION ALL SELECT 'DIARY_HOUSEHOLD_UNKNOWN', 'a foster home review is about one foster household that is approved: none has this reference'
    WHERE s.kind = 'FOSTER_HOME_REVIEW' AND h.id IS NULL
    UNION ALL SELECT 'DIARY_HOUSEHOLD_UNKNOWN', 'a foster home review is about one household, not several'
    WHERE s.kind = 'FOSTER_HOME_REVIEW' AND cardinality(s.children) > 1
) found (rule, message), staged_file WHERE part = 'child';

INSERT INTO staged_finding
SELECT file_name, s.line, NULL, s.children[1], 'DIARY_SPAN', found.message
FROM staged_diary s CROSS JOIN LATERAL (
    SELECT CASE
        WHEN s.ends_at <= s.starts_at THEN 'END does not come after START'
        WHEN (s.starts_at AT TIME ZONE 'Europe/London')::date <> (s.ends_at AT TIME ZONE 'Europe/London')::date THEN 'START and END lie on two days'
        WHEN s.ends_at - s.starts_at NOT BETWEEN interval '15 minutes' AND interval '8 hours' THEN 'a meeting takes from 15 minutes to 8 hours'
    END AS message) found, staged_file
WHERE part = 'child' AND found.message IS NOT NULL;

-- Nothing is arranged any more for a child who died or was adopted; its brothers and sisters meet without it.
CREATE TEMP TABLE staged_gone ON COMMIT DROP AS
SELECT k.reference, least(f.died_on, f.adopted_on) AS since
FROM child k JOIN child_fact f ON f.child_id = coalesce(k.merged_into, k.id) AND upper_inf(f.recorded)
WHERE num_nonnulls(f.died_on, f.adopted_on) > 0 AND k.reference IN (SELECT unnest(children) FROM staged_diary);

INSERT INTO staged_finding
SELECT file_name, s.line, NULL, g.reference,
       CASE WHEN s.children <@ (SELECT array_agg(reference) FROM staged_gone) THEN 'DIARY_CHILD_GONE' ELSE 'DIARY_CHILD_LEFT_OUT' END,
       'nothing is arranged for this child since ' || g.since
FROM staged_diary s JOIN staged_gone g ON g.reference = ANY(s.children), staged_file
WHERE part = 'child' AND s.kind <> 'FOSTER_HOME_REVIEW';

UPDATE staged_diary s SET children = ARRAY(SELECT c FROM unnest(s.children) WITH ORDINALITY AS c (c, n)
                                           WHERE c NOT IN (SELECT reference FROM staged_gone) ORDER BY n)
WHERE s.kind <> 'FOSTER_HOME_REVIEW' AND s.children && (SELECT array_agg(reference) FROM staged_gone);

DELETE FROM staged_diary s USING staged_finding f JOIN staged_rule r ON r.code = f.rule WHERE r.severity = 'REFUSED' AND f.line = s.line;

-- Of two rows about the same meeting the later one stands.
INSERT INTO staged_finding
SELECT file_name, s.line, NULL, s.children[1],
       CASE WHEN (s.ends_at, s.iro, s.room, s.note_taker, s.police) IS NOT DISTINCT FROM
                 (o.ends_at, o.iro, o.room, o.note_taker, o.police) THEN 'DUPLICATE' ELSE 'DIARY_TWICE' END,
       format('the meeting is stated again in line %s', o.line)
FROM staged_diary s
CROSS JOIN LATERAL (
    SELECT o.* FROM staged_diary o
    WHERE o.kind = s.kind AND o.starts_at = s.starts_at AND o.children @> s.children AND o.children <@ s.children AND o.ctid > s.ctid
    ORDER BY o.ctid DESC LIMIT 1) o, staged_file WHERE part = 'child';
DELETE FROM staged_diary s USING staged_diary o
WHERE o.kind = s.kind AND o.starts_at = s.starts_at AND o.children @> s.children AND o.children <@ s.children AND o.ctid > s.ctid;

-- name: rows_to_place()
-- Accepted rows in the order of the file, with everything that they name. A child that was merged is the other.
SELECT s.line, s.kind, s.starts_at, s.ends_at, s.children,
       ARRAY[coalesce(s.iro, ''), coalesce(s.room, ''), coalesce(s.note_taker, ''), coalesce(s.police, '')] AS codes,
       ARRAY(SELECT DISTINCT coalesce(k.merged_into, k.id) FROM child k WHERE k.reference = ANY(s.children) AND h.id IS NULL ORDER BY 1) AS child_ids,
       h.id AS household_id, iro.id AS iro_id, room.id AS room_id, taker.id AS note_taker_id, team.id AS police_team_id
FROM staged_diary s
LEFT JOIN foster_household h ON s.kind = 'FOSTER_HOME_REVIEW' AND h.reference = s.children[1]
LEFT JOIN resource iro ON iro.kind = 'IRO' AND iro.code = s.iro
LEFT JOIN resource room ON room.kind = 'ROOM' AND room.code = s.room
LEFT JOIN resource taker ON taker.kind = 'NOTE_TAKER' AND taker.code = s.note_taker
LEFT JOIN police_team team ON team.code = s.police
ORDER BY s.line;

-- name: statements_of(child_ids, household_ids)
-- What earlier diaries stated of meetings about these subjects, with how the meeting is now.
SELECT d.meeting_id, m.reference, d.kind,
       ARRAY(SELECT DISTINCT coalesce(k.merged_into, k.id) FROM child k LEFT JOIN child_fact f ON f.child_id = coalesce(k.merged_into, k.id) AND upper_inf(f.recorded)
             WHERE k.id = ANY(d.child_ids) AND num_nonnulls(f.died_on, f.adopted_on) = 0 ORDER BY 1) AS child_ids,
       d.household_id, d.starts_at, d.ends_at, d.codes, m.version, m.state, m.needs,
       EXISTS (SELECT FROM meeting_event e WHERE e.meeting_id = m.id AND NOT e.details ? 'diary' AND e.what <> 'KIND_CHANGED') AS touched
FROM diary_statement d JOIN meeting m ON m.id = d.meeting_id
WHERE EXISTS (SELECT FROM child k WHERE k.id = ANY(d.child_ids) AND coalesce(k.merged_into, k.id) = ANY(:child_ids::uuid[]))
   OR d.household_id = ANY(:household_ids::uuid[])
ORDER BY d.starts_at, d.meeting_id;

-- name: standing_already(kind, child_ids, household_id, day)$
-- A live meeting of that kind and day, made here and by no diary, about all of these.
SELECT m.reference
FROM meeting m
WHERE m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED', 'HELD') AND (m.starts_at AT TIME ZONE 'Europe/London')::date = :day::date
  AND m.kind = :kind AND NOT EXISTS (SELECT FROM diary_statement d WHERE d.meeting_id = m.id)
  AND NOT EXISTS (SELECT FROM unnest(:child_ids::uuid[]) wanted (id)
                  WHERE NOT EXISTS (SELECT FROM meeting_item i WHERE i.meeting_id = m.id AND i.child_id = wanted.id))
  AND (:household_id::uuid IS NULL OR EXISTS (SELECT FROM meeting_item i WHERE i.meeting_id = m.id AND i.household_id = :household_id::uuid))
ORDER BY m.starts_at LIMIT 1;

-- name: keep_statement(meeting_id, kind, child_ids, household_id, starts_at, ends_at, codes, version)!
INSERT INTO diary_statement (meeting_id, import_id, kind, child_ids, household_id, starts_at, ends_at, codes, version)
SELECT :meeting_id, import_id, :kind, :child_ids, :household_id, :starts_at, :ends_at, :codes, :version FROM staged_import
ON CONFLICT (meeting_id) DO UPDATE
SET import_id = excluded.import_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at, codes = excluded.codes,
    version = excluded.version;

-- name: rows_of_diary()$
SELECT count(*) FROM staged_diary;

-- name: refused_rows()$
SELECT count(DISTINCT f.line) FROM staged_finding f JOIN staged_rule r ON r.code = f.rule WHERE r.severity = 'REFUSED';

-- Sibling groups, parents and standing allocations: our own files.

-- name: settle_family#
ANALYZE staged_family;

-- name: rows_of_family()$
SELECT count(*) FROM staged_family;

-- name: judge_family#
INSERT INTO staged_finding
SELECT file_name, s.line, s.element, nullif(s.child, ''), s.faults[i], s.faults[i + 1]
FROM staged_family s CROSS JOIN generate_series(1, cardinality(s.faults), 2) i, staged_file WHERE part = 'child';

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, s.child, found.rule, found.message
FROM staged_family s
LEFT JOIN child k ON k.reference = s.child
LEFT JOIN child p ON p.reference = s.parent
LEFT JOIN (SELECT child, min(sibling_group) AS one, max(sibling_group) AS other FROM staged_family GROUP BY child) g ON g.child = s.child
LEFT JOIN LATERAL (  -- another reference of the same child, which states something else
    SELECT o.child FROM staged_family o JOIN child ok ON ok.reference = o.child
    WHERE (k.merged_into IS NOT NULL OR EXISTS (SELECT FROM child m WHERE m.merged_into = k.id)) AND coalesce(ok.merged_into, ok.id) = coalesce(k.merged_into, k.id) AND o.child <> s.child AND (
        SELECT array_agg(DISTINCT concat_ws('/', a.sibling_group, a.parent)) FROM staged_family a WHERE a.child = o.child) <> (
        SELECT array_agg(DISTINCT concat_ws('/', a.sibling_group, a.parent)) FROM staged_family a WHERE a.child = s.child)
    LIMIT 1) twin ON true
CROSS JOIN LATERAL (
    SELECT 'CHILD_UNKNOWN', 'import the return that brings this child first'
    WHERE k.id IS NULL AND s.faults IS NULL
    UNION ALL SELECT 'OWN_PARENT', 'PARENT is the child itself'
    WHERE s.parent = s.child
    UNION ALL SELECT 'IDENTITY_TWICE', format('stated as %s too, and differently', twin.child)
    WHERE twin.child IS NOT NULL
    UNION ALL SELECT 'GROUP_CONTRADICTED', format('in sibling group %s and in %s', g.one, g.other)
    WHERE g.one <> g.other AND s.sibling_group IS NOT NULL
    UNION ALL SELECT 'PARENT_UNKNOWN', 'import the return that brings this parent first'
    WHERE s.parent IS NOT NULL AND p.id IS NULL
) found (rule, message), staged_file WHERE part = 'child';

-- name: take_known_children#
CREATE TEMP TABLE refused ON COMMIT DROP AS
SELECT DISTINCT f.child FROM staged_finding f JOIN staged_rule r ON r.code = f.rule WHERE r.severity = 'REFUSED' AND f.child IS NOT NULL;
CREATE TEMP TABLE taken (child text NOT NULL, child_id uuid NOT NULL) ON COMMIT DROP;

-- name: take_family#
INSERT INTO taken
SELECT DISTINCT s.child, coalesce(k.merged_into, k.id) FROM staged_family s JOIN child k ON k.reference = s.child
WHERE NOT EXISTS (SELECT FROM refused r WHERE r.child = s.child);

-- name: apply_family#
CREATE TEMP TABLE desired_group ON COMMIT DROP AS
SELECT t.child_id, max(s.sibling_group) AS group_key FROM staged_family s JOIN taken t USING (child) GROUP BY t.child_id;
CREATE TEMP TABLE outdated_group ON COMMIT DROP AS
SELECT v.child_id FROM sibling_group_member v JOIN desired_group d USING (child_id)
WHERE upper_inf(v.recorded) AND v.group_key IS DISTINCT FROM d.group_key;
UPDATE sibling_group_member v SET recorded = tstzrange(lower(recorded), greatest(i.stamp, lower(recorded) + interval '1 microsecond'))
FROM outdated_group o, staged_import i WHERE v.child_id = o.child_id AND upper_inf(v.recorded);
WITH opened AS (
    INSERT INTO sibling_group_member (child_id, group_key, recorded, source)
    SELECT d.child_id, d.group_key, tstzrange(greatest(i.stamp, (
               SELECT max(upper(v.recorded)) FROM sibling_group_member v WHERE v.child_id = d.child_id)), NULL), i.source
    FROM desired_group d, staged_import i
    WHERE d.group_key IS NOT NULL
      AND NOT EXISTS (SELECT FROM sibling_group_member v WHERE v.child_id = d.child_id AND upper_inf(v.recorded))
    RETURNING child_id
)
INSERT INTO changed_child SELECT child_id FROM opened UNION SELECT child_id FROM outdated_group;

-- name: apply_parents#
CREATE TEMP TABLE desired_parent ON COMMIT DROP AS
SELECT DISTINCT t.child_id, coalesce(p.merged_into, p.id) AS parent_id FROM staged_family s JOIN taken t USING (child) JOIN child p ON p.reference = s.parent;
CREATE TEMP TABLE outdated_parent ON COMMIT DROP AS
SELECT v.child_id, v.parent_id FROM parentage v JOIN taken USING (child_id) CROSS JOIN staged_import i
WHERE upper_inf(v.recorded) AND v.source = i.source
  AND NOT EXISTS (SELECT FROM desired_parent d WHERE (d.child_id, d.parent_id) = (v.child_id, v.parent_id));
UPDATE parentage v SET recorded = tstzrange(lower(recorded), greatest(i.stamp, lower(recorded) + interval '1 microsecond'))
FROM outdated_parent o, staged_import i WHERE (v.child_id, v.parent_id) = (o.child_id, o.parent_id) AND upper_inf(v.recorded);
WITH opened AS (
    INSERT INTO parentage (child_id, parent_id, recorded, source)
    SELECT d.child_id, d.parent_id, tstzrange(greatest(i.stamp, (
               SELECT max(upper(v.recorded)) FROM parentage v WHERE (v.child_id, v.parent_id) = (d.child_id, d.parent_id))), NULL), i.source
    FROM desired_parent d, staged_import i
    WHERE NOT EXISTS (SELECT FROM parentage v WHERE (v.child_id, v.parent_id) = (d.child_id, d.parent_id) AND upper_inf(v.recorded))
    RETURNING child_id
)
INSERT INTO changed_child SELECT child_id FROM opened UNION SELECT child_id FROM outdated_parent;

-- name: settle_allocations#
ANALYZE staged_allocation;

-- name: rows_of_allocations()$
SELECT count(*) FROM staged_allocation;

-- name: judge_allocations#
INSERT INTO staged_finding
SELECT file_name, s.line, s.element, nullif(s.child, ''), s.faults[i], s.faults[i + 1]
FROM staged_allocation s CROSS JOIN generate_series(1, cardinality(s.faults), 2) i, staged_file WHERE part = 'child';

INSERT INTO staged_finding
SELECT file_name, s.line, s.element, nullif(s.child, ''), found.rule, found.message
FROM staged_allocation s CROSS JOIN staged_import i
LEFT JOIN child k ON k.reference = s.child
LEFT JOIN resource o ON o.kind = 'IRO' AND o.code = s.iro
LEFT JOIN (SELECT child, from_day, min(iro) AS one, max(iro) AS other, min(ctid) AS place FROM staged_allocation
           GROUP BY child, from_day) g ON (g.child, g.from_day) = (s.child, s.from_day)
LEFT JOIN LATERAL (  -- another reference of the same child, with another officer or from another day on
    SELECT o.child FROM staged_allocation o JOIN child ok ON ok.reference = o.child
    WHERE (k.merged_into IS NOT NULL OR EXISTS (SELECT FROM child m WHERE m.merged_into = k.id)) AND coalesce(ok.merged_into, ok.id) = coalesce(k.merged_into, k.id) AND o.child <> s.child AND (
        SELECT array_agg(DISTINCT concat_ws('/', a.from_day, a.iro)) FROM staged_allocation a WHERE a.child = o.child) <> (
        SELECT array_agg(DISTINCT concat_ws('/', a.from_day, a.iro)) FROM staged_allocation a WHERE a.child = s.child)
    LIMIT 1) twin ON true
CROSS JOIN LATERAL (
    SELECT 'CHILD_UNKNOWN', 'import the return that brings this child first'
    WHERE k.id IS NULL AND s.child <> ''
    UNION ALL SELECT 'IRO_UNKNOWN', format('no officer has the code %s: import the establishment first', left(s.iro, 40))
    WHERE o.id IS NULL AND s.iro <> ''
    UNION ALL SELECT 'IDENTITY_TWICE', format('stated as %s too, and differently', twin.child)
    WHERE twin.child IS NOT NULL
    UNION ALL SELECT 'ALLOCATION_CONTRADICTED', format('from %s with %s and with %s', s.from_day, g.one, g.other)
    WHERE g.one <> g.other
    UNION ALL SELECT 'DUPLICATE', 'the allocation is stated again'
    WHERE g.one = g.other AND s.ctid <> g.place
    UNION ALL SELECT 'ALLOCATION_IN_FUTURE', format('from %s, after %s', s.from_day, i.as_of)
    WHERE s.from_day > i.as_of
    UNION ALL SELECT 'MAY_NOT_CHAIR', format('%s is not independent of this case', s.iro)
    WHERE EXISTS (SELECT FROM may_not_chair m LEFT JOIN child known ON known.reference = m.child_reference
                  WHERE m.iro_id = o.id AND (m.child_reference = s.child
                                             OR coalesce(known.merged_into, known.id) = coalesce(k.merged_into, k.id)))
) found (rule, message), staged_file WHERE part = 'child';

-- name: take_allocations#
INSERT INTO taken
SELECT DISTINCT s.child, coalesce(k.merged_into, k.id) FROM staged_allocation s JOIN child k ON k.reference = s.child
WHERE NOT EXISTS (SELECT FROM refused r WHERE r.child = s.child);

-- name: allocations_to_make()
-- In the order of their days; those that stand already are left out.
SELECT DISTINCT ON (t.child_id, s.from_day) s.line, s.child, t.child_id, o.id AS iro_id, s.from_day
FROM staged_allocation s JOIN taken t USING (child) JOIN resource o ON o.kind = 'IRO' AND o.code = s.iro CROSS JOIN staged_import i
WHERE s.from_day <= i.as_of
  AND NOT EXISTS (SELECT FROM allocation a WHERE a.child_id = t.child_id AND a.iro_id = o.id AND a.held @> s.from_day)
ORDER BY t.child_id, s.from_day, s.line;

-- name: timescales_in_force()
SELECT code, in_force, amount, unit, census_days, legal_basis FROM timescale ORDER BY code, in_force;

-- name: every_child()
SELECT id FROM child WHERE merged_into IS NULL ORDER BY id;

-- name: every_household()
SELECT id FROM foster_household ORDER BY id;

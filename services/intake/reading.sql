-- name: reports_by_ids(ids)
SELECT id, source, file_name, as_of, made_by, made_at, counts FROM import_report WHERE id = ANY(:ids::uuid[]);

-- name: reports_listed(after_key, after_id, wanted)
-- The latest first.
SELECT id, source, file_name, as_of, made_by, made_at, counts FROM import_report
WHERE :after_key::timestamptz IS NULL OR (made_at, id) < (:after_key, :after_id::uuid)
ORDER BY made_at DESC, id DESC
LIMIT :wanted;

-- name: reports_counted()$
SELECT count(*) FROM import_report;

-- name: findings_of(ids, severities, after_number, wanted)
-- A page for each report, the gravest first; whom it concerns, where such a child is known.
SELECT report.id AS import_id, f.number, f.file_name, f.line, f.element, f.child_reference, f.rule, f.severity, f.message,
       coalesce(c.merged_into, c.id) AS child_id, coalesce(k.reference, c.reference) AS known_as
FROM unnest(:ids::uuid[]) AS report (id)
CROSS JOIN LATERAL (
    SELECT * FROM import_finding f
    WHERE f.import_id = report.id AND f.number > :after_number AND (:severities::text[] IS NULL OR f.severity = ANY(:severities))
    ORDER BY f.number LIMIT :wanted) f
LEFT JOIN child c ON c.reference = f.child_reference
LEFT JOIN child k ON k.id = c.merged_into
ORDER BY f.number;

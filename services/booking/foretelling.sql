-- name: parties(ids)
-- Officers, rooms, note-takers and police teams by identifier.
SELECT kind, id, code, name, email FROM resource WHERE id = ANY(:ids::uuid[])
UNION ALL
SELECT 'POLICE', id, code, name, email FROM police_team WHERE id = ANY(:ids::uuid[]);

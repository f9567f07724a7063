-- name: actor_resource(kind, code, today)^
-- The IRO or note-taker of a code who is in post on a day, or the police team of a code.
SELECT id FROM resource WHERE kind = :kind AND code = :code AND active @> :today::date
UNION ALL
SELECT id FROM police_team WHERE :kind = 'POLICE' AND code = :code;

-- name: officers_by_ids(today, ids)
SELECT r.id, r.code, r.name, i.specialities, i.areas, coalesce(c.wte, 0) AS wte
FROM resource r
JOIN iro i ON i.resource_id = r.id
LEFT JOIN contract c ON c.resource_id = r.id AND c.in_force @> :today::date
WHERE r.id = ANY(:ids::uuid[]);

-- name: officers_listed(today, everything, self_id, code, after_key, after_id, wanted)
-- Those in post on a day, by code: all, or the viewer herself.
SELECT r.id, r.code, r.name, i.specialities, i.areas, coalesce(c.wte, 0) AS wte
FROM resource r
JOIN iro i ON i.resource_id = r.id
LEFT JOIN contract c ON c.resource_id = r.id AND c.in_force @> :today::date
WHERE r.active @> :today::date
  AND (:everything OR r.id = :self_id)
  AND (:code::text IS NULL OR r.code = :code)
  AND (:after_key::text IS NULL OR (r.code, r.id) > (:after_key, :after_id::uuid))
ORDER BY r.code, r.id
LIMIT :wanted;

-- name: officers_counted(today, everything, self_id)$
SELECT count(*) FROM resource r JOIN iro i ON i.resource_id = r.id WHERE r.active @> :today::date AND (:everything OR r.id = :self_id);

-- name: rooms_by_ids(ids)
SELECT r.id, r.code, r.name, o.seats, o.features FROM resource r JOIN room o ON o.resource_id = r.id WHERE r.id = ANY(:ids::uuid[]);

-- name: rooms_listed(today)
SELECT r.id, r.code, r.name, o.seats, o.features
FROM resource r JOIN room o ON o.resource_id = r.id
WHERE r.active @> :today::date
ORDER BY r.code;

-- name: note_takers_by_ids(today, ids)
SELECT r.id, r.code, r.name, coalesce(c.wte, 0) AS wte, n.write_up_a_week
FROM resource r
JOIN note_taker n ON n.resource_id = r.id
LEFT JOIN contract c ON c.resource_id = r.id AND c.in_force @> :today::date
WHERE r.id = ANY(:ids::uuid[]);

-- name: note_takers_listed(today, everything, self_id)
SELECT r.id, r.code, r.name, coalesce(c.wte, 0) AS wte, n.write_up_a_week
FROM resource r
JOIN note_taker n ON n.resource_id = r.id
LEFT JOIN contract c ON c.resource_id = r.id AND c.in_force @> :today::date
WHERE r.active @> :today::date AND (:everything OR r.id = :self_id)
ORDER BY r.code;

-- name: police_teams_by_ids(ids)
SELECT id, code, name, capacity FROM police_team WHERE id = ANY(:ids::uuid[]);

-- name: police_teams_listed(everything, self_id)
SELECT id, code, name, capacity FROM police_team WHERE :everything OR id = :self_id ORDER BY code;

-- name: absences_of(ids, everything, self_id, first, last)
-- Absences that touch a span (open where null), of the officers that the viewer may ask about.
SELECT a.id, a.resource_id, lower(a.during) AS starts_at, upper(a.during) AS ends_at, a.reason
FROM absence a
WHERE a.resource_id = ANY(:ids::uuid[])
  AND (:everything OR a.resource_id = :self_id)
  AND a.during && tstzrange(:first::timestamptz, :last::timestamptz)
ORDER BY lower(a.during), a.id;

-- name: absences_by_ids(ids, everything, self_id, kinds)
SELECT a.id, coalesce((SELECT p.team_id FROM police_place p WHERE p.resource_id = a.resource_id), a.resource_id) AS resource_id,
       lower(a.during) AS starts_at, upper(a.during) AS ends_at, a.reason
FROM absence a JOIN resource r ON r.id = a.resource_id
WHERE a.id = ANY(:ids::uuid[]) AND (:everything OR a.resource_id = :self_id OR r.kind = ANY(:kinds::text[])
       OR EXISTS (SELECT FROM police_place p WHERE p.resource_id = a.resource_id AND p.team_id = :self_id));

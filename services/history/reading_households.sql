-- Foster households: to whoever sees everything, and to nobody else.

-- name: households_by_ids(ids, everything)
SELECT h.id, h.reference, lower(f.recorded) AS recorded_at, f.approved_on, f.ended_on, f.end_reason
FROM foster_household h JOIN foster_household_fact f ON f.household_id = h.id AND upper_inf(f.recorded)
WHERE h.id = ANY(:ids::uuid[]) AND :everything;

-- name: household_by_reference(reference, everything)^
SELECT h.id, h.reference, lower(f.recorded) AS recorded_at, f.approved_on, f.ended_on, f.end_reason
FROM foster_household h JOIN foster_household_fact f ON f.household_id = h.id AND upper_inf(f.recorded)
WHERE h.reference = :reference AND :everything;

-- name: households_listed(everything, after_key, after_id, wanted)
SELECT h.id, h.reference, lower(f.recorded) AS recorded_at, f.approved_on, f.ended_on, f.end_reason
FROM foster_household h JOIN foster_household_fact f ON f.household_id = h.id AND upper_inf(f.recorded)
WHERE :everything AND (:after_key::text IS NULL OR (h.reference, h.id) > (:after_key, :after_id::uuid))
ORDER BY h.reference, h.id
LIMIT :wanted;

-- name: households_counted(everything)$
SELECT count(*)
FROM foster_household h JOIN foster_household_fact f ON f.household_id = h.id AND upper_inf(f.recorded)
WHERE :everything;

-- name: obligations_of_households(ids, everything)
SELECT o.*, NULL::text AS reference, standing.meeting_id, standing.begun_on
FROM obligation o
LEFT JOIN LATERAL (
    SELECT i.meeting_id, (SELECT min(t.held_on) FROM meeting m JOIN sitting t ON t.meeting_id = m.id
                          WHERE m.id = i.meeting_id AND m.state = 'ADJOURNED') AS begun_on
    FROM meeting_item i WHERE i.obligation_id = o.id AND i.live LIMIT 1) standing ON true
WHERE o.household_id = ANY(:ids::uuid[]) AND :everything
ORDER BY o.triggered_on DESC, o.id;

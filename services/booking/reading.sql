-- name: meetings_by_ids(everything, note_taker_id, police_team_id, own, all_items, participant_id, iro_id, own_items, today, ids)
SELECT m.*, concerns.items
FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'child_id', i.child_id, 'household_id', i.household_id, 'reference', coalesce(c.reference, h.reference), 'approved_on', f.approved_on,
        'kind', i.kind, 'live', i.live, 'obligation_id', i.obligation_id, 'state', o.state, 'statutory_due_on', o.statutory_due_on,
        'held_on', o.held_on, 'completed_on', o.completed_on, 'void_from', o.void_from,
        'begun_on', (SELECT min(t.held_on) FROM sitting t WHERE t.meeting_id = m.id AND m.state = 'ADJOURNED')) ORDER BY i.number) AS items
    FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i
    LEFT JOIN child c ON c.id = i.child_id
    LEFT JOIN foster_household h ON h.id = i.household_id
    LEFT JOIN foster_household_fact f ON f.household_id = h.id AND upper_inf(f.recorded)
    LEFT JOIN obligation o ON o.id = i.obligation_id
    WHERE i.meeting_id = m.id
) concerns
WHERE m.id = ANY(:ids::uuid[]);

-- name: meeting_id_of_reference(everything, note_taker_id, police_team_id, own, reference)^
SELECT id FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m WHERE m.reference = :reference;

-- name: meetings_listed(everything, note_taker_id, police_team_id, own, first, until, states, kinds, all_items, participant_id, iro_id, own_items, today, iro_code, room_code, note_taker_code, police_team_code, superfluous, after_key, after_id, wanted)
-- Superfluous is one that stands although nothing that it is for is owed any more: it was met on another day, or never will be.
-- Meetings that begin in a span, by their beginning. A filter by kind finds only those whose kind the viewer may know.
SELECT m.id, m.starts_at
FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
WHERE m.starts_at >= :first::timestamptz AND m.starts_at < :until::timestamptz
  AND (:states::text[] IS NULL OR m.state = ANY(:states))
  AND (:kinds::text[] IS NULL OR EXISTS (
        SELECT FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i
        WHERE i.meeting_id = m.id AND i.kind = ANY(:kinds)))
  AND (:iro_code::text IS NULL OR m.chair_id = (SELECT id FROM resource WHERE kind = 'IRO' AND code = :iro_code))
  AND (:room_code::text IS NULL OR m.room_id = (SELECT id FROM resource WHERE kind = 'ROOM' AND code = :room_code))
  AND (:note_taker_code::text IS NULL OR m.note_taker_id = (SELECT id FROM resource WHERE kind = 'NOTE_TAKER' AND code = :note_taker_code))
  AND (:police_team_code::text IS NULL OR m.police_team_id = (SELECT id FROM police_team WHERE code = :police_team_code))
  AND (:superfluous::boolean IS NULL OR :superfluous = (
        m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
        AND EXISTS (SELECT FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i WHERE i.meeting_id = m.id AND i.live)
        AND NOT EXISTS (
            SELECT FROM meeting_item i LEFT JOIN obligation o ON o.id = i.obligation_id
            WHERE i.meeting_id = m.id AND i.live AND (o.id IS NULL OR o.state IN ('OPEN', 'EXPECTED') OR EXISTS (
                SELECT FROM sitting t WHERE t.meeting_id = m.id AND o.held_on = (lower(t.during) AT TIME ZONE 'Europe/London')::date)))))
  AND (:after_key::timestamptz IS NULL OR (m.starts_at, m.id) > (:after_key, :after_id::uuid))
ORDER BY m.starts_at, m.id
LIMIT :wanted;

-- name: meetings_counted(everything, note_taker_id, police_team_id, own, first, until, states, kinds, all_items, participant_id, iro_id, own_items, today, iro_code, room_code, note_taker_code, police_team_code, superfluous)$
SELECT count(*)
FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
WHERE m.starts_at >= :first::timestamptz AND m.starts_at < :until::timestamptz
  AND (:states::text[] IS NULL OR m.state = ANY(:states))
  AND (:kinds::text[] IS NULL OR EXISTS (
        SELECT FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i
        WHERE i.meeting_id = m.id AND i.kind = ANY(:kinds)))
  AND (:iro_code::text IS NULL OR m.chair_id = (SELECT id FROM resource WHERE kind = 'IRO' AND code = :iro_code))
  AND (:room_code::text IS NULL OR m.room_id = (SELECT id FROM resource WHERE kind = 'ROOM' AND code = :room_code))
  AND (:note_taker_code::text IS NULL OR m.note_taker_id = (SELECT id FROM resource WHERE kind = 'NOTE_TAKER' AND code = :note_taker_code))
  AND (:police_team_code::text IS NULL OR m.police_team_id = (SELECT id FROM police_team WHERE code = :police_team_code))
  AND (:superfluous::boolean IS NULL OR :superfluous = (
        m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
        AND EXISTS (SELECT FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i WHERE i.meeting_id = m.id AND i.live)
        AND NOT EXISTS (
            SELECT FROM meeting_item i LEFT JOIN obligation o ON o.id = i.obligation_id
            WHERE i.meeting_id = m.id AND i.live AND (o.id IS NULL OR o.state IN ('OPEN', 'EXPECTED') OR EXISTS (
                SELECT FROM sitting t WHERE t.meeting_id = m.id AND o.held_on = (lower(t.during) AT TIME ZONE 'Europe/London')::date)))));

-- name: meetings_of_chairs(ids, everything, note_taker_id, police_team_id, own, first, until, after_key, after_id, wanted)
-- A page for each chair: the limit before anything is joined.
SELECT chair.id AS of_id, m.id, m.starts_at
FROM unnest(:ids::uuid[]) AS chair (id)
CROSS JOIN LATERAL (
    SELECT m.id, m.starts_at
    FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
    WHERE m.chair_id = chair.id
      AND (:first::timestamptz IS NULL OR m.starts_at >= :first)
      AND (:until::timestamptz IS NULL OR m.starts_at < :until)
      AND (:after_key::timestamptz IS NULL OR (m.starts_at, m.id) > (:after_key, :after_id::uuid))
    ORDER BY m.starts_at, m.id
    LIMIT :wanted
) m
ORDER BY chair.id, m.starts_at, m.id;

-- name: meetings_of_chair_counted(everything, note_taker_id, police_team_id, own, ids, first, until)
SELECT m.chair_id AS of_id, count(*) AS number
FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
WHERE m.chair_id = ANY(:ids::uuid[])
  AND (:first::timestamptz IS NULL OR m.starts_at >= :first)
  AND (:until::timestamptz IS NULL OR m.starts_at < :until)
GROUP BY m.chair_id;

-- name: meetings_of_children(ids, all_items, participant_id, iro_id, own_items, today, everything, note_taker_id, police_team_id, own, after_key, after_id, wanted)
-- A page for each child of whom the viewer may know that the meeting concerns it.
SELECT child.id AS of_id, m.id, m.starts_at
FROM unnest(:ids::uuid[]) AS child (id)
CROSS JOIN LATERAL (
    SELECT m.id, m.starts_at
    FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i
    JOIN meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m ON m.id = i.meeting_id
    WHERE i.child_id = child.id
      AND (:after_key::timestamptz IS NULL OR (m.starts_at, m.id) > (:after_key, :after_id::uuid))
    GROUP BY m.id, m.starts_at
    ORDER BY m.starts_at, m.id
    LIMIT :wanted
) m
ORDER BY child.id, m.starts_at, m.id;

-- name: meetings_of_children_counted(all_items, participant_id, iro_id, own_items, today, everything, note_taker_id, police_team_id, own, ids)
SELECT i.child_id AS of_id, count(DISTINCT i.meeting_id) AS number
FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i
JOIN meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m ON m.id = i.meeting_id
WHERE i.child_id = ANY(:ids::uuid[])
GROUP BY i.child_id;

-- name: sittings_of(all_items, participant_id, iro_id, own_items, today, everything, note_taker_id, police_team_id, own, ids)
-- The first was held on the day of the meeting's record, as it is in force, and the last when that says it was completed; of several
-- records the one that was stated last says it. Who came only to who may know whom the meeting concerns.
SELECT s.meeting_id, lower(s.during) AS starts_at, upper(s.during) AS ends_at,
       CASE WHEN s.held_on IS NULL THEN NULL
            WHEN s.number = 1 THEN coalesce(said.held_on, s.held_on)
            WHEN s.number = (SELECT max(other.number) FROM sitting other WHERE other.meeting_id = s.meeting_id) THEN coalesce(said.completed_on, s.held_on)
            ELSE s.held_on END AS held_on, CASE WHEN EXISTS (
           SELECT FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i WHERE i.meeting_id = s.meeting_id
       ) THEN s.attended END AS attended
FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
JOIN sitting s ON s.meeting_id = m.id
LEFT JOIN LATERAL (
    SELECT record.held_on, record.completed_on
    FROM meeting_item i
    JOIN held_record record ON record.child_id = i.child_id OR record.household_id = i.household_id
    WHERE m.state = 'HELD' AND i.meeting_id = m.id AND record.meeting_id = m.id AND upper_inf(record.recorded)
    ORDER BY lower(record.recorded) DESC, record.held_on
    LIMIT 1
) said ON true
WHERE m.id = ANY(:ids::uuid[])
ORDER BY s.meeting_id, s.number;

-- name: events_of(all_items, participant_id, iro_id, own_items, today, everything, note_taker_id, police_team_id, own, ids)
-- Free-text reasons only to who may know whom the meeting concerns.
SELECT e.meeting_id, e.at, e.by, e.what, CASE WHEN EXISTS (
           SELECT FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i WHERE i.meeting_id = e.meeting_id
       ) THEN e.reason END AS reason
FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
JOIN meeting_event e ON e.meeting_id = m.id
WHERE m.id = ANY(:ids::uuid[])
ORDER BY e.meeting_id, e.number;

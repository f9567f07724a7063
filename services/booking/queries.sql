-- name: claim_desk(actor, key, body_hash, answer, today)^
-- A request key, and then what `share_subjects` takes and the settings of the day; no row where the key is known.
WITH claimed AS ({claim})
SELECT {settings} AS settings, pg_advisory_xact_lock_shared(hashtext('booking.subjects')) FROM claimed;

-- name: share_subjects()!
SELECT pg_advisory_xact_lock_shared(hashtext('booking.subjects'));

-- name: own_subjects()!
SELECT pg_advisory_xact_lock(hashtext('booking.subjects'));

-- name: lock_meeting(id)^
-- Not stronger: holds of the meeting may be renumbered meanwhile.
SELECT id FROM meeting WHERE id = :id FOR NO KEY UPDATE;

-- name: entry(id, own_iro, today)^
SELECT m.*,
       ARRAY(SELECT s.during FROM sitting s WHERE s.meeting_id = m.id ORDER BY s.number) AS sittings,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('held_on', s.held_on, 'attended', s.attended) ORDER BY s.number), '[]')
        FROM sitting s WHERE s.meeting_id = m.id AND s.held_on IS NOT NULL) AS sat,
       EXISTS (SELECT FROM meeting_item i JOIN child_circumstance stated ON stated.child_id = i.child_id
               WHERE i.meeting_id = m.id AND stated.parents_apart AND upper_inf(stated.recorded) AND stated.in_force @> (
                   SELECT (max(lower(s.during)) AT TIME ZONE 'Europe/London')::date FROM sitting s WHERE s.meeting_id = m.id)) AS parents_apart,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('child_id', i.child_id, 'household_id', i.household_id, 'kind', i.kind,
                                                     'reference', coalesce(c.reference, h.reference), 'obligation_id', i.obligation_id)
                                  ORDER BY i.number), '[]')
        FROM meeting_item i LEFT JOIN child c ON c.id = i.child_id LEFT JOIN foster_household h ON h.id = i.household_id
        WHERE i.meeting_id = m.id) AS items,
       (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.number), '[]') FROM attendee a WHERE a.meeting_id = m.id) AS attendees,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', r.kind, 'id', r.id, 'code', r.code, 'name', r.name, 'email', r.email)), '[]')
        FROM resource r WHERE r.id IN (m.chair_id, m.room_id, m.note_taker_id)) AS parties,
       (SELECT jsonb_build_object('kind', 'POLICE', 'id', t.id, 'code', t.code, 'name', t.name, 'email', t.email, 'place_id',
                                  (SELECT h.resource_id FROM hold h JOIN police_place p ON p.resource_id = h.resource_id
                                   WHERE h.meeting_id = m.id ORDER BY h.sitting DESC LIMIT 1))
        FROM police_team t WHERE t.id = m.police_team_id) AS police
FROM meeting m
WHERE m.id = :id
  AND (:own_iro::uuid IS NULL OR m.chair_id = :own_iro
       OR EXISTS (SELECT FROM meeting_item i JOIN allocation a ON a.child_id = i.child_id AND a.held @> :today::date
                  WHERE i.meeting_id = m.id AND a.iro_id = :own_iro));

-- name: resource_id_of(kind, code)$
SELECT CASE WHEN :kind = 'POLICE' THEN (SELECT id FROM police_team WHERE code = :code)
            ELSE (SELECT id FROM resource WHERE kind = :kind AND code = :code) END;

-- name: lock_police_day(day)!
-- Places of the police are dealt one meeting after the other, day by day.
SELECT pg_advisory_xact_lock(hashtext('booking.police'), :day::date - '2000-01-01'::date);

-- name: candidates(kinds, blocked, attended, restricted, only, day)
-- Resources of each kind, or only those named (a team names its places), with whether they are at work and what holds them.
SELECT r.id, r.kind, r.code, r.name, r.email, room.seats, room.features,
       place.team_id, place.number, team.code AS team_code, team.name AS team_name, team.email AS team_email, team.capacity,
       coalesce(wanted.attended <@ (SELECT range_agg(a.during) FROM availability a WHERE a.resource_id = r.id AND a.during && wanted.attended),
                false) AS at_work,
       CASE WHEN r.kind = 'NOTE_TAKER' THEN (SELECT count(*) FROM hold h WHERE h.resource_id = r.id AND h.blocked && :day::tstzrange) ELSE 0 END AS load,
       taker.write_up_a_week, coalesce(week.minutes, 0) AS written,
       lower(taken.blocked) AS taken_from, upper(taken.blocked) AS taken_until
FROM unnest(:kinds::text[], :blocked::tstzrange[], :attended::tstzrange[], :restricted::boolean[]) AS wanted (kind, blocked, attended, restricted)
JOIN resource r ON r.kind = wanted.kind
LEFT JOIN note_taker taker ON taker.resource_id = r.id
LEFT JOIN write_up_week week ON week.note_taker_id = r.id AND week.monday = monday_of(lower(wanted.attended))
LEFT JOIN room ON room.resource_id = r.id
LEFT JOIN police_place place ON place.resource_id = r.id
LEFT JOIN police_team team ON team.id = place.team_id
LEFT JOIN LATERAL (
    SELECT h.blocked FROM hold h WHERE h.resource_id = r.id AND h.blocked && wanted.blocked ORDER BY h.blocked LIMIT 1
) taken ON true
WHERE (NOT wanted.restricted OR r.id = ANY(:only::uuid[]) OR place.team_id = ANY(:only::uuid[]))
ORDER BY r.kind, room.seats, r.code;

-- name: police_holds(team_ids, day)
-- Every attendance of the teams on a day.
SELECT p.team_id, p.number, h.resource_id, h.blocked, h.attended, h.meeting_id, h.sitting, h.write_up
FROM hold h JOIN police_place p ON p.resource_id = h.resource_id
WHERE p.team_id = ANY(:team_ids::uuid[]) AND h.blocked && :day::tstzrange
ORDER BY h.blocked, p.number;

-- name: add_meeting(meeting, sittings, items, attendees, event)!
WITH added AS (
    INSERT INTO meeting SELECT * FROM jsonb_populate_record(NULL::meeting, :meeting::jsonb)
), seated AS (
    INSERT INTO sitting SELECT * FROM jsonb_populate_recordset(NULL::sitting, :sittings::jsonb)
), about AS (
    INSERT INTO meeting_item SELECT * FROM jsonb_populate_recordset(NULL::meeting_item, :items::jsonb)
), expected AS (
    INSERT INTO attendee SELECT * FROM jsonb_populate_recordset(NULL::attendee, :attendees::jsonb)
)
INSERT INTO meeting_event SELECT * FROM jsonb_populate_record(NULL::meeting_event, :event::jsonb);

-- name: book_at_once(meeting, sittings, items, attendees, event, resource_ids, blocked, attended, meeting_ids, numbers, write_up, audit_actor, audit_role, audit_action, audit_subject, audit_details, meeting_id, now, entries, notices, messages, owners)!
-- As `add_meeting` and `add_holds` one after the other, the audit of it, and what everybody is owed: that last.
WITH added AS (
    INSERT INTO meeting SELECT * FROM jsonb_populate_record(NULL::meeting, :meeting::jsonb)
), seated AS (
    INSERT INTO sitting SELECT * FROM jsonb_populate_recordset(NULL::sitting, :sittings::jsonb)
), about AS (
    INSERT INTO meeting_item SELECT * FROM jsonb_populate_recordset(NULL::meeting_item, :items::jsonb) RETURNING number
), expected AS (
    INSERT INTO attendee SELECT * FROM jsonb_populate_recordset(NULL::attendee, :attendees::jsonb)
), noted AS (
    INSERT INTO meeting_event SELECT * FROM jsonb_populate_record(NULL::meeting_event, :event::jsonb)
), audited AS (
    {audit}
), held AS (
    INSERT INTO hold (resource_id, blocked, attended, meeting_id, sitting, write_up)
    SELECT * FROM unnest(:resource_ids::uuid[], :blocked::tstzrange[], :attended::tstzrange[], :meeting_ids::uuid[], :numbers::integer[], :write_up::integer[])
        AS wanted (resource_id, blocked, attended, meeting_id, sitting, write_up)
    ORDER BY resource_id, blocked
    RETURNING sitting
), entered AS (
    {enter}
), owed AS (
    {post}
)
{renew};

-- name: change_meeting(meeting, event, live)!
-- The meeting as given, one version on; its items live or not (null: as they were).
WITH stated AS (
    SELECT * FROM jsonb_populate_record(NULL::meeting, :meeting::jsonb)
), changed AS (
    UPDATE meeting m
    SET state = stated.state, starts_at = stated.starts_at, ends_at = stated.ends_at, chair_id = stated.chair_id, room_id = stated.room_id,
        note_taker_id = stated.note_taker_id, police_team_id = stated.police_team_id, police_waived_reason = stated.police_waived_reason,
        venue = stated.venue, remote = stated.remote, needs = stated.needs, provisional_until = stated.provisional_until, override_reason = stated.override_reason,
        version = stated.version
    FROM stated WHERE m.id = stated.id
), items AS (
    UPDATE meeting_item i SET live = :live::boolean FROM stated WHERE i.meeting_id = stated.id AND :live::boolean IS NOT NULL
), event AS (
    SELECT * FROM jsonb_populate_record(NULL::meeting_event, :event::jsonb)
)
INSERT INTO meeting_event (meeting_id, number, at, by, what, reason, details)
SELECT meeting_id, 1 + coalesce((SELECT max(e.number) FROM meeting_event e WHERE e.meeting_id = event.meeting_id), 0), at, by, what, reason, details
FROM event;

-- name: drop_attendance(meeting_id)!
WITH gone AS (DELETE FROM attendee WHERE meeting_id = :meeting_id)
DELETE FROM sitting WHERE meeting_id = :meeting_id;

-- name: drop_people(meeting_id, resources)!
-- Everybody but those whose time is held.
DELETE FROM attendee WHERE meeting_id = :meeting_id AND role <> ALL(:resources::text[]);

-- name: add_people(attendees)!
INSERT INTO attendee SELECT * FROM jsonb_populate_recordset(NULL::attendee, :attendees::jsonb);

-- name: mark_attended(meeting_id, resources, came)!
UPDATE attendee SET attended = role = ANY(:came::text[]) WHERE meeting_id = :meeting_id AND role = ANY(:resources::text[]);

-- name: room(id)^
SELECT seats, features FROM room WHERE resource_id = :id;

-- name: is_illness_induced(child_ids, on_day)$
-- Whether the illness of one of the children may be fabricated or induced, by what is recorded now of that day.
SELECT EXISTS (SELECT FROM child_circumstance c
               WHERE c.child_id = ANY(:child_ids::uuid[]) AND upper_inf(c.recorded) AND c.in_force @> :on_day::date
                 AND 'FABRICATED_OR_INDUCED_ILLNESS' = ANY(c.complexity));

-- name: add_attendance(sittings, attendees)!
WITH seated AS (
    INSERT INTO sitting SELECT * FROM jsonb_populate_recordset(NULL::sitting, :sittings::jsonb)
)
INSERT INTO attendee SELECT * FROM jsonb_populate_recordset(NULL::attendee, :attendees::jsonb);

-- name: drop_holds(meeting_ids, resource_ids, since, sittings)!
-- Of the meetings: all, or those of some resources, or only those that begin at or after an instant, or of some sittings.
DELETE FROM hold
WHERE meeting_id = ANY(:meeting_ids::uuid[]) AND (:resource_ids::uuid[] IS NULL OR resource_id = ANY(:resource_ids::uuid[]))
  AND (:since::timestamptz IS NULL OR lower(blocked) >= :since)
  AND (:sittings::integer[] IS NULL OR sitting = ANY(:sittings::integer[]));

-- name: drop_these_holds(resource_ids, blocked)!
DELETE FROM hold USING unnest(:resource_ids::uuid[], :blocked::tstzrange[]) AS gone (resource_id, blocked)
WHERE hold.resource_id = gone.resource_id AND hold.blocked = gone.blocked;

-- name: add_holds(resource_ids, blocked, attended, meeting_ids, sittings, write_up)!
-- The only statement that takes a resource. Always in the same order, so that of two who want the same the loser waits and is refused.
INSERT INTO hold (resource_id, blocked, attended, meeting_id, sitting, write_up)
SELECT * FROM unnest(:resource_ids::uuid[], :blocked::tstzrange[], :attended::tstzrange[], :meeting_ids::uuid[], :sittings::integer[], :write_up::integer[])
    AS wanted (resource_id, blocked, attended, meeting_id, sitting, write_up)
ORDER BY resource_id, blocked;

-- name: meetings_to_come(child_id, now)
-- Meetings that stand for a child and whose next sitting has not begun.
SELECT DISTINCT i.meeting_id FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id
WHERE i.child_id = :child_id AND i.live AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
  AND EXISTS (SELECT FROM sitting s WHERE s.meeting_id = m.id AND lower(s.during) > :now::timestamptz)
ORDER BY i.meeting_id;

-- name: gone_with_meetings(child_ids, now)$
-- Of the children those who died or were adopted, by the records, and for whom a meeting to come still stands.
SELECT coalesce(array_agg(DISTINCT i.child_id ORDER BY i.child_id), '{}')
FROM child_fact f
JOIN meeting_item i ON i.child_id = f.child_id AND i.live
JOIN meeting m ON m.id = i.meeting_id AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
WHERE f.child_id = ANY(:child_ids::uuid[]) AND upper_inf(f.recorded) AND num_nonnulls(f.died_on, f.adopted_on) > 0
  AND EXISTS (SELECT FROM sitting s WHERE s.meeting_id = m.id AND lower(s.during) > :now::timestamptz);

-- name: take_out(meeting_id, child_id, kind)!
WITH led AS (UPDATE meeting SET kind = :kind WHERE id = :meeting_id)
DELETE FROM meeting_item WHERE meeting_id = :meeting_id AND child_id = :child_id;

-- name: lapsed_meetings(within, obligation_ids, now)
-- Provisional meetings whose time is over and that stand in a span or for an obligation; locked, those that somebody else has are left.
SELECT m.id FROM meeting m
WHERE m.state = 'PROVISIONAL' AND m.provisional_until <= :now::timestamptz
  AND (m.id IN (SELECT h.meeting_id FROM hold h WHERE h.blocked && :within::tstzrange)
       OR m.id IN (SELECT i.meeting_id FROM meeting_item i WHERE i.obligation_id = ANY(:obligation_ids::uuid[]) AND i.live))
ORDER BY m.id
FOR NO KEY UPDATE SKIP LOCKED;

-- name: note_sat(meeting_id, sittings)!
-- Of a meeting that is held: the sittings that took place, with what is said of each; there are no others.
WITH gone AS (DELETE FROM sitting WHERE meeting_id = :meeting_id AND number > jsonb_array_length(:sittings::jsonb))
UPDATE sitting s SET held_on = said.held_on, attended = said.attended
FROM jsonb_populate_recordset(NULL::sitting, :sittings::jsonb) said
WHERE s.meeting_id = :meeting_id AND s.number = said.number;

-- name: next_lapsed(now)$
-- A provisional meeting whose time is over, wherever it stands; locked, those that somebody else has are left.
SELECT id FROM meeting
WHERE state = 'PROVISIONAL' AND provisional_until <= :now::timestamptz
ORDER BY provisional_until, reference
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED;

-- name: meetings_at(resource_ids, durings, now)
-- Meetings, not over, for which a resource must be at work in a stretch.
SELECT DISTINCT h.meeting_id, h.resource_id
FROM unnest(:resource_ids::uuid[], :durings::tstzrange[]) AS absent (resource_id, during)
JOIN hold h ON h.resource_id = absent.resource_id AND h.attended && absent.during AND upper(h.attended) > :now::timestamptz
ORDER BY h.meeting_id, h.resource_id;

-- name: diaries(kinds, chair_id, within, moving, now)
-- Everyone of these kinds (of officers the chair alone, null: all) with when each is at work and blocked: begin and end of each stretch
-- as the driver would be sent them, one after the other in no order, since arrays, and sorting, cost several times as much to hand over.
-- Stretches never overlap. What has lapsed blocks nobody, and nobody writes it up.
WITH back AS (
    SELECT h.resource_id, monday_of(lower(h.attended)) AS monday, sum(h.write_up) AS minutes
    FROM hold h
    WHERE h.write_up > 0
      AND h.meeting_id = ANY(ARRAY(SELECT :moving::uuid UNION ALL
                                   SELECT m.id FROM meeting m WHERE m.state = 'PROVISIONAL' AND m.provisional_until <= :now::timestamptz))
    GROUP BY 1, 2
)
SELECT r.id, r.kind, r.code, room.seats, room.features, place.team_id, team.code AS team_code, taker.write_up_a_week,
       CASE WHEN taker.resource_id IS NOT NULL THEN (
           SELECT jsonb_object_agg(w.monday, w.minutes - coalesce(b.minutes, 0))
           FROM write_up_week w LEFT JOIN back b ON b.resource_id = w.note_taker_id AND b.monday = w.monday
           WHERE w.note_taker_id = r.id AND w.monday BETWEEN monday_of(lower(:within::tstzrange)) AND monday_of(upper(:within::tstzrange))
       ) END AS written,
       (SELECT string_agg(timestamptz_send(lower(a.during)) || timestamptz_send(upper(a.during)), '')
        FROM availability a WHERE a.resource_id = r.id AND a.during && :within::tstzrange) AS at_work,
       (SELECT string_agg(timestamptz_send(lower(h.blocked)) || timestamptz_send(upper(h.blocked)), '')
        FROM hold h
        WHERE h.resource_id = r.id AND h.blocked && :within::tstzrange AND h.meeting_id IS DISTINCT FROM :moving::uuid
          AND h.meeting_id NOT IN (SELECT m.id FROM meeting m WHERE m.state = 'PROVISIONAL' AND m.provisional_until <= :now::timestamptz)) AS busy
FROM resource r
LEFT JOIN room ON room.resource_id = r.id
LEFT JOIN police_place place ON place.resource_id = r.id
LEFT JOIN police_team team ON team.id = place.team_id
LEFT JOIN note_taker taker ON taker.resource_id = r.id
WHERE r.kind = ANY(:kinds::text[]) AND (r.kind <> 'IRO' OR :chair_id::uuid IS NULL OR r.id = :chair_id) AND (place.number IS NULL OR place.number <= team.capacity)
ORDER BY r.kind, room.seats, r.code;

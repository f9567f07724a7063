-- What must not be there, each as rows with one line of text. Read from the tables alone, by nothing of the product.

-- name: overlap
-- Two holds of one resource at one time: a join of the table with itself.
SELECT r.code || ' at ' || lower(a.blocked) FROM hold a
JOIN hold b ON a.resource_id = b.resource_id AND a.blocked && b.blocked AND a.ctid < b.ctid
JOIN resource r ON r.id = a.resource_id;

-- name: off_work
-- Held although not at work, or absent.
SELECT r.code || ' at ' || lower(h.attended) FROM hold h JOIN resource r ON r.id = h.resource_id
WHERE NOT coalesce(h.attended <@ (SELECT range_agg(a.during) FROM availability a WHERE a.resource_id = h.resource_id), false)
   OR EXISTS (SELECT FROM absence a WHERE a.resource_id = h.resource_id AND a.during && h.attended);

-- name: offers
-- In the evening, which is in nobody's weekly pattern, those are there who offered that, but for their absences; and nobody else.
-- Rooms are open then.
WITH evening AS (
    SELECT range_agg(tstzrange((day + time '17:00') AT TIME ZONE 'Europe/London', (day + time '24:00') AT TIME ZONE 'Europe/London')) AS spans
    FROM (SELECT DISTINCT (lower(during) AT TIME ZONE 'Europe/London')::date AS day FROM availability) days
), time AS (
    SELECT r.code, coalesce((SELECT range_agg(during) FROM availability a WHERE a.resource_id = r.id), '{}') AS there,
           coalesce((SELECT range_agg(during) FROM offered_time o WHERE o.resource_id = r.id), '{}')
           - coalesce((SELECT range_agg(during) FROM absence a WHERE a.resource_id = r.id), '{}') AS offered
    FROM resource r WHERE r.kind <> 'ROOM'
)
SELECT code FROM time, evening WHERE there * spans <> offered * spans;

-- name: holds
-- A meeting that stands holds each of its cast once for each sitting, around its time; one that does not stand holds nothing.
WITH stated AS (
    SELECT m.id, s.number, array_remove(ARRAY[m.chair_id, m.room_id, m.note_taker_id, m.police_team_id], NULL) AS wanted
    FROM meeting m JOIN sitting s ON s.meeting_id = m.id WHERE m.state IN ('PROVISIONAL', 'CONFIRMED')
), taken AS (
    SELECT h.meeting_id, h.sitting, array_agg(coalesce(p.team_id, h.resource_id)) AS held, bool_and(h.blocked @> s.during) AS around
    FROM hold h LEFT JOIN sitting s ON s.meeting_id = h.meeting_id AND s.number = h.sitting
    LEFT JOIN police_place p ON p.resource_id = h.resource_id GROUP BY h.meeting_id, h.sitting
)
SELECT m.reference || ' is ' || m.state || ', sitting ' || coalesce(s.number, t.sitting) FROM stated s
FULL JOIN taken t ON t.meeting_id = s.id AND t.sitting = s.number JOIN meeting m ON m.id = coalesce(s.id, t.meeting_id)
WHERE (SELECT array_agg(x ORDER BY x) FROM unnest(s.wanted) x) IS DISTINCT FROM (SELECT array_agg(x ORDER BY x) FROM unnest(t.held) x)
   OR NOT coalesce(t.around, true);

-- name: cast
-- A conference has, or says that it lacks, chair, room, note-taker and police; a review its chair.
SELECT m.reference || ' of kind ' || m.kind FROM meeting m
WHERE num_nonnulls(m.chair_id, m.room_id, m.note_taker_id, m.police_team_id) + cardinality(m.needs)
      <> CASE m.kind WHEN 'INITIAL_CONFERENCE' THEN 4 ELSE 1 END;

-- name: write_up
-- What is counted in a note-taker's week is twice the length of the sittings that she has then, and no more than she could do.
SELECT r.code || ' in the week of ' || coalesce(w.monday, s.monday) FROM write_up_week w
FULL JOIN (
    SELECT m.note_taker_id, date_trunc('week', lower(s.during) AT TIME ZONE 'Europe/London')::date AS monday,
           sum(2 * extract(epoch FROM upper(s.during) - lower(s.during)) / 60) AS minutes
    FROM meeting m JOIN sitting s ON s.meeting_id = m.id
    WHERE m.state IN ('PROVISIONAL', 'CONFIRMED') AND m.note_taker_id IS NOT NULL GROUP BY 1, 2
) s ON s.note_taker_id = w.note_taker_id AND s.monday = w.monday
JOIN resource r ON r.id = coalesce(w.note_taker_id, s.note_taker_id)
WHERE coalesce(w.minutes, 0) <> coalesce(s.minutes, 0) OR w.minutes > w.most;

-- name: sittings
-- The first when the meeting is, the others after it in order; somebody whom it is about, and those of its cast who come.
SELECT m.reference FROM meeting m
WHERE (SELECT during FROM sitting s WHERE s.meeting_id = m.id AND s.number = 1) IS DISTINCT FROM tstzrange(m.starts_at, m.ends_at)
   OR (SELECT array_agg(s.number ORDER BY lower(s.during), s.number) FROM sitting s WHERE s.meeting_id = m.id)
      IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, (SELECT count(*)::integer FROM sitting s WHERE s.meeting_id = m.id)) n)
   OR EXISTS (SELECT FROM sitting a JOIN sitting b USING (meeting_id) WHERE a.meeting_id = m.id AND a.number < b.number AND a.during && b.during)
   OR NOT EXISTS (SELECT FROM meeting_item i WHERE i.meeting_id = m.id)
   OR (num_nonnulls(m.chair_id, m.note_taker_id, m.police_team_id) > 0 AND NOT EXISTS (SELECT FROM attendee a WHERE a.meeting_id = m.id));

-- name: events
-- Each version of a meeting has one line of history and one in the audit: no change is lost, none is there twice.
SELECT m.reference || ' at version ' || m.version FROM meeting m
WHERE (SELECT array_agg(e.number ORDER BY e.number) FROM meeting_event e WHERE e.meeting_id = m.id)
      IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, m.version) n)
   OR (SELECT count(*) FROM audit_event a WHERE a.subject = 'meeting:' || m.id) <> m.version;

-- name: notices
-- Each of the cast has a calendar entry for each sitting, which shows the time; who left was told so; the sequence of each rises by one,
-- and all of it was owed.
WITH told AS (
    SELECT c.meeting_id, c.sitting, c.uid, c.owner_id, c.cancelled, c.sequence, tstzrange(c.starts_at, c.ends_at) AS shown,
           (SELECT array_agg(n.sequence ORDER BY n.sequence) FROM notice n WHERE n.uid = c.uid) AS owed,
           (SELECT n.method FROM notice n WHERE n.uid = c.uid AND n.sequence = c.sequence) AS method
    FROM calendar_entry c
), stated AS (
    SELECT m.id, s.number, x.owner_id, s.during FROM meeting m JOIN sitting s ON s.meeting_id = m.id,
           unnest(ARRAY[m.chair_id, m.room_id, m.note_taker_id, m.police_team_id]) AS x (owner_id)
    WHERE m.state = 'CONFIRMED' AND x.owner_id IS NOT NULL
)
SELECT coalesce(t.uid, s.id::text || ' tells ' || s.owner_id || ' of sitting ' || s.number) FROM told t
FULL JOIN stated s ON s.id = t.meeting_id AND s.number = t.sitting AND s.owner_id = t.owner_id AND NOT t.cancelled
WHERE (s.id IS NULL AND NOT t.cancelled) OR t.uid IS NULL
   OR t.owed IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(0, t.sequence) n)
   OR t.method IS DISTINCT FROM CASE WHEN t.cancelled THEN 'CANCEL' ELSE 'REQUEST' END
   OR NOT t.shown @> s.during
   OR NOT EXISTS (SELECT FROM diary_version d WHERE d.owner_id = t.owner_id);

-- name: keys
-- A request key has its answer, the answer its meeting, and a meeting the one key that booked it.
SELECT k.key FROM request_key k LEFT JOIN meeting m ON m.id::text = k.answer ->> 'meeting_id'
WHERE k.answer IS NULL OR (k.answer ? 'meeting_id' AND m.id IS NULL)
UNION ALL
SELECT m.reference FROM meeting m WHERE NOT EXISTS (SELECT FROM request_key k WHERE k.answer ->> 'meeting_id' = m.id::text);

-- name: items
-- What is owed stands booked once at most.
SELECT o.id::text FROM obligation o JOIN meeting_item i ON i.obligation_id = o.id AND i.live GROUP BY o.id HAVING count(*) > 1;

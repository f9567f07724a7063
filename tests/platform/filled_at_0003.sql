-- Confirmed in two weeks, held in the night of a summer's Monday, adjourned once, and longer than a half-time note-taker can write.
INSERT INTO resource (id, kind, code, name) VALUES
    ('00000000-0000-0000-0000-00000000000a', 'NOTE_TAKER', 'NT-01', 'full time'),
    ('00000000-0000-0000-0000-00000000000b', 'NOTE_TAKER', 'NT-02', 'half time'),
    ('00000000-0000-0000-0000-00000000000c', 'NOTE_TAKER', 'NT-03', 'of whom no hours are stated'),
    ('00000000-0000-0000-0000-00000000000d', 'ROOM', 'ROOM-A', 'a room');
INSERT INTO note_taker (resource_id) SELECT id FROM resource WHERE kind = 'NOTE_TAKER';
INSERT INTO contract (resource_id, in_force, wte)
SELECT id, '[2020-01-01,)', CASE code WHEN 'NT-01' THEN 1 ELSE 0.5 END FROM resource WHERE code IN ('NT-01', 'NT-02');
INSERT INTO contract (resource_id, in_force, wte) SELECT id, '[2019-01-01,2020-01-01)', 0.2 FROM resource WHERE code = 'NT-01';
INSERT INTO availability (resource_id, during) SELECT id, '[2026-01-01 00:00+00,2027-01-01 00:00+00)' FROM resource;
INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at)
SELECT ('00000000-0000-0000-0000-0000000001' || number)::uuid, 'M-' || number, 'INITIAL_CONFERENCE', state, '2026-09-08 09:00+00', '2026-09-08 11:00+00'
FROM (VALUES ('01', 'CONFIRMED'), ('02', 'HELD'), ('03', 'ADJOURNED'), ('04', 'CONFIRMED')) AS known (number, state);
INSERT INTO sitting (meeting_id, number, during)
SELECT m.id, s.number, s.during::tstzrange FROM (VALUES
    ('M-01', 1, '[2026-09-08 09:00+00,2026-09-08 11:00+00)'), ('M-01', 2, '[2026-09-15 09:00+00,2026-09-15 09:45+00)'),
    ('M-02', 1, '[2026-07-05 23:30+00,2026-07-06 00:30+00)'),
    ('M-03', 1, '[2026-09-09 09:00+00,2026-09-09 11:00+00)'), ('M-03', 2, '[2026-09-10 09:00+00,2026-09-10 11:00+00)'),
    ('M-04', 1, '[2026-09-08 12:00+00,2026-09-08 17:30+00)')) AS s (reference, number, during) JOIN meeting m USING (reference);
INSERT INTO hold (resource_id, blocked, attended, meeting_id, sitting)
SELECT r.id, tstzrange(lower(s.during) - interval '30 minutes', upper(s.during)), tstzrange(lower(s.during) - interval '30 minutes', upper(s.during)),
       s.meeting_id, s.number
FROM sitting s JOIN meeting m ON m.id = s.meeting_id
JOIN resource r ON r.code = CASE m.reference WHEN 'M-04' THEN 'NT-02' WHEN 'M-02' THEN 'NT-03' ELSE 'NT-01' END
WHERE (m.reference, s.number) <> ('M-03', 1);
INSERT INTO hold (resource_id, blocked, attended, meeting_id, sitting)
SELECT r.id, s.during, s.during, s.meeting_id, s.number FROM sitting s JOIN meeting m ON m.id = s.meeting_id JOIN resource r ON r.code = 'ROOM-A'
WHERE m.reference = 'M-01';
INSERT INTO meeting_event (meeting_id, number, at, by, what)
SELECT id, 1, '2026-09-09 12:00+00', 'somebody', CASE reference WHEN 'M-03' THEN 'ADJOURNED' ELSE 'BOOKED' END FROM meeting;
INSERT INTO calendar_entry (uid, meeting_id, addressee_kind, addressee_code, owner_id, sequence, starts_at, ends_at, view, vevent, changed_at)
SELECT reference, id, 'NOTE_TAKER', 'NT-01', '00000000-0000-0000-0000-00000000000a', 0, starts_at, ends_at, '{}', '', starts_at FROM meeting;
INSERT INTO attendee (meeting_id, number, role, arrives_at, required) SELECT id, 1, 'POLICE', starts_at, true FROM meeting WHERE reference = 'M-01';

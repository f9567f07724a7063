-- name: due_meetings(hour, most)
-- Meetings whose papers are to be looked at, each locked until the transaction ends; those that somebody is changing come later.
-- So is when to look: who asks for a look meanwhile asks for another one.
SELECT m.id
FROM paper_trail t JOIN meeting m ON m.id = t.meeting_id
WHERE t.look_at <= :hour AND t.look_at < 'infinity'
ORDER BY t.look_at
LIMIT :most
FOR NO KEY UPDATE OF t, m SKIP LOCKED;

-- name: meetings(ids)
SELECT m.id, m.reference, m.state, m.chair_id, m.note_taker_id, m.police_team_id, kinds.of AS kinds,
       coalesce(sat.starts, ARRAY[m.starts_at]) AS starts, coalesce(sat.ends, ARRAY[m.ends_at]) AS ends,
       coalesce(sat.held, ARRAY[NULL::date]) AS held
FROM meeting m
CROSS JOIN LATERAL (SELECT array_agg(DISTINCT kind) AS of
                    FROM (SELECT m.kind UNION SELECT i.kind FROM meeting_item i WHERE i.meeting_id = m.id) AS each) AS kinds
CROSS JOIN LATERAL (SELECT array_agg(lower(s.during) ORDER BY s.number) AS starts, array_agg(upper(s.during) ORDER BY s.number) AS ends,
                           array_agg(s.held_on ORDER BY s.number) AS held
                    FROM sitting s WHERE s.meeting_id = m.id) AS sat
WHERE m.id = ANY(:ids::uuid[]);

-- name: look_again(ids, looks, hour)!
-- In order, as senders and settings that ask for a look.
WITH looked AS (SELECT meeting_id FROM paper_trail WHERE meeting_id = ANY(:ids::uuid[]) ORDER BY meeting_id FOR NO KEY UPDATE)
UPDATE paper_trail t SET look_at = coalesce(again.look_at, 'infinity'), looked_at = :hour
FROM looked JOIN unnest(:ids::uuid[], :looks::timestamptz[]) AS again (meeting_id, look_at) USING (meeting_id)
WHERE t.meeting_id = looked.meeting_id;

-- name: look_at_all(since)!
-- In order, as those who change several meetings.
WITH looked AS (
    SELECT t.meeting_id FROM paper_trail t
    WHERE EXISTS (SELECT FROM meeting m WHERE m.id = t.meeting_id AND m.ends_at >= :since)
    ORDER BY t.meeting_id FOR NO KEY UPDATE
)
UPDATE paper_trail t SET look_at = '-infinity' FROM looked WHERE t.meeting_id = looked.meeting_id;

-- name: look_by_settings(today, since)!
-- What was looked at last before the day on which one of these settings began to hold, or ceased to. In order, as above.
WITH turned AS (
    SELECT max(day)::timestamp AT TIME ZONE 'Europe/London' AS at
    FROM setting CROSS JOIN LATERAL (VALUES (lower(in_force)), (upper(in_force))) AS turn (day)
    WHERE key IN ('paper_trail', 'calendar') AND day <= :today
), looked AS (
    SELECT t.meeting_id FROM paper_trail t
    WHERE t.looked_at < (SELECT at FROM turned) AND t.look_at > '-infinity'
      AND EXISTS (SELECT FROM meeting m WHERE m.id = t.meeting_id AND m.ends_at >= :since)
    ORDER BY t.meeting_id FOR NO KEY UPDATE
)
UPDATE paper_trail t SET look_at = '-infinity' FROM looked WHERE t.meeting_id = looked.meeting_id;

-- name: tasks_of(ids)
SELECT id, meeting_id, kind, whose, owner_id, runs_from, due_at, due_on, round, done_at IS NOT NULL AS done, lapsed
FROM paper_task
WHERE meeting_id = ANY(:ids::uuid[])
ORDER BY meeting_id, kind
FOR NO KEY UPDATE;

-- name: raise_task(id, meeting_id, kind, whose, owner_id, runs_from, due_at, due_on, now)!
INSERT INTO paper_task (id, meeting_id, kind, whose, owner_id, runs_from, due_at, due_on, raised_at)
VALUES (:id, :meeting_id, :kind, :whose, :owner_id, :runs_from, :due_at, :due_on, :now);

-- name: restate_task(id, whose, owner_id, runs_from, due_at, due_on, now, anew)!
-- `anew`: it is to be done (again).
UPDATE paper_task
SET whose = :whose, owner_id = :owner_id, runs_from = :runs_from, due_at = :due_at, due_on = :due_on, lapsed = false,
    round = round + :anew::boolean::integer, raised_at = CASE WHEN :anew::boolean OR lapsed THEN :now ELSE raised_at END,
    done_at = CASE WHEN NOT :anew::boolean THEN done_at END, done_by = CASE WHEN NOT :anew::boolean THEN done_by END
WHERE id = :id;

-- name: lapse_task(id)!
UPDATE paper_task SET lapsed = true WHERE id = :id;

-- name: finish_task(id, now, by)$
UPDATE paper_task SET done_at = :now, done_by = :by WHERE id = :id AND done_at IS NULL AND NOT lapsed RETURNING id;

-- name: reopen_task(id, due_at, due_on, now, by)!
UPDATE paper_task SET done_at = NULL, done_by = NULL, raised_at = :now, due_at = :due_at, due_on = :due_on WHERE id = :id AND done_by = :by;

-- name: shown_task(id)^
SELECT t.id, m.reference, t.owner_id, t.due_at, t.due_on, t.done_at IS NOT NULL OR t.lapsed AS over
FROM paper_task t JOIN meeting m ON m.id = t.meeting_id
WHERE t.id = :id;

-- name: entries_of(task_ids)
SELECT uid, task_id, owner_id, sequence, cancelled, due_at, due_on
FROM task_entry
WHERE task_id = ANY(:task_ids::uuid[])
ORDER BY task_id, uid
FOR NO KEY UPDATE;

-- name: write_entries(uids, task_ids, owners, sequences, cancelled, due_ats, due_ons, starts, events, now)!
-- Entries as they are from now on, and the next version of each owner's diary: in order of owner, as every statement that gives them one.
WITH entered AS (
    INSERT INTO task_entry (uid, task_id, owner_id, sequence, cancelled, due_at, due_on, starts_at, vevent, changed_at)
    SELECT *, :now::timestamptz
    FROM unnest(:uids::text[], :task_ids::uuid[], :owners::uuid[], :sequences::integer[], :cancelled::boolean[], :due_ats::timestamptz[],
                :due_ons::date[], :starts::timestamptz[], :events::text[])
    ON CONFLICT (uid) DO UPDATE
    SET sequence = excluded.sequence, cancelled = excluded.cancelled, due_at = excluded.due_at, due_on = excluded.due_on,
        starts_at = excluded.starts_at, vevent = excluded.vevent, changed_at = excluded.changed_at
)
INSERT INTO diary_version AS diary (owner_id, version, changed_at)
SELECT DISTINCT owner_id, 1, :now::timestamptz FROM unnest(:owners::uuid[]) AS owner (owner_id) ORDER BY owner_id
ON CONFLICT (owner_id) DO UPDATE SET version = diary.version + 1, changed_at = greatest(diary.changed_at + interval '1 second', excluded.changed_at);

-- name: invited(meeting_id, kinds, starts_at)
-- Who was told last to come to the sitting that begins then, with an address, and since when.
SELECT e.uid, e.sequence, e.addressee_kind, e.email, e.starts_at, e.ends_at, e.view ->> 'location' AS location, e.changed_at
FROM calendar_entry e LEFT JOIN sitting s ON s.meeting_id = e.meeting_id AND s.number = e.sitting
WHERE e.meeting_id = :meeting_id AND NOT e.cancelled AND e.email IS NOT NULL AND e.addressee_kind = ANY(:kinds::text[])
  AND coalesce(lower(s.during), :starts_at) = :starts_at
ORDER BY e.addressee_kind, e.addressee_code;

-- name: reporting_roles(meeting_id)
-- Who is asked to come, by role, without those whose time the unit holds.
SELECT DISTINCT role FROM attendee
WHERE meeting_id = :meeting_id AND (required OR invited) AND consent <> 'REFUSED' AND role NOT IN ('CHAIR', 'NOTE_TAKER', 'POLICE')
ORDER BY role;

-- name: mailed(meeting_id, paper, round)
-- To which addresses it is owed, or went, already.
SELECT email FROM letter WHERE meeting_id = :meeting_id AND paper = :paper AND round = :round AND state <> 'SUPERSEDED';

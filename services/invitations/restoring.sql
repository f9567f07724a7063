-- name: database_named()$
-- Which database this is: a restored one has another name. Of files: the cluster and its timeline; of a dump: the tables.
SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()),
                 (SELECT oid FROM pg_database WHERE datname = current_database()), 'calendar_entry'::regclass::oid);

-- name: restored_at(restored)$
SELECT max(at) FROM restoration WHERE restored = :restored;

-- name: last_trace()$
SELECT greatest((SELECT max(changed_at) FROM calendar_entry), (SELECT max(greatest(owed_at, tried_at, sent_at)) FROM notice),
                (SELECT max(greatest(owed_at, tried_at, sent_at)) FROM letter), (SELECT max(at) FROM meeting_event));

-- name: one_at_a_time()!
SELECT pg_advisory_xact_lock(7265519);

-- name: entries()
-- Every entry, locked: first those of meetings that come first.
SELECT e.uid, e.sitting, e.addressee_kind, e.addressee_code, e.owner_id, e.email, e.sequence, e.cancelled, e.starts_at, e.ends_at,
       e.view ->> 'location' AS location, e.changed_at, m.reference, m.kind,
       EXISTS (SELECT FROM notice n WHERE n.uid = e.uid AND n.state = 'OWED') AS waits,
       ARRAY(SELECT n.email FROM notice n WHERE n.uid = e.uid AND n.state = 'OWED' AND n.method = 'CANCEL'
             AND lower(n.email) IS DISTINCT FROM lower(e.email) ORDER BY n.sequence) AS left_addresses
FROM calendar_entry e JOIN meeting m ON m.id = e.meeting_id
ORDER BY m.starts_at, m.reference, e.addressee_kind, e.addressee_code, e.sitting
FOR NO KEY UPDATE OF e;

-- name: withdraw_owed(uids)!
UPDATE notice SET state = 'SUPERSEDED' WHERE state = 'OWED' AND uid = ANY(:uids::text[]);

-- name: lift(uids, sequences, events, changed)!
UPDATE calendar_entry e SET sequence = lifted.sequence, vevent = lifted.vevent, changed_at = lifted.changed_at
FROM unnest(:uids::text[], :sequences::integer[], :events::text[], :changed::timestamptz[]) AS lifted (uid, sequence, vevent, changed_at)
WHERE e.uid = lifted.uid;

-- Tasks are mailed to nobody: their events are the same, under higher numbers.
-- name: lift_tasks(step)!
UPDATE task_entry
SET sequence = sequence + :step, vevent = regexp_replace(vevent, E'\r\nSEQUENCE:[0-9]+', E'\r\nSEQUENCE:' || (sequence + :step))
WHERE :step > 0;

-- name: owe(ids, uids, sequences, methods, emails, message_ids, messages, states, refusals, now)!
INSERT INTO notice (id, uid, sequence, method, email, message_id, message, state, refusal, owed_at, next_attempt_at)
SELECT id, uid, sequence, method, email, message_id, message, state, refusal, :now, :now
FROM unnest(:ids::uuid[], :uids::text[], :sequences::integer[], :methods::text[], :emails::text[], :message_ids::text[], :messages::bytea[],
            :states::text[], :refusals::text[]) AS owed (id, uid, sequence, method, email, message_id, message, state, refusal);

-- Whatever a calendar has fetched since the backup is another diary than this one: every feed and every free/busy time is new.
-- name: renew_diaries(now)!
WITH forgotten AS (
    UPDATE calendar_feed SET busy_hash = NULL, busy_since = NULL WHERE busy_hash IS NOT NULL
)
INSERT INTO diary_version AS diary (owner_id, version, changed_at)
SELECT owner_id, 1, :now::timestamptz
FROM (SELECT id AS owner_id FROM resource UNION SELECT id FROM police_team UNION SELECT owner_id FROM calendar_entry) AS owner
ORDER BY owner_id
ON CONFLICT (owner_id) DO UPDATE SET version = diary.version + 1, changed_at = greatest(diary.changed_at + interval '1 second', excluded.changed_at);

-- Transaction numbers of the lost database mean nothing in this one.
-- name: forget_changes()!
DELETE FROM diary_change;

-- name: withdrawn_already(abouts)
SELECT about FROM letter WHERE about = ANY(:abouts::text[]);

-- name: keep(restored, now, by, step, entries, notices, withdrawn)!
INSERT INTO restoration (restored, at, by, step, entries, notices, withdrawn)
VALUES (:restored, :now, :by, :step, :entries, :notices, :withdrawn);

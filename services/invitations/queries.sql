-- What addressees of one meeting were told last. Locked: two changes of one meeting follow one another.
-- name: entries_of_meeting(meeting_id)
SELECT uid, sitting, addressee_kind, addressee_code, owner_id, email, sequence, cancelled, starts_at, ends_at, view ->> 'location' AS location
FROM calendar_entry
WHERE meeting_id = :meeting_id
FOR NO KEY UPDATE;

-- name: kind_of(meeting_id)$
SELECT kind FROM meeting WHERE id = :meeting_id;

-- name: entries_as_told(meeting_ids)
SELECT meeting_id, uid, sitting, addressee_kind, addressee_code, owner_id, email, sequence, cancelled, starts_at, ends_at, view ->> 'location' AS location
FROM calendar_entry
WHERE meeting_id = ANY(:meeting_ids::uuid[]);

-- Whatever was owed before something newer is, but for what tells an address that is the addressee's no more to forget the meeting.
-- One that a sender has in hand is left to it: nobody waits for a mail server.
-- name: supersede(uids, emails)!
WITH stale AS (
    SELECT notice.id
    FROM notice JOIN unnest(:uids::text[], :emails::text[]) AS now_at (uid, email) ON now_at.uid = notice.uid
    WHERE notice.state = 'OWED' AND (notice.method = 'REQUEST' OR lower(notice.email) = lower(now_at.email))
    FOR NO KEY UPDATE OF notice SKIP LOCKED
)
UPDATE notice SET state = 'SUPERSEDED' FROM stale WHERE notice.id = stale.id;

-- Where addressees may have heard something: what was tried, or is in a sender's hand.
-- name: told_at(uids)
SELECT DISTINCT uid, lower(email) AS email
FROM notice
WHERE uid = ANY(:uids::text[]) AND (tried_at IS NOT NULL OR state IN ('OWED', 'SENT'));

-- Entries of a meeting as they are from now on, new ones and known ones. When the meeting itself is (`begins`, `ends`) is kept where it is
-- not said anew: of what is cancelled it is as it was.
-- name: enter(meeting_id, now, entries)!
INSERT INTO calendar_entry (uid, meeting_id, addressee_kind, addressee_code, owner_id, email, sequence, cancelled, starts_at, ends_at, view,
                            vevent, changed_at, sitting)
SELECT uid, :meeting_id, kind, code, owner_id, email, sequence, cancelled, starts_at, ends_at, jsonb_strip_nulls(jsonb_build_object('location', location, 'begins', begins, 'ends', ends)), vevent, :now, sitting
FROM jsonb_to_recordset(:entries::jsonb)
     AS entry (uid text, kind text, code text, owner_id uuid, email text, sequence integer, cancelled boolean, starts_at timestamptz,
               ends_at timestamptz, location text, begins timestamptz, ends timestamptz, vevent text, sitting integer)
ON CONFLICT (uid) DO UPDATE
SET owner_id = excluded.owner_id, email = excluded.email, sequence = excluded.sequence, cancelled = excluded.cancelled,
    starts_at = excluded.starts_at, ends_at = excluded.ends_at, view = calendar_entry.view || excluded.view, vevent = excluded.vevent, changed_at = excluded.changed_at;

-- The notices owed of them.
-- name: post(now, notices, messages)!
INSERT INTO notice (id, uid, sequence, method, email, message_id, message, state, refusal, owed_at, next_attempt_at)
SELECT id, uid, sequence, method, email, message_id, message, state, refusal, :now, :now
FROM ROWS FROM (
    jsonb_to_recordset(:notices::jsonb) AS (id uuid, uid text, sequence integer, method text, email text, message_id text, state text, refusal text),
    unnest(:messages::bytea[])
) AS owed (id, uid, sequence, method, email, message_id, state, refusal, message);

-- The next version of each owner's diary, once the rest is done. In order of owner, so that two bookings do not wait for one another
-- crosswise. Two versions never share a second: Last-Modified tells no smaller step.
-- name: renew(now, owners)!
INSERT INTO diary_version AS diary (owner_id, version, changed_at)
SELECT DISTINCT owner_id, 1, :now::timestamptz FROM unnest(:owners::uuid[]) AS owner (owner_id) WHERE {the_rest_is_done} ORDER BY owner_id
ON CONFLICT (owner_id) DO UPDATE SET version = diary.version + 1, changed_at = greatest(diary.changed_at + interval '1 second', excluded.changed_at);

-- All of it in one statement.
-- name: write_owed(meeting_id, now, entries, notices, messages, owners)!
WITH entered AS (
    {enter}
), owed AS (
    {post}
)
{renew};

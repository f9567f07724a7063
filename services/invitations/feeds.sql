-- name: resource_of_code(kind, code)$
SELECT id FROM resource WHERE kind = :kind AND code = :code;

-- name: police_team_of_code(code)$
SELECT id FROM police_team WHERE code = :code;

-- name: add_feed(id, scope, code, owner_id, token_hash, issued_by, now, free_busy_only)!
INSERT INTO calendar_feed (id, scope, code, owner_id, token_hash, issued_by, issued_at, free_busy_only)
VALUES (:id, :scope, :code, :owner_id, :token_hash, :issued_by, :now, :free_busy_only);

-- name: revoke_feed(id, now, everything, own, scopes)$
UPDATE calendar_feed
SET revoked_at = coalesce(revoked_at, :now)
WHERE id = :id AND (:everything::boolean OR owner_id = :own OR scope = ANY(:scopes::text[]))
RETURNING id;

-- Of each address its live feed; one that is the same asked of two days is answered for each.
-- name: feeds_of(token_hashes, days)
SELECT asked.token_hash, asked.day, feed.id, feed.owner_id, feed.free_busy_only, feed.busy_hash, feed.busy_since, feed.last_fetched_at,
       feed.fetched_version, coalesce(own.version, every.version, 0) AS version, coalesce(own.changed_at, every.changed_at) AS changed_at
FROM unnest(:token_hashes::bytea[], :days::date[]) AS asked (token_hash, day)
JOIN calendar_feed AS feed ON feed.token_hash = asked.token_hash AND feed.revoked_at IS NULL
LEFT JOIN diary_version AS own ON own.owner_id = feed.owner_id
LEFT JOIN LATERAL (SELECT sum(version)::bigint AS version, max(changed_at) AS changed_at FROM diary_version) AS every ON feed.owner_id IS NULL
WHERE NOT EXISTS (SELECT FROM resource WHERE resource.id = feed.owner_id AND NOT resource.active @> asked.day)
  AND NOT EXISTS (SELECT FROM police_team WHERE police_team.id = feed.owner_id AND police_team.capacity = 0);

-- name: note_fetch(id, now, version)!
UPDATE calendar_feed
SET last_fetched_at = greatest(last_fetched_at, :now), fetched_version = greatest(fetched_version, :version)
WHERE id = :id;

-- Those of them that nobody else has locked: who waits for one of many would make all of them wait.
-- name: note_fetches(ids, versions, instants)
WITH fetched AS (
    SELECT id, max(version) AS version, max(instant) AS instant
    FROM unnest(:ids::uuid[], :versions::bigint[], :instants::timestamptz[]) AS each (id, version, instant)
    GROUP BY id
), free AS (
    SELECT feed.id FROM calendar_feed AS feed JOIN fetched USING (id) FOR NO KEY UPDATE OF feed SKIP LOCKED
)
UPDATE calendar_feed AS feed
SET last_fetched_at = greatest(feed.last_fetched_at, fetched.instant), fetched_version = greatest(feed.fetched_version, fetched.version)
FROM fetched JOIN free USING (id)
WHERE feed.id = fetched.id
RETURNING feed.id;

-- name: events_of_owner(owner_id, begins, ends, cancelled_since)$
SELECT convert_to(string_agg(vevent, '' ORDER BY starts_at, uid), 'UTF8')
FROM (
    SELECT vevent, starts_at, uid FROM calendar_entry
    WHERE owner_id = :owner_id AND starts_at >= :begins AND starts_at < :ends AND (NOT cancelled OR changed_at >= :cancelled_since)
    UNION ALL
    SELECT vevent, starts_at, uid FROM task_entry
    WHERE owner_id = :owner_id AND starts_at >= :begins AND starts_at < :ends AND (NOT cancelled OR changed_at >= :cancelled_since)
) AS shown;

-- One event a sitting, and when the sitting itself is: when its chair arrives is the chair's. The kinds of addressee happen to sort as
-- wanted: IRO, note-taker, police, room desk.
-- name: events_of_unit(begins, ends, cancelled_since)
SELECT vevent, begins, ends
FROM (
    SELECT DISTINCT ON (meeting_id, sitting) vevent, (view ->> 'begins')::timestamptz AS begins, (view ->> 'ends')::timestamptz AS ends, starts_at, uid
    FROM calendar_entry
    WHERE starts_at >= :begins AND starts_at < :ends AND (NOT cancelled OR changed_at >= :cancelled_since)
    ORDER BY meeting_id, sitting, cancelled, addressee_kind, uid
) AS shown
ORDER BY coalesce(begins, starts_at), uid;

-- Two never share a second: Last-Modified tells no smaller step.
-- name: note_busy(id, digest, now)$
UPDATE calendar_feed
SET busy_since = CASE WHEN busy_hash IS DISTINCT FROM :digest THEN greatest(busy_since + interval '1 second', :now) ELSE busy_since END,
    busy_hash = :digest
WHERE id = :id
RETURNING busy_since;

-- name: held_of(owner_id, starts_at, ends_at)
SELECT hold.blocked, meeting.state = 'PROVISIONAL' AS provisional
FROM hold JOIN meeting ON meeting.id = hold.meeting_id
WHERE (hold.resource_id = :owner_id OR hold.resource_id IN (SELECT resource_id FROM police_place WHERE team_id = :owner_id))
  AND hold.blocked && tstzrange(:starts_at, :ends_at);

-- Places beyond the capacity of a team are nobody's.
-- name: at_work(owner_id, starts_at, ends_at)
SELECT availability.during
FROM availability
WHERE (availability.resource_id = :owner_id
       OR availability.resource_id IN (SELECT place.resource_id FROM police_place AS place JOIN police_team AS team ON team.id = place.team_id
                                       WHERE team.id = :owner_id AND place.number <= team.capacity))
  AND availability.during && tstzrange(:starts_at, :ends_at);

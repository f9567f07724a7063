-- name: entries(since)
SELECT {told}
FROM calendar_entry e JOIN meeting m ON m.id = e.meeting_id
WHERE e.starts_at >= :since
ORDER BY m.starts_at, m.reference, e.addressee_kind, e.addressee_code, e.sitting
FOR NO KEY UPDATE OF e;

-- name: entries_of(meeting_ids)
SELECT {told}
FROM calendar_entry e JOIN meeting m ON m.id = e.meeting_id
WHERE e.meeting_id = ANY(:meeting_ids::uuid[]);

-- Those that are still as they were before, and that nobody else is writing. Diaries in order of owner, as every other statement that
-- gives them a new version.
-- name: show(uids, before, events, owners, now)!
WITH mine AS (
    SELECT e.uid, anew.vevent
    FROM calendar_entry e JOIN unnest(:uids::text[], :before::text[], :events::text[]) AS anew (uid, before, vevent) USING (uid)
    WHERE e.vevent = anew.before
    FOR NO KEY UPDATE OF e SKIP LOCKED
), shown AS (
    UPDATE calendar_entry e SET vevent = mine.vevent FROM mine WHERE e.uid = mine.uid
)
INSERT INTO diary_version AS diary (owner_id, version, changed_at)
SELECT DISTINCT owner_id, 1, :now::timestamptz FROM unnest(:owners::uuid[]) AS owner (owner_id) ORDER BY owner_id
ON CONFLICT (owner_id) DO UPDATE SET version = diary.version + 1, changed_at = greatest(diary.changed_at + interval '1 second', excluded.changed_at);

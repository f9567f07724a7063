-- Of all meetings, or of those alone whose kind came to be another by the records.
-- name: entries(since, rekinded)
SELECT e.uid, e.sitting, e.addressee_kind, e.addressee_code, e.owner_id, e.email, e.sequence, e.cancelled, e.starts_at, e.ends_at,
       e.view ->> 'location' AS location, e.changed_at, e.vevent, m.reference, m.kind
FROM calendar_entry e JOIN meeting m ON m.id = e.meeting_id
WHERE e.starts_at >= :since
  AND (NOT :rekinded::boolean OR EXISTS (SELECT FROM meeting_event changed WHERE changed.meeting_id = m.id AND changed.what = 'KIND_CHANGED'))
ORDER BY m.starts_at, m.reference, e.addressee_kind, e.addressee_code, e.sitting
FOR NO KEY UPDATE OF e;

-- Diaries in order of owner, as every other statement that gives them a new version.
-- name: show(uids, events, owners, now)!
WITH shown AS (
    UPDATE calendar_entry e SET vevent = anew.vevent
    FROM unnest(:uids::text[], :events::text[]) AS anew (uid, vevent) WHERE e.uid = anew.uid
)
INSERT INTO diary_version AS diary (owner_id, version, changed_at)
SELECT DISTINCT owner_id, 1, :now::timestamptz FROM unnest(:owners::uuid[]) AS owner (owner_id) ORDER BY owner_id
ON CONFLICT (owner_id) DO UPDATE SET version = diary.version + 1, changed_at = greatest(diary.changed_at + interval '1 second', excluded.changed_at);

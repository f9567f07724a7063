-- What waits for a person, as it is now: answers to what is still asked, and mail refused with nothing newer to that addressee. Of
-- meetings whose day is over nothing waits any more. Two of one instant follow in order of what can be read.
-- name: open_tasks(since, id)
WITH entry AS NOT MATERIALIZED (
    SELECT e.*, m.reference FROM calendar_entry e JOIN meeting m ON m.id = e.meeting_id WHERE e.ends_at >= :since::timestamptz
), task AS (
    SELECT r.id, CASE WHEN r.answer = 'DECLINED' THEN 'DECLINED' ELSE 'TIME_PROPOSED' END AS kind, e.meeting_id, e.reference AS about,
           e.addressee_kind || ' ' || e.addressee_code AS attendee, r.received_at AS raised_at, lower(r.proposed) AS proposed_starts_at,
           upper(r.proposed) AS proposed_ends_at, NULL AS refusal, e.starts_at
    FROM invitation_reply r JOIN entry e ON e.uid = r.uid AND e.sequence = r.sequence
    WHERE r.seen_to_at IS NULL AND (r.answer = 'DECLINED' OR r.counters)
    UNION ALL
    SELECT n.id, 'UNDELIVERABLE', e.meeting_id, e.reference, e.addressee_kind || ' ' || e.addressee_code, n.owed_at, NULL, NULL, n.refusal, e.starts_at
    FROM notice n JOIN entry e ON e.uid = n.uid AND e.sequence = n.sequence
    WHERE n.state = 'REFUSED' AND n.seen_to_at IS NULL
      AND NOT EXISTS (SELECT FROM invitation_reply r WHERE r.uid = n.uid AND r.sequence = n.sequence)
    UNION ALL
    SELECT l.id, 'UNDELIVERABLE', NULL, l.about,
           (SELECT min(r.kind || ' ' || r.code) FROM resource r WHERE r.email = l.email), l.owed_at, NULL, NULL, l.refusal, NULL
    FROM letter l
    WHERE l.state = 'REFUSED' AND l.seen_to_at IS NULL
      AND NOT EXISTS (SELECT FROM letter newer WHERE newer.about = l.about AND newer.email = l.email AND newer.number > l.number)
)
SELECT id, kind, meeting_id, about, attendee, raised_at, proposed_starts_at, proposed_ends_at, refusal
FROM task
WHERE :id::uuid IS NULL OR id = :id
ORDER BY raised_at, about, attendee, kind, starts_at;

-- name: see_to(id, now, by)!
WITH of_reply AS (
    UPDATE invitation_reply SET seen_to_at = :now, seen_to_by = :by WHERE id = :id AND seen_to_at IS NULL
), of_notice AS (
    UPDATE notice SET seen_to_at = :now, seen_to_by = :by WHERE id = :id AND seen_to_at IS NULL
)
UPDATE letter SET seen_to_at = :now, seen_to_by = :by WHERE id = :id AND seen_to_at IS NULL;

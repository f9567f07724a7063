-- name: open_tasks(since, id, kinds, own, due_by, after_key, after_id, wanted)
-- Of meetings whose day is over nothing waits any more but what is to be written of them. A letter that repeats an invitation is for whom
-- that invites, who need be no resource: a police team is none.
SELECT id, kind, meeting_id, about,
       CASE WHEN kind = 'UNDELIVERABLE' AND attendee IS NULL
            THEN (SELECT e.addressee_kind || ' ' || e.addressee_code FROM letter l JOIN calendar_entry e ON e.uid = l.entry_uid
                  WHERE l.id = waiting_task.id)
            ELSE attendee
       END AS attendee, raised_at, proposed_starts_at, proposed_ends_at, refusal, whose, due_at, due_on, place,
       NULL::timestamptz AS done_at, NULL AS done_by
FROM waiting_task
WHERE (until IS NULL OR until >= :since::timestamptz) AND (:id::uuid IS NULL OR id = :id) AND (:kinds::text[] IS NULL OR kind = ANY(:kinds))
  AND (:own::uuid IS NULL OR owner_id = :own) AND (:due_by::timestamptz IS NULL OR due_at <= :due_by)
  AND (:after_key::text IS NULL OR (place, id) > (:after_key, :after_id::uuid))
ORDER BY place, id
LIMIT :wanted;

-- name: open_tasks_counted(since, own, due_by)$
SELECT count(*) FROM waiting_task
WHERE (until IS NULL OR until >= :since::timestamptz) AND (:own::uuid IS NULL OR owner_id = :own)
  AND (:due_by::timestamptz IS NULL OR due_at <= :due_by);

-- name: done_tasks(own, after_key, after_id, wanted)
-- Papers that are done, the latest first.
SELECT * FROM (
    SELECT t.id, t.kind, t.meeting_id, m.reference AS about, r.kind || ' ' || r.code AS attendee, t.raised_at,
           NULL::timestamptz AS proposed_starts_at, NULL::timestamptz AS proposed_ends_at, NULL AS refusal, t.whose, t.due_at, t.due_on,
           (to_char(t.done_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || concat_ws(' ', '', m.reference, t.kind)) COLLATE "C" AS place,
           t.done_at, t.done_by
    FROM paper_task t JOIN meeting m ON m.id = t.meeting_id LEFT JOIN resource r ON r.id = t.owner_id
    WHERE t.done_at IS NOT NULL AND (:own::uuid IS NULL OR t.owner_id = :own)
) AS done
WHERE :after_key::text IS NULL OR (place, id) < (:after_key, :after_id::uuid)
ORDER BY place DESC, id DESC
LIMIT :wanted;

-- name: done_tasks_counted(own)$
SELECT count(*) FROM paper_task t WHERE t.done_at IS NOT NULL AND (:own::uuid IS NULL OR t.owner_id = :own);

-- name: see_to(id, now, by)!
WITH of_reply AS (
    UPDATE invitation_reply SET seen_to_at = :now, seen_to_by = :by WHERE id = :id AND seen_to_at IS NULL
), of_notice AS (
    UPDATE notice SET seen_to_at = :now, seen_to_by = :by WHERE id = :id AND seen_to_at IS NULL
)
UPDATE letter SET seen_to_at = :now, seen_to_by = :by WHERE id = :id AND seen_to_at IS NULL;

-- Two references that may be one child, and what a merge of them moves.

-- name: children_sharing_upn()
-- Children who are nobody else's and have a number in common. An adopted child's identities are never linked.
SELECT shared.upn, c.id, c.reference, f.born_on
FROM (
    SELECT upper(btrim(f.upn)) AS upn
    FROM child_fact f JOIN child c ON c.id = f.child_id
    WHERE upper_inf(f.recorded) AND c.merged_into IS NULL AND f.adopted_on IS NULL AND length(btrim(f.upn)) = 13
    GROUP BY 1 HAVING count(*) > 1
) shared
JOIN child_fact f ON upper_inf(f.recorded) AND upper(btrim(f.upn)) = shared.upn
JOIN child c ON c.id = f.child_id
WHERE c.merged_into IS NULL AND f.adopted_on IS NULL
ORDER BY shared.upn, c.reference;

-- name: propose(ids, child_ids, other_ids, evidence, at, by)
-- Each pair once, whatever became of it: who was told apart is not proposed again.
INSERT INTO identity_link (id, child_id, other_id, evidence, state, proposed_at, proposed_by)
SELECT p.id, p.child_id, p.other_id, string_to_array(p.evidence, ' '), 'PROPOSED', :at::timestamptz, :by::text
FROM unnest(:ids::uuid[], :child_ids::uuid[], :other_ids::uuid[], :evidence::text[]) AS p (id, child_id, other_id, evidence)
WHERE NOT EXISTS (
    SELECT FROM identity_link l
    WHERE least(l.child_id, l.other_id) = least(p.child_id, p.other_id)
      AND greatest(l.child_id, l.other_id) = greatest(p.child_id, p.other_id))
ON CONFLICT DO NOTHING
RETURNING id;

-- name: links(states, ids)
-- All, or those in these states or of these identifiers; what waits for a person first.
SELECT l.id, l.child_id, c.reference, l.other_id, o.reference AS other_reference, l.evidence, l.state, l.proposed_at, l.proposed_by,
       l.decided_at, l.decided_by, l.reason,
       CASE WHEN c.merged_into = o.id THEN o.reference WHEN o.merged_into = c.id THEN c.reference END AS kept_reference
FROM identity_link l JOIN child c ON c.id = l.child_id JOIN child o ON o.id = l.other_id
WHERE (:states::text[] IS NULL OR l.state = ANY(:states::text[])) AND (:ids::uuid[] IS NULL OR l.id = ANY(:ids::uuid[]))
ORDER BY l.state <> 'PROPOSED', l.proposed_at DESC, l.id;

-- name: wait_for_imports()!
-- The lock of `staging.one_import_at_a_time`.
SELECT pg_advisory_xact_lock(hashtextextended('convene.intake', 0));

-- name: lock_link(id)^
SELECT id, child_id, other_id, state, moved FROM identity_link WHERE id = :id FOR UPDATE;

-- name: decide(id, state, at, by, reason, moved)!
UPDATE identity_link
SET state = :state, decided_at = :at, decided_by = :by, reason = :reason, moved = coalesce(:moved::jsonb, moved)
WHERE id = :id;

-- name: two_children(ids)
SELECT c.id, c.reference, c.merged_into, EXISTS (SELECT FROM child m WHERE m.merged_into = c.id) AS has_merged,
       (SELECT min(lower(f.recorded)) FROM child_fact f WHERE f.child_id = c.id) AS known_since
FROM child c WHERE c.id = ANY(:ids::uuid[]);

-- name: set_merged(child_id, into)!
UPDATE child SET merged_into = :into::uuid WHERE id = :child_id;

-- name: fact_before_merge(child_id)^
-- What was known of a child before it became one with another.
SELECT * FROM child_fact WHERE child_id = :child_id AND source <> 'MERGE' ORDER BY upper(recorded) DESC NULLS FIRST LIMIT 1;

-- name: end_membership(child_id, at)^
UPDATE sibling_group_member
SET recorded = tstzrange(lower(recorded), greatest(:at::timestamptz, lower(recorded) + interval '1 microsecond'))
WHERE child_id = :child_id AND upper_inf(recorded)
RETURNING group_key, source;

-- name: join_group(child_id, group_key, source, at)$
INSERT INTO sibling_group_member (child_id, group_key, recorded, source)
SELECT :child_id::uuid, :group_key::text,
       tstzrange(greatest(:at::timestamptz, (SELECT max(upper(m.recorded)) FROM sibling_group_member m WHERE m.child_id = :child_id)), NULL),
       :source::text
WHERE NOT EXISTS (SELECT FROM sibling_group_member m WHERE m.child_id = :child_id AND upper_inf(m.recorded))
RETURNING true;

-- name: group_of(child_id)$
SELECT group_key FROM sibling_group_member WHERE child_id = :child_id AND upper_inf(recorded);

-- name: kin_of(child_id)
SELECT child_id, parent_id, source FROM parentage WHERE upper_inf(recorded) AND :child_id::uuid IN (child_id, parent_id);

-- name: end_parentage(child_id, parent_id, at)!
UPDATE parentage SET recorded = tstzrange(lower(recorded), greatest(:at::timestamptz, lower(recorded) + interval '1 microsecond'))
WHERE child_id = :child_id AND parent_id = :parent_id AND upper_inf(recorded);

-- name: add_parentage(child_id, parent_id, source, at)$
INSERT INTO parentage (child_id, parent_id, recorded, source)
SELECT :child_id::uuid, :parent_id::uuid,
       tstzrange(greatest(:at::timestamptz, (SELECT max(upper(p.recorded)) FROM parentage p
                                             WHERE (p.child_id, p.parent_id) = (:child_id, :parent_id))), NULL), :source::text
WHERE NOT EXISTS (SELECT FROM parentage p WHERE (p.child_id, p.parent_id) = (:child_id, :parent_id) AND upper_inf(p.recorded))
RETURNING true;

-- name: items_of(child_id)
SELECT i.meeting_id, i.number, i.kind, i.live, o.kind AS owed_kind, o.triggered_on, o.triggered_by, o.state
FROM meeting_item i LEFT JOIN obligation o ON o.id = i.obligation_id
WHERE i.child_id = :child_id
ORDER BY o.triggered_on, i.meeting_id, i.number;

-- name: pass_item(meeting_id, number, child_id)!
UPDATE meeting_item SET child_id = :child_id, obligation_id = NULL WHERE meeting_id = :meeting_id AND number = :number;

-- name: is_about(meeting_id, child_id, kind)$
SELECT EXISTS (SELECT FROM meeting_item WHERE meeting_id = :meeting_id AND child_id = :child_id AND kind = :kind);

-- name: drop_item(meeting_id, number)!
DELETE FROM meeting_item WHERE meeting_id = :meeting_id AND number = :number;

-- name: add_item(meeting_id, number, child_id, kind, live)$
-- Under its number, unless another has it by now.
INSERT INTO meeting_item (meeting_id, number, child_id, kind, live)
SELECT :meeting_id::uuid, CASE WHEN EXISTS (SELECT FROM meeting_item WHERE meeting_id = :meeting_id AND number = :number)
                               THEN (SELECT 1 + max(number) FROM meeting_item WHERE meeting_id = :meeting_id) ELSE :number END,
       :child_id::uuid, :kind::text, :live::boolean
RETURNING number;

-- name: attach_item(meeting_id, number, obligation_id)$
-- To what it is for, unless a live meeting stands for that already.
UPDATE meeting_item i SET obligation_id = o.id, kind = o.kind
FROM obligation o
WHERE i.meeting_id = :meeting_id AND i.number = :number AND o.id = :obligation_id
  AND NOT (i.live AND EXISTS (SELECT FROM meeting_item other WHERE other.obligation_id = o.id AND other.live))
RETURNING true;

-- name: free_duty(child_id, kind, meeting_id)$
-- The first duty of the kind that had begun by the day of the meeting and that no meeting stands for.
SELECT o.id FROM obligation o JOIN meeting m ON m.id = :meeting_id
WHERE o.child_id = :child_id AND o.kind = :kind AND o.state IN ('OPEN', 'EXPECTED')
  AND o.triggered_on <= (m.starts_at AT TIME ZONE 'Europe/London')::date
  AND NOT EXISTS (SELECT FROM meeting_item other WHERE other.obligation_id = o.id AND other.live)
ORDER BY o.book_by_on, o.triggered_on LIMIT 1;

-- name: item_of(meeting_id, child_id, kind)^
SELECT i.meeting_id, i.number, i.kind, i.live, o.kind AS owed_kind, o.triggered_on, o.triggered_by, o.state
FROM meeting_item i LEFT JOIN obligation o ON o.id = i.obligation_id
WHERE i.meeting_id = :meeting_id AND i.child_id = :child_id AND i.kind = :kind
ORDER BY i.number LIMIT 1;

-- name: item_at(meeting_id, number, child_id)^
SELECT i.meeting_id, i.number, i.kind, i.live, o.kind AS owed_kind, o.triggered_on, o.triggered_by, o.state
FROM meeting_item i LEFT JOIN obligation o ON o.id = i.obligation_id
WHERE i.meeting_id = :meeting_id AND i.number = :number AND i.child_id = :child_id;

-- name: owed_among(ids)
-- Of these what the records owe, or owed until it was met.
SELECT id, state FROM obligation WHERE id = ANY(:ids::uuid[]) AND state IN ('OPEN', 'EXPECTED', 'HELD');

-- name: without_duty(ids, child_id)
-- Of these meetings those to come that stand for nothing that the child is owed.
SELECT DISTINCT m.id
FROM meeting m JOIN meeting_item i ON i.meeting_id = m.id LEFT JOIN obligation o ON o.id = i.obligation_id
WHERE m.id = ANY(:ids::uuid[]) AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED') AND i.live AND i.child_id = :child_id
  AND (o.id IS NULL OR o.state = 'VOID')
ORDER BY m.id;

-- name: unsettled(link_ids, today)
-- Of pairs that were merged, or are two again, what only a person can settle: meetings to come that stand for nothing owed, and
-- officers who may not have the child, or chair, by what is known under either reference.
WITH concerned AS (
    SELECT l.id AS link_id, k.id AS child_id, k.reference
    FROM identity_link l JOIN child k ON k.id IN (l.child_id, l.other_id) AND k.merged_into IS NULL
    WHERE l.id = ANY(:link_ids::uuid[]) AND l.state IN ('MERGED', 'UNDONE')
), barred AS (
    SELECT c.link_id, c.child_id, m.iro_id,
           CASE m.ground WHEN 'HAD_CHARGE' THEN 'once had charge of the case' ELSE 'is not independent of the case' END AS why
    FROM concerned c JOIN child known ON c.child_id IN (known.id, known.merged_into) JOIN may_not_chair m ON m.child_reference = known.reference
    UNION
    SELECT c.link_id, c.child_id, a.iro_id, 'has the child''s parent or child'
    FROM concerned c JOIN parentage p ON upper_inf(p.recorded) AND c.child_id IN (p.child_id, p.parent_id)
    JOIN allocation a ON a.child_id IN (p.child_id, p.parent_id) AND a.child_id <> c.child_id AND (upper_inf(a.held) OR upper(a.held) > :today::date)
), live AS (
    SELECT DISTINCT c.link_id, c.child_id, c.reference AS child, m.id, m.reference, m.starts_at, m.chair_id,
           bool_and(o.id IS NULL OR o.state NOT IN ('OPEN', 'EXPECTED')) OVER (PARTITION BY c.link_id, c.child_id, m.id) AS for_nothing
    FROM concerned c JOIN meeting_item i ON i.child_id = c.child_id AND i.live
    JOIN meeting m ON m.id = i.meeting_id AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
    LEFT JOIN obligation o ON o.id = i.obligation_id
)
SELECT link_id, starts_at, reference || ' stands for nothing that is owed for ' || child || ': cancel it, or move it to what is' AS message
FROM live WHERE for_nothing
UNION
SELECT live.link_id, live.starts_at, live.reference || ' is chaired by ' || r.code || ', who ' || b.why || ': another officer must chair'
FROM live JOIN barred b USING (link_id, child_id) JOIN resource r ON r.id = b.iro_id WHERE live.chair_id = b.iro_id
UNION
SELECT c.link_id, NULL, r.code || ', who has ' || c.reference || ', ' || b.why || ': allocate another officer'
FROM concerned c JOIN barred b USING (link_id, child_id) JOIN resource r ON r.id = b.iro_id
JOIN allocation a ON a.child_id = c.child_id AND a.iro_id = b.iro_id AND (upper_inf(a.held) OR upper(a.held) > :today::date)
ORDER BY starts_at NULLS FIRST, message;

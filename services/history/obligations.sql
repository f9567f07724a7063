-- Obligations. The columns come in the order of `rows.Row`.

-- name: stored_of_children(ids)
-- The last columns: whether it has had a meeting at all; whether one stands for it, or was postponed; and the day of the one
-- that stands and is not recorded as held.
SELECT o.id, o.child_id, o.household_id, o.kind, o.triggered_on, o.triggered_by, o.rule_code, o.rule_amount, o.rule_unit, o.legal_basis,
       o.statutory_due_on, o.census_due_on, o.book_by_on, o.state, o.held_on, o.completed_on, o.void_from,
       o.not_before_on, o.brought_forward_by, o.meeting_needed,
       m.obligation_id IS NOT NULL AS referred_to, coalesce(m.booked, false) AS booked, m.meets_on
FROM obligation o
LEFT JOIN (
    SELECT i.obligation_id, bool_or(i.live OR g.state = 'POSTPONED') AS booked,
           min((g.starts_at AT TIME ZONE 'Europe/London')::date)
               FILTER (WHERE i.live AND g.state IN ('PROVISIONAL', 'CONFIRMED') AND h.id IS NULL) AS meets_on
    FROM meeting_item i JOIN meeting g ON g.id = i.meeting_id
    LEFT JOIN held_record h ON h.meeting_id = i.meeting_id AND h.child_id = i.child_id AND upper_inf(h.recorded)
    WHERE i.child_id = ANY(:ids::uuid[]) AND i.obligation_id IS NOT NULL
    GROUP BY i.obligation_id
) m ON m.obligation_id = o.id
WHERE o.child_id = ANY(:ids::uuid[]);

-- name: stored_of_households(ids)
-- The last columns: whether it has had a meeting at all; whether one stands for it, or was postponed; and the day of the one
-- that stands and is not recorded as held.
SELECT o.id, o.child_id, o.household_id, o.kind, o.triggered_on, o.triggered_by, o.rule_code, o.rule_amount, o.rule_unit, o.legal_basis,
       o.statutory_due_on, o.census_due_on, o.book_by_on, o.state, o.held_on, o.completed_on, o.void_from,
       o.not_before_on, o.brought_forward_by, o.meeting_needed,
       m.obligation_id IS NOT NULL AS referred_to, coalesce(m.booked, false) AS booked, m.meets_on
FROM obligation o
LEFT JOIN (
    SELECT i.obligation_id, bool_or(i.live OR g.state = 'POSTPONED') AS booked,
           min((g.starts_at AT TIME ZONE 'Europe/London')::date)
               FILTER (WHERE i.live AND g.state IN ('PROVISIONAL', 'CONFIRMED') AND h.id IS NULL) AS meets_on
    FROM meeting_item i JOIN meeting g ON g.id = i.meeting_id
    LEFT JOIN held_record h ON h.meeting_id = i.meeting_id AND h.household_id = i.household_id AND upper_inf(h.recorded)
    WHERE i.household_id = ANY(:ids::uuid[]) AND i.obligation_id IS NOT NULL
    GROUP BY i.obligation_id
) m ON m.obligation_id = o.id
WHERE o.household_id = ANY(:ids::uuid[]);

-- name: lock_obligations(ids)
SELECT id FROM obligation WHERE id = ANY(:ids::uuid[]) ORDER BY id FOR UPDATE;

-- name: remove_obligations(ids)!
DELETE FROM obligation o WHERE o.id = ANY(:ids::uuid[])
    AND NOT EXISTS (SELECT FROM meeting_item i WHERE i.obligation_id = o.id)
    AND NOT EXISTS (SELECT FROM plan_placement_item i WHERE i.obligation_id = o.id)
    AND NOT EXISTS (SELECT FROM plan_unplaced i WHERE i.obligation_id = o.id);

-- name: void_obligations(ids)!
UPDATE obligation SET state = 'VOID', held_on = NULL, completed_on = NULL, void_from = NULL
WHERE id = ANY(:ids::uuid[]) AND (state <> 'VOID' OR void_from IS NOT NULL);

-- name: follow_in_placements(old_ids, new_ids)!
UPDATE plan_placement_item i SET obligation_id = o.id, kind = o.kind
FROM unnest(:old_ids::uuid[], :new_ids::uuid[]) AS v(old_id, new_id) JOIN obligation o ON o.id = v.new_id WHERE i.obligation_id = v.old_id;

-- name: follow_in_plans(ids)!
-- A placement is of a kind of one of its items: of the first, where that has become of another kind.
UPDATE plan_placement p SET kind = first.kind
FROM (SELECT DISTINCT placement_id FROM plan_placement_item WHERE obligation_id = ANY(:ids::uuid[])) touched
CROSS JOIN LATERAL (SELECT i.kind FROM plan_placement_item i WHERE i.placement_id = touched.placement_id ORDER BY i.number LIMIT 1) first
WHERE p.id = touched.placement_id AND NOT EXISTS (SELECT FROM plan_placement_item i WHERE i.placement_id = p.id AND i.kind = p.kind);

-- name: follow_in_unplaced(old_ids, new_ids)!
UPDATE plan_unplaced u SET obligation_id = o.id, kind = o.kind
FROM unnest(:old_ids::uuid[], :new_ids::uuid[]) AS v(old_id, new_id) JOIN obligation o ON o.id = v.new_id WHERE u.obligation_id = v.old_id;

-- name: hand_over_bookings(old_id, new_id)!
UPDATE meeting_item SET obligation_id = :new_id WHERE obligation_id = :old_id
    AND NOT EXISTS (SELECT FROM meeting_item other WHERE other.obligation_id = :new_id AND other.live);

-- name: hand_over_meetings(old_ids, new_ids)!
UPDATE meeting_item i SET obligation_id = v.new_id
FROM unnest(:old_ids::uuid[], :new_ids::uuid[]) AS v(old_id, new_id) WHERE i.obligation_id = v.old_id AND i.live;

-- name: rekind_meetings(ids, by)!
-- What is to be held for an obligation is of that obligation's kind; what was held, or has begun, stays what it was. It leads its
-- meeting where no other child of it is there for what led. The line of history is of when the records changed.
WITH outdated AS (
    SELECT i.meeting_id, i.number, i.child_id, i.kind AS old_kind, o.kind AS new_kind
    FROM meeting_item i JOIN obligation o ON o.id = i.obligation_id JOIN meeting g ON g.id = i.meeting_id
    WHERE i.obligation_id = ANY(:ids::uuid[]) AND i.kind <> o.kind AND g.state IN ('PROVISIONAL', 'CONFIRMED', 'POSTPONED')
      AND NOT EXISTS (SELECT FROM held_record h WHERE h.meeting_id = i.meeting_id AND h.child_id = i.child_id AND upper_inf(h.recorded))
), rekinded AS (
    UPDATE meeting_item i SET kind = x.new_kind FROM outdated x WHERE i.meeting_id = x.meeting_id AND i.number = x.number
), affected AS (
    SELECT x.meeting_id, min(x.old_kind) AS old_kind, min(x.new_kind) AS new_kind, array_agg(x.number) AS numbers, max(known.at) AS at
    FROM outdated x CROSS JOIN LATERAL (
        SELECT max(greatest(lower(v.recorded), upper(v.recorded))) AS at
        FROM (SELECT f.recorded FROM child_fact f WHERE f.child_id = x.child_id
              UNION ALL SELECT e.recorded FROM section47 e WHERE e.child_id = x.child_id AND upper_inf(e.recorded)
              UNION ALL SELECT h.recorded FROM held_record h WHERE h.child_id = x.child_id AND upper_inf(h.recorded)
              UNION ALL SELECT t.recorded FROM transfer t WHERE t.child_id = x.child_id AND upper_inf(t.recorded)) v
    ) known
    GROUP BY x.meeting_id
), changed AS (
    UPDATE meeting g SET version = g.version + 1, kind = CASE
        WHEN g.kind = a.old_kind AND NOT EXISTS (SELECT FROM meeting_item other WHERE other.meeting_id = g.id AND other.kind = a.old_kind
                                                 AND other.number <> ALL (a.numbers)) THEN a.new_kind ELSE g.kind END
    FROM affected a WHERE g.id = a.meeting_id
)
INSERT INTO meeting_event (meeting_id, number, at, by, what, details)
SELECT a.meeting_id, 1 + coalesce(last.number, 0), coalesce(greatest(a.at, last.at), now()), :by, 'KIND_CHANGED',
       jsonb_build_object('before', jsonb_build_object('kind', a.old_kind), 'after', jsonb_build_object('kind', a.new_kind))
FROM affected a CROSS JOIN LATERAL (SELECT max(e.number) AS number, max(e.at) AS at FROM meeting_event e WHERE e.meeting_id = a.meeting_id) last;

-- name: children_after(after, at_once)
SELECT id FROM child WHERE id > :after AND merged_into IS NULL ORDER BY id LIMIT :at_once;

-- name: households_after(after, at_once)
SELECT id FROM foster_household WHERE id > :after ORDER BY id LIMIT :at_once;

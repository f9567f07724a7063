-- Facts, as recorded now and as they were recorded at an instant.

-- name: known_children(child_ids)
SELECT c.id, f.born_on, f.expected_on, f.died_on
FROM child c LEFT JOIN child_fact f ON f.child_id = c.id AND upper_inf(f.recorded)
WHERE c.id = ANY(:child_ids::uuid[]);

-- name: known_children_at(child_ids, at)
SELECT c.id, f.born_on, f.expected_on, f.died_on
FROM child c JOIN child_fact f ON f.child_id = c.id AND f.recorded @> :at::timestamptz
WHERE c.id = ANY(:child_ids::uuid[]);

-- name: known_care_periods(child_ids)
SELECT child_id, started_on, started_on_exact, ended_on, short_break, reviews_known_from
FROM care_period WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded);

-- name: known_care_periods_at(child_ids, at)
SELECT child_id, started_on, started_on_exact, ended_on, short_break, reviews_known_from
FROM care_period WHERE child_id = ANY(:child_ids::uuid[]) AND recorded @> :at::timestamptz;

-- name: known_plans(child_ids)
SELECT child_id, started_on, ended_on, reviews_known_from
FROM protection_plan WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded);

-- name: known_plans_at(child_ids, at)
SELECT child_id, started_on, ended_on, reviews_known_from
FROM protection_plan WHERE child_id = ANY(:child_ids::uuid[]) AND recorded @> :at::timestamptz;

-- name: known_section47s(child_ids)
SELECT child_id, initiating_discussion_on, conference_on, conference_not_required
FROM section47 WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded);

-- name: known_section47s_at(child_ids, at)
SELECT child_id, initiating_discussion_on, conference_on, conference_not_required
FROM section47 WHERE child_id = ANY(:child_ids::uuid[]) AND recorded @> :at::timestamptz;

-- name: known_held(child_ids)
SELECT child_id, kind, held_on, completed_on
FROM held_record WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded);

-- name: known_held_at(child_ids, at)
SELECT child_id, kind, held_on, completed_on
FROM held_record WHERE child_id = ANY(:child_ids::uuid[]) AND recorded @> :at::timestamptz;

-- Children.

-- name: lock_children(child_ids)
-- One writer a child: records and what follows from them are read and written as one.
SELECT id FROM child WHERE id = ANY(:child_ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: children_in_reach(references, everything, iro_id, own, today)
SELECT child_id AS id, reference FROM children_in_sight(:everything, :iro_id::uuid, :own::text[], :today::date)
WHERE reference = ANY(:references::text[]);

-- name: add_child(id, reference)$
INSERT INTO child (id, reference) VALUES (:id, :reference) ON CONFLICT ON CONSTRAINT child_reference_once DO NOTHING RETURNING id;

-- name: add_child_fact(child_id, born_on, expected_on, source, at)!
INSERT INTO child_fact (child_id, recorded, born_on, expected_on, source)
VALUES (:child_id, tstzrange(:at::timestamptz, NULL), :born_on, :expected_on, :source);

-- name: sibling_group_of(child_id)$
SELECT group_key FROM sibling_group_member WHERE child_id = :child_id AND upper_inf(recorded);

-- name: join_sibling_group(child_id, group_key, source, at)!
INSERT INTO sibling_group_member (child_id, group_key, recorded, source)
VALUES (:child_id, :group_key, tstzrange(:at::timestamptz, NULL), :source);

-- name: add_parentage(child_id, parent_id, source, at)!
INSERT INTO parentage (child_id, parent_id, recorded, source)
VALUES (:child_id, :parent_id, tstzrange(:at::timestamptz, NULL), :source);

-- Records. A version that is closed and one that is opened meet at one instant; a clock that stands still moves on by a microsecond.

-- name: open_care_period(id, child_id, started_on, legal_status, short_break, source, at)!
INSERT INTO care_period (id, child_id, recorded, started_on, started_on_exact, legal_status, short_break, source)
VALUES (:id, :child_id, tstzrange(:at::timestamptz, NULL), :started_on, true, :legal_status, :short_break, :source);

-- name: close_care_period(child_id, started_on, ended_on, end_reason, source, at)!
WITH closed AS (
    UPDATE care_period SET recorded = tstzrange(lower(recorded), greatest(:at::timestamptz, lower(recorded) + interval '1 microsecond'))
    WHERE child_id = :child_id AND started_on = :started_on AND ended_on IS NULL AND upper_inf(recorded)
    RETURNING *
)
INSERT INTO care_period (id, child_id, recorded, started_on, started_on_exact, ended_on, end_reason, legal_status, short_break, reviews_known_from,
                         source)
SELECT id, child_id, tstzrange(upper(recorded), NULL), started_on, started_on_exact, :ended_on::date, :end_reason::text,
       legal_status, short_break, reviews_known_from, :source::text
FROM closed;

-- name: open_section47(id, child_id, held_on, source, at)!
INSERT INTO section47 (id, child_id, recorded, initiating_discussion_on, source)
SELECT :id::uuid, :child_id::uuid, tstzrange(:at::timestamptz, NULL), :held_on::date, :source::text
WHERE NOT EXISTS (
    SELECT FROM section47 WHERE child_id = :child_id AND initiating_discussion_on = :held_on::date AND upper_inf(recorded)
);

-- name: open_plan(id, child_id, started_on, category, source, at)!
INSERT INTO protection_plan (id, child_id, recorded, started_on, category, source)
VALUES (:id, :child_id, tstzrange(:at::timestamptz, NULL), :started_on, :category, :source);

-- name: plan_on(child_id, day)^
SELECT id, started_on, ended_on, category FROM protection_plan
WHERE child_id = :child_id AND upper_inf(recorded) AND started_on <= :day AND (ended_on IS NULL OR ended_on >= :day)
ORDER BY started_on DESC LIMIT 1;

-- name: revise_plan(id, ended_on, category, source, at)!
WITH closed AS (
    UPDATE protection_plan SET recorded = tstzrange(lower(recorded), greatest(:at::timestamptz, lower(recorded) + interval '1 microsecond'))
    WHERE id = :id AND upper_inf(recorded)
    RETURNING *
)
INSERT INTO protection_plan (id, child_id, recorded, started_on, ended_on, category, reviews_known_from, source)
SELECT id, child_id, tstzrange(upper(recorded), NULL), started_on, :ended_on::date, coalesce(:category::text, category), reviews_known_from, :source::text
FROM closed;

-- name: withdraw_held_of_meeting(child_id, kind, held_on, meeting_id, at)!
-- What this meeting was recorded as before, if on another day or as another kind.
UPDATE held_record SET recorded = tstzrange(lower(recorded), greatest(:at::timestamptz, lower(recorded) + interval '1 microsecond'))
WHERE child_id = :child_id AND meeting_id = :meeting_id AND upper_inf(recorded) AND (kind, held_on) <> (:kind::text, :held_on::date);

-- name: revise_held(child_id, kind, held_on, completed_on, participation, meeting_id, source, at)!
-- The same meeting from another source: what is new is added, what is known stays; nothing new, nothing written.
WITH closed AS (
    UPDATE held_record SET recorded = tstzrange(lower(recorded), greatest(:at::timestamptz, lower(recorded) + interval '1 microsecond'))
    WHERE child_id = :child_id AND kind = :kind AND held_on = :held_on AND upper_inf(recorded)
      AND (completed_on, participation, meeting_id) IS DISTINCT FROM
          (coalesce(:completed_on::date, completed_on), coalesce(:participation::text, participation), coalesce(:meeting_id::uuid, meeting_id))
    RETURNING *
)
INSERT INTO held_record (id, child_id, recorded, kind, held_on, completed_on, participation, meeting_id, source)
SELECT id, child_id, tstzrange(upper(recorded), NULL), kind, held_on, coalesce(:completed_on::date, completed_on),
       coalesce(:participation::text, participation), coalesce(:meeting_id::uuid, meeting_id), :source::text
FROM closed;

-- name: open_held(id, child_id, kind, held_on, completed_on, participation, meeting_id, source, at)!
INSERT INTO held_record (id, child_id, recorded, kind, held_on, completed_on, participation, meeting_id, source)
SELECT :id::uuid, :child_id::uuid, tstzrange(:at::timestamptz, NULL), :kind::text, :held_on::date, :completed_on::date,
       :participation::text, :meeting_id::uuid, :source::text
WHERE NOT EXISTS (
    SELECT FROM held_record WHERE child_id = :child_id AND kind = :kind AND held_on = :held_on AND upper_inf(recorded)
);

-- Timescales.

-- name: timescales_in_force()
SELECT code, in_force, amount, unit, census_days, legal_basis FROM timescale;

-- name: ship_timescale(code, first, until, amount, unit, census_days, legal_basis)!
INSERT INTO timescale (code, in_force, amount, unit, census_days, legal_basis)
SELECT :code::text, daterange(:first::date, :until::date), :amount::integer, :unit::text, :census_days::integer, :legal_basis::text
WHERE NOT EXISTS (SELECT FROM timescale WHERE code = :code AND in_force && daterange(:first::date, :until::date));

-- Obligations. The columns come in the order of `reconcile.Row`.

-- name: stored_obligations(child_ids)
SELECT o.id, o.child_id, o.kind, o.triggered_on, o.triggered_by, o.rule_code, o.rule_amount, o.rule_unit, o.legal_basis,
       o.statutory_due_on, o.census_due_on, o.book_by_on, o.state, o.held_on, o.completed_on, o.void_from,
       m.obligation_id IS NOT NULL AS referred_to, coalesce(m.booked, false) AS booked
FROM obligation o
LEFT JOIN (
    SELECT i.obligation_id, bool_or(i.live OR g.state = 'POSTPONED') AS booked
    FROM meeting_item i JOIN meeting g ON g.id = i.meeting_id
    WHERE i.child_id = ANY(:child_ids::uuid[]) AND i.obligation_id IS NOT NULL
    GROUP BY i.obligation_id
) m ON m.obligation_id = o.id
WHERE o.child_id = ANY(:child_ids::uuid[]);

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
UPDATE plan_placement_item i SET obligation_id = v.new_id
FROM unnest(:old_ids::uuid[], :new_ids::uuid[]) AS v(old_id, new_id) WHERE i.obligation_id = v.old_id;

-- name: follow_in_unplaced(old_ids, new_ids)!
UPDATE plan_unplaced u SET obligation_id = v.new_id
FROM unnest(:old_ids::uuid[], :new_ids::uuid[]) AS v(old_id, new_id) WHERE u.obligation_id = v.old_id;

-- name: hand_over_bookings(old_id, new_id)!
UPDATE meeting_item SET obligation_id = :new_id WHERE obligation_id = :old_id
    AND NOT EXISTS (SELECT FROM meeting_item other WHERE other.obligation_id = :new_id AND other.live);

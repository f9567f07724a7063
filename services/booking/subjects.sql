-- name: subjects(references_, child_ids, on_day, own_iro, today)
-- Children by reference or identifier with what the rules ask of them; to an officer her own alone. One that was merged into
-- another is that other, under either reference. Barred is also who reviews the foster home in which the child lives, unless she has
-- the child itself: then it is the home that is to have another reviewer.
SELECT asked.id AS asked_id, asked.reference AS asked_reference, c.id AS child_id, c.reference, f.born_on, least(f.died_on, f.adopted_on) AS gone_on, allocated.iro_id,
       EXISTS (SELECT FROM child_circumstance stated WHERE stated.child_id = c.id AND upper_inf(stated.recorded)
               AND stated.in_force @> :on_day::date AND stated.parents_apart) AS parents_apart,
       ARRAY(SELECT kin.iro_id FROM parentage p JOIN allocation kin ON kin.child_id = p.parent_id AND kin.held @> :on_day::date
             WHERE p.child_id = c.id AND upper_inf(p.recorded)
             UNION
             SELECT kin.iro_id FROM parentage p JOIN allocation kin ON kin.child_id = p.child_id AND kin.held @> :on_day::date
             WHERE p.parent_id = c.id AND upper_inf(p.recorded)) AS kin_iros,
       ARRAY(SELECT m.iro_id FROM may_not_chair m JOIN child known ON known.reference = m.child_reference
             WHERE known.id = c.id OR known.merged_into = c.id
             UNION
             SELECT reviewer.iro_id FROM child_circumstance lives
             JOIN household_reviewer reviewer ON reviewer.household_id = lives.household_id AND reviewer.held @> :on_day::date
             WHERE lives.child_id = c.id AND upper_inf(lives.recorded) AND lives.in_force @> :on_day::date
               AND reviewer.iro_id IS DISTINCT FROM allocated.iro_id) AS barred,
       coalesce((SELECT cardinality(s.complexity) FROM child_circumstance s
                 WHERE s.child_id = c.id AND upper_inf(s.recorded) AND s.in_force @> :on_day::date), 0) AS complexity
FROM child asked
JOIN child c ON c.id = coalesce(asked.merged_into, asked.id)
LEFT JOIN child_fact f ON f.child_id = c.id AND upper_inf(f.recorded)
LEFT JOIN allocation allocated ON allocated.child_id = c.id AND allocated.held @> :on_day::date
WHERE (asked.reference = ANY(:references_::text[]) OR asked.id = ANY(:child_ids::uuid[]))
  AND (:own_iro::uuid IS NULL
       OR EXISTS (SELECT FROM allocation own WHERE own.child_id = c.id AND own.iro_id = :own_iro AND own.held @> :today::date));

-- name: households(reference, ids, on_day)
-- With the officer who reviews the home that day, and those who have a child who is placed there, by what is stated now.
SELECT h.id, h.reference, reviewer.iro_id AS reviewer_id,
       ARRAY(SELECT DISTINCT a.iro_id FROM child_circumstance c JOIN allocation a ON a.child_id = c.child_id AND a.held @> :on_day::date
             WHERE c.household_id = h.id AND upper_inf(c.recorded) AND c.in_force @> :on_day::date) AS placed_iros
FROM foster_household h
LEFT JOIN household_reviewer reviewer ON reviewer.household_id = h.id AND reviewer.held @> :on_day::date
WHERE h.reference = :reference OR h.id = ANY(:ids::uuid[]);

-- name: owed()
-- What is not yet held, with the meeting that stands for it and, while that is provisional, when it lapses.
SELECT o.id, o.child_id, o.household_id, o.kind, o.triggered_on, o.rule_code, o.statutory_due_on, o.book_by_on, o.state, o.not_before_on,
       m.reference AS meeting_reference, CASE WHEN m.state = 'PROVISIONAL' THEN m.provisional_until END AS lapses_at
FROM obligation o
LEFT JOIN meeting_item i ON i.obligation_id = o.id AND i.live
LEFT JOIN meeting m ON m.id = i.meeting_id
WHERE o.state IN ('OPEN', 'EXPECTED');

-- name: dues(child_ids, household_ids, obligation_ids)
-- Of children, of households or by identifier.
SELECT * FROM ({owed}) o
WHERE o.child_id = ANY(:child_ids::uuid[]) OR o.household_id = ANY(:household_ids::uuid[]) OR o.id = ANY(:obligation_ids::uuid[]);

-- name: look(references_, child_ids, on_day, own_iro, today, within, now, police_day)
-- Children as `subjects` has them, each as often as it is owed something, with that; whether anything of theirs or in the span has
-- lapsed and still stands; and then what `lock_police_day` takes (null: nothing).
SELECT s.*, o.id, o.household_id, o.kind, o.triggered_on, o.rule_code, o.statutory_due_on, o.book_by_on, o.state, o.not_before_on,
       o.meeting_reference,
       coalesce(o.lapses_at <= :now::timestamptz, false)
       OR (SELECT EXISTS (SELECT FROM meeting m JOIN hold h ON h.meeting_id = m.id
                          WHERE m.state = 'PROVISIONAL' AND m.provisional_until <= :now::timestamptz AND h.blocked && :within::tstzrange)) AS lapsed,
       (SELECT pg_advisory_xact_lock(hashtext('booking.police'), :police_day::date - '2000-01-01'::date))
FROM ({subjects}) s
LEFT JOIN ({owed}) o ON o.child_id = s.child_id;

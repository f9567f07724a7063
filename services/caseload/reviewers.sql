-- name: reviewers_on(on_day, known_at)
-- As is known now, or was at an instant: then also what has been stated otherwise since.
SELECT household_id, iro_id FROM household_reviewer
WHERE held @> :on_day::date AND (:known_at::timestamptz IS NULL OR recorded_at <= :known_at::timestamptz)
UNION ALL
SELECT household_id, iro_id FROM household_reviewer_past WHERE held @> :on_day::date AND known @> :known_at::timestamptz;

-- name: named(household_id)
SELECT id, lower(held) AS first_day, upper(held) AS until, iro_id FROM household_reviewer WHERE household_id = :household_id ORDER BY held;

-- name: officer(code, on_day)^
SELECT id, active @> :on_day::date AS active FROM resource WHERE kind = 'IRO' AND code = :code;

-- name: has_placed(household_id, iro_id, first_day, until)$
-- Whether a child who is placed there is the officer's on one of these days, by what is stated now.
SELECT EXISTS (SELECT FROM child_circumstance c JOIN allocation a ON a.child_id = c.child_id AND a.iro_id = :iro_id
               WHERE c.household_id = :household_id AND upper_inf(c.recorded)
                 AND NOT isempty(c.in_force * a.held * daterange(:first_day::date, :until::date)));

-- name: chairs_for_placed(household_id, iro_id, first_day, until, today)$
-- The first meeting to come that stands, that the officer chairs, and that is about a child who is placed there then.
SELECT m.reference
FROM meeting m
JOIN meeting_item i ON i.meeting_id = m.id AND i.live
JOIN child_circumstance c ON c.child_id = i.child_id AND c.household_id = :household_id AND upper_inf(c.recorded)
CROSS JOIN LATERAL (SELECT (m.starts_at AT TIME ZONE 'Europe/London')::date AS day) held
WHERE m.chair_id = :iro_id AND m.state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')
  AND held.day >= :today::date AND c.in_force @> held.day AND daterange(:first_day::date, :until::date) @> held.day
ORDER BY m.starts_at, m.reference
LIMIT 1;

-- name: keep_known(id, at)!
-- What was known of the row until now.
INSERT INTO household_reviewer_past (household_id, held, iro_id, known)
SELECT household_id, held, iro_id, tstzrange(recorded_at, greatest(:at::timestamptz, recorded_at + interval '1 microsecond'))
FROM household_reviewer WHERE id = :id;

-- name: shorten(id, until, at)!
UPDATE household_reviewer
SET held = daterange(lower(held), :until::date), recorded_at = greatest(:at::timestamptz, recorded_at + interval '1 microsecond')
WHERE id = :id;

-- name: remove(id)!
DELETE FROM household_reviewer WHERE id = :id;

-- name: add(id, household_id, first_day, until, iro_id, by, at)!
-- Known from the instant on at which what it replaces ceased to be.
INSERT INTO household_reviewer (id, household_id, held, iro_id, recorded_by, recorded_at)
SELECT :id::uuid, :household_id::uuid, daterange(:first_day::date, :until::date), :iro_id::uuid, :by::text,
       greatest(:at::timestamptz, (SELECT max(upper(known)) FROM household_reviewer_past WHERE household_id = :household_id));

-- name: circumstances_on(on_day, child_ids, known_at)
-- One row a child: what holds on a day, as it is known now or was at an instant.
SELECT id, child_id, lower(in_force) AS first_day, upper(in_force) AS until, placed_miles, placed_abroad, placement_area, household_id,
       complexity, needs, wished_iro_id, unwanted_iro_id, keeps_iro_because,
       wished_weekdays, wished_from, wished_until, wished_place, wished_venue, activity_days, parents_apart
FROM child_circumstance
WHERE in_force @> :on_day::date
  AND CASE WHEN :known_at::timestamptz IS NULL THEN upper_inf(recorded) ELSE recorded @> :known_at::timestamptz END
  AND (:child_ids::uuid[] IS NULL OR child_id = ANY(:child_ids::uuid[]));

-- name: standing(child_id)
-- Every statement of a child that is in force, in the order of its days.
SELECT id, child_id, lower(in_force) AS first_day, upper(in_force) AS until, placed_miles, placed_abroad, placement_area, household_id,
       complexity, needs, wished_iro_id, unwanted_iro_id, keeps_iro_because,
       wished_weekdays, wished_from, wished_until, wished_place, wished_venue, activity_days, parents_apart
FROM child_circumstance WHERE child_id = :child_id AND upper_inf(recorded) ORDER BY in_force;

-- name: last_version(id)^
SELECT id, child_id, lower(in_force) AS first_day, upper(in_force) AS until, placed_miles, placed_abroad, placement_area, household_id,
       complexity, needs, wished_iro_id, unwanted_iro_id, keeps_iro_because,
       wished_weekdays, wished_from, wished_until, wished_place, wished_venue, activity_days, parents_apart
FROM child_circumstance WHERE id = :id ORDER BY recorded DESC LIMIT 1;

-- name: moment(child_ids, now)$
-- Now, or a microsecond after the last thing stated of these children where the clock stands still or runs behind.
SELECT greatest(:now::timestamptz, max(lower(recorded)) + interval '1 microsecond', max(upper(recorded)))
FROM child_circumstance WHERE child_id = ANY(:child_ids::uuid[]);

-- name: close(id, at)!
UPDATE child_circumstance SET recorded = tstzrange(lower(recorded), :at::timestamptz) WHERE id = :id AND upper_inf(recorded);

-- name: open(row, first_day, until, at)!
INSERT INTO child_circumstance
SELECT stated.id, stated.child_id, tstzrange(:at::timestamptz, NULL), daterange(:first_day::date, :until::date), stated.placed_miles,
       stated.placed_abroad, stated.placement_area, stated.household_id, stated.complexity, stated.needs, stated.wished_iro_id,
       stated.unwanted_iro_id, stated.keeps_iro_because, stated.recorded_by,
       stated.wished_weekdays, stated.wished_from, stated.wished_until, stated.wished_place, stated.wished_venue, stated.activity_days,
       stated.parents_apart
FROM jsonb_populate_record(NULL::child_circumstance, :row::jsonb) AS stated;

-- name: child_in_reach(child_id, everything, iro_id, own, today)$
SELECT true FROM children_in_sight(:everything, :iro_id::uuid, :own::text[], :today::date) WHERE child_id = :child_id;

-- name: household_of(reference)$
SELECT id FROM foster_household WHERE reference = :reference;

-- name: add_household(id, reference)$
INSERT INTO foster_household (id, reference) VALUES (:id, :reference)
ON CONFLICT ON CONSTRAINT foster_household_reference_once DO NOTHING RETURNING id;

-- name: keep_correction(id, at, by, what, records, record_id, reason)!
INSERT INTO correction (id, at, by, what, records, record_id, reason) VALUES (:id, :at, :by, :what, :records, :record_id, :reason);

-- name: leave_meeting(child_id, household_id, meeting_id)!
-- The meeting took place without this subject, whose obligation is free to be booked again.
UPDATE meeting_item SET live = false
WHERE meeting_id = :meeting_id AND live AND (child_id = :child_id::uuid OR household_id = :household_id::uuid);

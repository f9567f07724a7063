-- name: child_in_reach(child_id, everything, iro_id, own, today)$
SELECT true FROM children_in_sight(:everything, :iro_id::uuid, :own::text[], :today::date) WHERE child_id = :child_id;

-- name: household_of(reference)$
SELECT id FROM foster_household WHERE reference = :reference;

-- name: add_household(id, reference)$
INSERT INTO foster_household (id, reference) VALUES (:id, :reference)
ON CONFLICT ON CONSTRAINT foster_household_reference_once DO NOTHING RETURNING id;

-- name: keep_correction(id, at, by, what, records, record_id, reason)!
INSERT INTO correction (id, at, by, what, records, record_id, reason) VALUES (:id, :at, :by, :what, :records, :record_id, :reason);

-- name: leave_meeting(child_id, household_id, meeting_id, by, at)!
-- The meeting took place without this subject, whose obligation is free to be booked again; without any, it did not take place.
WITH freed AS (
    UPDATE meeting_item SET live = false
    WHERE meeting_id = :meeting_id AND live AND (child_id = :child_id::uuid OR household_id = :household_id::uuid)
), changed AS (
    UPDATE meeting g SET version = g.version + 1, state = CASE
        WHEN g.state <> 'HELD' OR EXISTS (SELECT FROM held_record h WHERE h.meeting_id = g.id AND upper_inf(h.recorded)
                                          AND h.child_id IS DISTINCT FROM :child_id::uuid) THEN g.state ELSE 'CANCELLED' END
    WHERE g.id = :meeting_id
    RETURNING g.id, g.state
), unheld AS (
    UPDATE sitting s SET held_on = NULL, attended = NULL FROM changed g WHERE s.meeting_id = g.id AND g.state = 'CANCELLED'
)
INSERT INTO meeting_event (meeting_id, number, at, by, what, details)
SELECT g.id, 1 + coalesce(last.number, 0), greatest(:at::timestamptz, last.at), :by, 'RECORD_WITHDRAWN',
       jsonb_build_object('after', jsonb_build_object('state', g.state))
FROM changed g CROSS JOIN LATERAL (SELECT max(e.number) AS number, max(e.at) AS at FROM meeting_event e WHERE e.meeting_id = g.id) last;

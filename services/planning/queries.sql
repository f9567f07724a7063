-- name: owed(first_day, last_day, today, now, kinds)
-- What is to be placed: due within the span, or overdue, and not booked. A provisional booking that has lapsed is none.
SELECT o.id AS obligation_id, o.child_id, o.kind, o.triggered_on, o.rule_code, o.statutory_due_on, o.book_by_on, o.not_before_on
FROM obligation o JOIN child c ON c.id = o.child_id
WHERE o.state IN ('OPEN', 'EXPECTED')
  AND o.book_by_on <= :last_day AND (o.book_by_on >= :first_day OR o.book_by_on < :today)
  AND (:kinds::text[] IS NULL OR o.kind = ANY(:kinds::text[]))
  AND NOT EXISTS (
      SELECT FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id
      WHERE i.obligation_id = o.id AND i.live AND (m.state <> 'PROVISIONAL' OR m.provisional_until > :now))
ORDER BY o.book_by_on, c.reference, o.kind, o.triggered_on;

-- name: standing(now)
-- Meetings that are booked and not yet held, child by child: their days start chains.
SELECT i.child_id, i.kind, (m.starts_at AT TIME ZONE 'Europe/London')::date AS day
FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id JOIN child c ON c.id = i.child_id
WHERE i.live
  AND (m.state = 'CONFIRMED' OR (m.state = 'PROVISIONAL' AND m.provisional_until > :now))
ORDER BY m.starts_at, c.reference, i.kind;

-- name: sibling_groups(child_ids)
SELECT child_id, group_key FROM sibling_group_member WHERE child_id = ANY(:child_ids::uuid[]) AND upper_inf(recorded);

-- name: resources(today)
-- Who and what can be held, with a room's seats and a police place's team.
SELECT r.id, r.kind, r.code, room.seats, room.features, place.team_id
FROM resource r
LEFT JOIN room ON room.resource_id = r.id
LEFT JOIN police_place place ON place.resource_id = r.id
WHERE r.active && daterange(:today::date, NULL)
ORDER BY r.kind, r.code;

-- name: police_teams()
SELECT id, code FROM police_team WHERE capacity > 0 ORDER BY code;

-- name: available(resource_ids, first, until)
SELECT resource_id, lower(during) AS starts_at, upper(during) AS ends_at
FROM availability
WHERE resource_id = ANY(:resource_ids::uuid[]) AND during && tstzrange(:first, :until)
ORDER BY resource_id, during;

-- name: busy(resource_ids, first, until, now)
SELECT h.resource_id, lower(h.blocked) AS starts_at, upper(h.blocked) AS ends_at
FROM hold h JOIN meeting m ON m.id = h.meeting_id
WHERE h.resource_id = ANY(:resource_ids::uuid[]) AND h.blocked && tstzrange(:first, :until)
  AND (m.state <> 'PROVISIONAL' OR m.provisional_until > :now)
ORDER BY h.resource_id, h.blocked;

-- name: write_up(first, now)
-- What note-takers can write up a week, and have to, by the Monday, from the week of an instant on.
SELECT n.resource_id, n.write_up_a_week,
       (SELECT jsonb_object_agg(week.monday, week.minutes) FROM (
            SELECT monday_of(lower(h.attended)) AS monday, sum(h.write_up) AS minutes FROM hold h JOIN meeting m ON m.id = h.meeting_id
            WHERE h.resource_id = n.resource_id AND h.blocked && tstzrange(:first::timestamptz - interval '7 days', NULL) AND h.write_up > 0
              AND (m.state <> 'PROVISIONAL' OR m.provisional_until > :now) GROUP BY 1) week) AS written
FROM note_taker n;

-- name: initial_conferences(kinds, since, today)$
-- Conferences, not children: siblings on one day count once.
SELECT count(DISTINCT (h.held_on, coalesce(s.group_key, h.child_id::text)))
FROM held_record h
LEFT JOIN sibling_group_member s ON s.child_id = h.child_id AND upper_inf(s.recorded)
WHERE h.kind = ANY(:kinds::text[]) AND upper_inf(h.recorded) AND h.held_on > :since AND h.held_on <= :today;

-- name: add_plan(id, first_day, last_day, kinds, may_move, frozen_days, today, requested_by, now)!
INSERT INTO plan (id, state, first_day, last_day, kinds, may_move, frozen_days, today, requested_by, requested_at)
VALUES (:id, 'QUEUED', :first_day, :last_day, :kinds, :may_move, :frozen_days, :today, :requested_by, :now);

-- name: lock_plan(id)^
SELECT * FROM plan WHERE id = :id FOR UPDATE;

-- name: start_applying(id, apply_by)!
UPDATE plan SET state = 'APPLYING', apply_by = :apply_by, progress = 0, heartbeat_at = NULL, attempts = 0, finished_at = NULL WHERE id = :id;

-- name: cancel(id, now)!
UPDATE plan
SET state = 'CANCELLED', finished_at = :now,
    message = CASE state WHEN 'APPLYING' THEN 'cancelled on request; what it had booked by then stands' ELSE 'cancelled on request' END
WHERE id = :id;

-- name: claim(now, stale)^
-- One run that waits, or whose worker has not been heard of: it is ours from now on.
UPDATE plan SET state = CASE state WHEN 'QUEUED' THEN 'RUNNING' ELSE state END, heartbeat_at = :now, attempts = attempts + 1
WHERE id = (
    SELECT id FROM plan
    WHERE state = 'QUEUED' OR (state IN ('RUNNING', 'APPLYING') AND (heartbeat_at IS NULL OR heartbeat_at < :stale))
    ORDER BY requested_at FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING *;

-- name: beat(id, now, progress, placed, late, late_bound)$
-- Answers the state: somebody may have cancelled the run.
UPDATE plan
SET heartbeat_at = :now, progress = greatest(progress, coalesce(:progress, progress)), placed = coalesce(:placed, placed), late = coalesce(:late, late),
    late_bound = coalesce(:late_bound, late_bound)
WHERE id = :id RETURNING state;

-- name: fail(id, now, message)!
UPDATE plan SET state = 'FAILED', finished_at = :now, message = :message WHERE id = :id AND state IN ('RUNNING', 'APPLYING');

-- name: forget_placements(id)!
DELETE FROM plan_placement WHERE plan_id = :id;

-- name: forget_unplaced(id)!
DELETE FROM plan_unplaced WHERE plan_id = :id;

-- name: add_unplaced(plan_id, number, obligation_id, child_id, kind, triggered_on, statutory_due_on, book_by_on, blockers, rule_code)*!
INSERT INTO plan_unplaced (plan_id, number, obligation_id, child_id, kind, triggered_on, statutory_due_on, book_by_on, blockers, rule_code)
VALUES (:plan_id, :number, :obligation_id, :child_id, :kind, :triggered_on, :statutory_due_on, :book_by_on, :blockers, :rule_code);

-- name: add_unrepaired(plan_id, number, meeting_id, kind, lacks, blockers)*!
INSERT INTO plan_unplaced (plan_id, number, meeting_id, kind, lacks, blockers)
VALUES (:plan_id, :number, :meeting_id, :kind, :lacks, :blockers);

-- name: propose(id, now, wanted, placed, late, late_bound, message, goals)!
UPDATE plan
SET state = 'PROPOSED', progress = 1, finished_at = :now, wanted = :wanted, placed = :placed, late = :late, late_bound = :late_bound, message = :message, goals = :goals
WHERE id = :id AND state = 'RUNNING';

-- name: next_placements(id, at_once)
-- The next ones in the order of their numbers, and whatever stands or falls with one of them.
WITH next AS (
    SELECT p.id, p.group_number FROM plan_placement p WHERE p.plan_id = :id AND p.applied IS NULL ORDER BY p.number LIMIT :at_once
)
SELECT p.*, coalesce((SELECT jsonb_agg(jsonb_build_object('child_id', i.child_id, 'kind', i.kind, 'obligation_id', i.obligation_id,
                                                          'triggered_on', i.triggered_on, 'chained', i.chained) ORDER BY i.number)
                      FROM plan_placement_item i WHERE i.placement_id = p.id), '[]') AS items
FROM plan_placement p
WHERE p.plan_id = :id AND p.applied IS NULL
  AND (p.id IN (SELECT id FROM next) OR p.group_number IN (SELECT group_number FROM next))
ORDER BY p.number
FOR UPDATE OF p;

-- name: waiting_placements(ids)
SELECT p.*, coalesce((SELECT jsonb_agg(jsonb_build_object('child_id', i.child_id, 'kind', i.kind, 'obligation_id', i.obligation_id,
                                                          'triggered_on', i.triggered_on, 'chained', i.chained) ORDER BY i.number)
                      FROM plan_placement_item i WHERE i.placement_id = p.id), '[]') AS items
FROM plan_placement p
WHERE p.id = ANY(:ids::uuid[]) AND p.applied IS NULL
ORDER BY p.number;

-- name: booked_on(child_id, day)$
-- Whether a meeting of the child stands, or was held, on the day that starts the next clock.
SELECT EXISTS (
    SELECT FROM meeting_item i JOIN meeting m ON m.id = i.meeting_id
    WHERE i.child_id = :child_id AND i.live AND (m.starts_at AT TIME ZONE 'Europe/London')::date = :day)
    OR EXISTS (SELECT FROM held_record h WHERE h.child_id = :child_id AND upper_inf(h.recorded) AND h.held_on = :day);

-- name: chairs_all(child_ids, chair_id, day)$
-- Whether every one of the children is allocated to this officer on that day.
SELECT NOT EXISTS (
    SELECT FROM unnest(:child_ids::uuid[]) AS named (child_id)
    WHERE NOT EXISTS (SELECT FROM allocation a WHERE a.child_id = named.child_id AND a.iro_id = :chair_id AND a.held @> :day::date));

-- name: note_applied(id, applied, result, meeting_id)!
UPDATE plan_placement SET applied = :applied, result = :result, meeting_id = coalesce(:meeting_id, meeting_id) WHERE id = :id;

-- name: applied_share(id)$
SELECT coalesce(avg((applied IS NOT NULL)::int), 1)::float8 FROM plan_placement WHERE plan_id = :id;

-- name: finish_applying(id, now)!
UPDATE plan
SET state = 'APPLIED', progress = 1, finished_at = :now,
    message = (
        SELECT concat_ws('; ',
            CASE WHEN changed.n = 0 OR new.n > 0 THEN format('%s of %s %s booked', new.done, new.n, CASE new.n WHEN 1 THEN 'meeting' ELSE 'meetings' END) END,
            CASE WHEN changed.n > 0 THEN format('%s of %s %s that stood changed', changed.done, changed.n, CASE changed.n WHEN 1 THEN 'meeting' ELSE 'meetings' END) END)
        FROM (SELECT count(*) AS n, count(*) FILTER (WHERE applied) AS done FROM plan_placement WHERE plan_id = plan.id AND meeting_version IS NULL) new,
             (SELECT count(*) AS n, count(*) FILTER (WHERE applied) AS done FROM plan_placement WHERE plan_id = plan.id AND meeting_version IS NOT NULL) changed)
WHERE id = :id AND state = 'APPLYING';

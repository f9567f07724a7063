-- name: without_iro(child_ids, on_day, everything, iro_id, own)
-- Of these children those in sight who have no IRO on a day, with what began when; left_on: when the last IRO's time with them ended.
SELECT s.child_id,
       (SELECT max(started_on) FROM care_period c
        WHERE c.child_id = s.child_id AND upper_inf(c.recorded) AND c.started_on <= :on_day::date
          AND (c.ended_on IS NULL OR c.ended_on > :on_day::date)) AS care_since,
       (SELECT max(started_on) FROM protection_plan p
        WHERE p.child_id = s.child_id AND upper_inf(p.recorded) AND p.started_on <= :on_day::date
          AND (p.ended_on IS NULL OR p.ended_on > :on_day::date)) AS plan_since,
       (SELECT min(triggered_on) FROM obligation o
        WHERE o.child_id = s.child_id AND o.kind = 'SHORT_BREAK_REVIEW' AND o.triggered_on <= :on_day::date
          AND (o.state IN ('OPEN', 'EXPECTED') OR (o.state = 'HELD' AND o.held_on > :on_day::date)
               OR (o.state = 'VOID' AND o.void_from > :on_day::date))) AS breaks_since,
       (SELECT max(upper(held)) FROM allocation a WHERE a.child_id = s.child_id AND upper(a.held) <= :on_day::date) AS left_on
FROM children_in_sight(:everything, :iro_id::uuid, :own::text[], :on_day::date) s
WHERE s.child_id = ANY(:child_ids::uuid[])
  AND NOT EXISTS (SELECT FROM allocation a WHERE a.child_id = s.child_id AND a.held @> :on_day::date);

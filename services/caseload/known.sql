-- name: who_may_await(at, child_ids)
-- Children of whom a record of that time may call for a starting conference or for a review of short breaks. With child_ids: of
-- those and all their siblings.
WITH asked AS (
    SELECT unnest(:child_ids::uuid[]) AS id
    UNION
    SELECT sibling.child_id
    FROM sibling_group_member own
    JOIN sibling_group_member sibling ON sibling.group_key = own.group_key AND sibling.recorded @> :at::timestamptz
    WHERE own.child_id = ANY(:child_ids::uuid[]) AND own.recorded @> :at::timestamptz
), called AS (
    SELECT child_id FROM section47 WHERE recorded @> :at::timestamptz
    UNION
    SELECT child_id FROM transfer WHERE direction = 'IN' AND recorded @> :at::timestamptz
    UNION
    SELECT child_id FROM held_record WHERE to_reconvene AND child_id IS NOT NULL AND recorded @> :at::timestamptz
    UNION
    SELECT child_id FROM care_period WHERE short_break AND recorded @> :at::timestamptz
    UNION
    SELECT child_id FROM care_status WHERE status = 'SHORT_BREAK' AND recorded @> :at::timestamptz
)
SELECT child_id FROM called WHERE :child_ids::uuid[] IS NULL OR child_id IN (SELECT id FROM asked);

-- name: expected_by(at, on_day)
-- What bookings gave to expect then.
SELECT child_id, kind, triggered_on FROM expected_past WHERE known @> :at::timestamptz AND triggered_on <= :on_day::date;

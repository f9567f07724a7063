-- name: attendees_of(ids, all_items, participant_id, iro_id, own_items, today)
SELECT a.meeting_id, a.role, a.agency, a.arrives_at, a.required, a.invited, a.direct_contact, a.consent, a.apart, a.attended
FROM attendee a
WHERE a.meeting_id = ANY(:ids::uuid[])
  AND EXISTS (SELECT FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i WHERE i.meeting_id = a.meeting_id)
ORDER BY a.meeting_id, a.number;

-- name: constituted(ids, all_items, participant_id, iro_id, own_items, today)
-- What a quorum hangs on beside who comes: a chair, and whether an illness may be fabricated or induced, by what is recorded now of the
-- day of the meeting.
SELECT m.id, m.kind, m.chair_id IS NOT NULL AS chaired,
       EXISTS (SELECT FROM meeting_item i JOIN child_circumstance c ON c.child_id = i.child_id
               WHERE i.meeting_id = m.id AND upper_inf(c.recorded) AND c.in_force @> (m.starts_at AT TIME ZONE 'Europe/London')::date
                 AND 'FABRICATED_OR_INDUCED_ILLNESS' = ANY(c.complexity)) AS induced
FROM meeting m
WHERE m.id = ANY(:ids::uuid[])
  AND EXISTS (SELECT FROM items_in_sight(:all_items, :participant_id, :iro_id, :own_items::text[], :today::date) i WHERE i.meeting_id = m.id);

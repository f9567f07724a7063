-- name: invitations_of(everything, note_taker_id, police_team_id, own, ids)
-- What was owed to each addressee of a meeting in sight, in order.
SELECT e.meeting_id, e.addressee_kind || ' ' || e.addressee_code AS attendee, n.method, n.sequence, n.state, n.sent_at,
       r.answer, r.received_at AS answered_at, lower(r.proposed) AS proposed_from, upper(r.proposed) AS proposed_until
FROM meetings_in_sight(:everything, :note_taker_id, :police_team_id, :own::text[]) m
JOIN calendar_entry e ON e.meeting_id = m.id
JOIN notice n ON n.uid = e.uid
LEFT JOIN invitation_reply r ON r.uid = n.uid AND r.sequence = n.sequence
WHERE m.id = ANY(:ids::uuid[])
ORDER BY e.meeting_id, e.addressee_kind, e.addressee_code, n.sequence;

-- name: feeds_listed(everything, self_id, scopes, ids)
SELECT f.id, f.scope, f.code, f.free_busy_only, f.issued_at, f.revoked_at, f.last_fetched_at, diary.changed_at,
       diary.version > 0 AND f.revoked_at IS NULL AND f.fetched_version IS DISTINCT FROM diary.version AS stale
FROM calendar_feed f
CROSS JOIN LATERAL (
    SELECT coalesce(sum(d.version), 0) AS version, max(d.changed_at) AS changed_at
    FROM diary_version d WHERE f.owner_id IS NULL OR d.owner_id = f.owner_id
) diary
WHERE (:everything OR f.owner_id = :self_id OR f.scope = ANY(:scopes::text[]))
  AND (:ids::uuid[] IS NULL OR f.id = ANY(:ids))
ORDER BY f.issued_at DESC, f.id;

-- A notice that was refused for good and that nothing newer follows, with the address to which mail for that addressee goes now.
-- name: refused_notice(id, room_desk)^
SELECT n.uid, n.email, n.message = ''::bytea AS never_composed,
       CASE e.addressee_kind
           WHEN 'ROOM_DESK' THEN :room_desk
           WHEN 'POLICE' THEN (SELECT email FROM police_team WHERE id = e.owner_id)
           ELSE (SELECT email FROM resource WHERE id = e.owner_id)
       END AS email_now
FROM notice n JOIN calendar_entry e ON e.uid = n.uid AND e.sequence = n.sequence
WHERE n.id = :id AND n.state = 'REFUSED';

-- name: owe_notice_again(id, now)$
UPDATE notice SET state = 'OWED', refusal = NULL, attempts = 0, owed_at = :now, next_attempt_at = :now
WHERE id = :id AND state = 'REFUSED' AND message <> ''::bytea
RETURNING id;

-- name: owe_letter_again(id, now)$
UPDATE letter SET state = 'OWED', refusal = NULL, attempts = 0, owed_at = :now, next_attempt_at = :now
WHERE id = :id AND state = 'REFUSED' AND message <> ''::bytea
RETURNING id;

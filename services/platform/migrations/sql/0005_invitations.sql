-- Invitations that are answered, and mail that could not be delivered: what of both waits for a person.

-- The answer that stands to one invitation; a later change of the meeting asks anew, under the next sequence.
CREATE TABLE invitation_reply (
    uid         text        NOT NULL,
    sequence    integer     NOT NULL,
    id          uuid        NOT NULL CONSTRAINT invitation_reply_id_once UNIQUE, -- of this answer: another one has another
    answer      text        NOT NULL CONSTRAINT invitation_reply_known CHECK (answer IN ('ACCEPTED', 'DECLINED', 'TENTATIVE')),
    counters    boolean     NOT NULL DEFAULT false,   -- asks for another time
    proposed    tstzrange   CONSTRAINT invitation_reply_bounded
                            CHECK (NOT isempty(proposed) AND NOT lower_inf(proposed) AND NOT upper_inf(proposed)), -- null: none that could be read
    stamped_at  timestamptz NOT NULL,                 -- by the sender's clock (DTSTAMP), never later than received_at
    received_at timestamptz NOT NULL,
    seen_to_at  timestamptz,
    seen_to_by  text,
    CONSTRAINT invitation_reply_key PRIMARY KEY (uid, sequence),
    CONSTRAINT invitation_reply_of_notice FOREIGN KEY (uid, sequence) REFERENCES notice (uid, sequence),
    CONSTRAINT invitation_reply_proposes CHECK (counters OR proposed IS NULL),
    CONSTRAINT invitation_reply_seen_to_by_somebody CHECK ((seen_to_at IS NULL) = (seen_to_by IS NULL))
);
CREATE INDEX invitation_reply_open ON invitation_reply (received_at) WHERE seen_to_at IS NULL AND (answer = 'DECLINED' OR counters);
GRANT SELECT, INSERT, UPDATE ON invitation_reply TO convene_app;

-- Mail that was refused for good, and who has seen to it.
ALTER TABLE notice ADD COLUMN seen_to_at timestamptz;
ALTER TABLE notice ADD COLUMN seen_to_by text;
ALTER TABLE notice ADD CONSTRAINT notice_seen_to_by_somebody CHECK ((seen_to_at IS NULL) = (seen_to_by IS NULL));
CREATE INDEX notice_refused ON notice (owed_at) WHERE state = 'REFUSED' AND seen_to_at IS NULL;
ALTER TABLE letter ADD COLUMN seen_to_at timestamptz;
ALTER TABLE letter ADD COLUMN seen_to_by text;
ALTER TABLE letter ADD CONSTRAINT letter_seen_to_by_somebody CHECK ((seen_to_at IS NULL) = (seen_to_by IS NULL));
CREATE INDEX letter_refused ON letter (owed_at) WHERE state = 'REFUSED' AND seen_to_at IS NULL;

-- ---------------------------------------------------------------------------------------------- a diary that tells of its changes

-- One row a change of a meeting, with where it stood and who took part before: whom to tell that it is gone. `changed_in` tells
-- exactly which changes a snapshot has not seen, in whatever order they are committed. Kept for a day.
CREATE TABLE diary_change (
    number             bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT diary_change_key PRIMARY KEY,
    changed_in         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    at                 timestamptz NOT NULL DEFAULT clock_timestamp(),
    meeting_id         uuid        NOT NULL,
    was_starts_at      timestamptz,                   -- null: it was not there before
    was_note_taker_id  uuid,
    was_police_team_id uuid,
    was_child_id       uuid                           -- of a child that it concerned and may concern no more
);
CREATE INDEX diary_change_unseen ON diary_change (changed_in);
CREATE INDEX diary_change_age ON diary_change (at);
GRANT SELECT, INSERT, DELETE ON diary_change TO convene_app;

CREATE FUNCTION note_meeting_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO diary_change (meeting_id) VALUES (NEW.id);
    ELSE
        INSERT INTO diary_change (meeting_id, was_starts_at, was_note_taker_id, was_police_team_id)
        VALUES (OLD.id, OLD.starts_at, OLD.note_taker_id, OLD.police_team_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER diary_tells AFTER INSERT OR UPDATE ON meeting FOR EACH ROW EXECUTE FUNCTION note_meeting_changed();

CREATE FUNCTION note_meeting_concerns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO diary_change (meeting_id) VALUES (NEW.meeting_id);
    ELSE
        INSERT INTO diary_change (meeting_id, was_starts_at, was_note_taker_id, was_police_team_id, was_child_id)
        SELECT m.id, m.starts_at, m.note_taker_id, m.police_team_id, OLD.child_id FROM meeting m WHERE m.id = OLD.meeting_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER diary_tells AFTER INSERT OR UPDATE OF child_id, kind OR DELETE ON meeting_item
    FOR EACH ROW EXECUTE FUNCTION note_meeting_concerns();

-- ---------------------------------------------------------------------------------------------- free and busy

-- Which version of its diary was fetched last (null: none that anybody noted): two changes may share an instant, no two a version.
ALTER TABLE calendar_feed ADD COLUMN fetched_version bigint;

-- An address that gives free and busy times alone; and since when they are as they were given last.
ALTER TABLE calendar_feed ADD COLUMN free_busy_only boolean NOT NULL DEFAULT false;
ALTER TABLE calendar_feed ADD COLUMN busy_hash bytea;
ALTER TABLE calendar_feed ADD COLUMN busy_since timestamptz;
ALTER TABLE calendar_feed ADD CONSTRAINT calendar_feed_free_busy_of_one CHECK (NOT free_busy_only OR owner_id IS NOT NULL);
ALTER TABLE calendar_feed ADD CONSTRAINT calendar_feed_busy_since CHECK ((busy_hash IS NULL) = (busy_since IS NULL));

-- ---------------------------------------------------------------------------------------------- restored from a backup

-- Each time that sequences were lifted after a restore: `restored` names the database that came of it.
CREATE TABLE restoration (
    number    bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT restoration_key PRIMARY KEY,
    restored  text        NOT NULL,
    at        timestamptz NOT NULL,
    by        text        NOT NULL,
    step      integer     NOT NULL CHECK (step > 0),
    entries   integer     NOT NULL,
    notices   integer     NOT NULL,
    withdrawn integer     NOT NULL                    -- cancelled without a meeting of ours: booked after the backup
);
GRANT SELECT, INSERT ON restoration TO convene_app;

-- ---------------------------------------------------------------------------------------------- the paper trail

-- When the papers of a meeting are to be looked at next, by the hour of the diary; 'infinity': not before it changes. Whatever changes a
-- meeting makes that at once, in its own transaction.
CREATE TABLE paper_trail (
    meeting_id uuid        NOT NULL CONSTRAINT paper_trail_key PRIMARY KEY CONSTRAINT paper_trail_of_meeting REFERENCES meeting,
    look_at    timestamptz NOT NULL,
    looked_at  timestamptz                            -- last; null: never yet
);
CREATE INDEX paper_trail_to_look ON paper_trail (look_at) WHERE look_at < 'infinity';
GRANT SELECT, INSERT, UPDATE ON paper_trail TO convene_app;

CREATE FUNCTION look_at_paper_trail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO paper_trail AS trail (meeting_id, look_at) VALUES (NEW.id, '-infinity')
    ON CONFLICT ON CONSTRAINT paper_trail_key DO UPDATE SET look_at = '-infinity' WHERE trail.look_at > '-infinity';
    RETURN NULL;
END $$;
CREATE TRIGGER paper_trail_follows AFTER INSERT OR UPDATE ON meeting FOR EACH ROW EXECUTE FUNCTION look_at_paper_trail();
INSERT INTO paper_trail (meeting_id, look_at) SELECT id, '-infinity' FROM meeting WHERE ends_at > now(); -- what is over owes nothing

-- One paper of a meeting: to be sent before it, or to be written after it.
CREATE TABLE paper_task (
    id         uuid        NOT NULL CONSTRAINT paper_task_key PRIMARY KEY,
    meeting_id uuid        NOT NULL CONSTRAINT paper_task_of_meeting REFERENCES meeting,
    kind       text        NOT NULL,
    whose      text        NOT NULL CONSTRAINT paper_task_whose CHECK (whose IN ('CHAIR', 'NOTE_TAKER', 'BUSINESS_SUPPORT')),
    owner_id   uuid        CONSTRAINT paper_task_owner REFERENCES resource, -- the chair or note-taker
    runs_from  timestamptz NOT NULL,                  -- the start before which, or the end after which it is due
    due_at     timestamptz NOT NULL,                  -- overdue from then on
    due_on     date,                                  -- the whole day at whose end that is; null: it is an hour
    raised_at  timestamptz NOT NULL,
    round      integer     NOT NULL DEFAULT 1,        -- rises each time that it is to be done anew: the meeting has moved
    done_at    timestamptz,
    done_by    text,
    lapsed     boolean     NOT NULL DEFAULT false,    -- the meeting has moved, or is not to be: nothing is owed
    CONSTRAINT paper_task_once UNIQUE (meeting_id, kind),
    CONSTRAINT paper_task_owned CHECK ((owner_id IS NULL) = (whose = 'BUSINESS_SUPPORT')),
    CONSTRAINT paper_task_done_by_somebody CHECK ((done_at IS NULL) = (done_by IS NULL))
);
CREATE INDEX paper_task_open ON paper_task (due_at) WHERE done_at IS NULL AND NOT lapsed;
CREATE INDEX paper_task_done ON paper_task (done_at) WHERE done_at IS NOT NULL;
GRANT SELECT, INSERT, UPDATE ON paper_task TO convene_app;

-- What the calendar of the one whose task it is shows of it. Its uid and sequence are for life.
CREATE TABLE task_entry (
    uid        text        NOT NULL CONSTRAINT task_entry_key PRIMARY KEY,
    task_id    uuid        NOT NULL CONSTRAINT task_entry_of_task REFERENCES paper_task,
    owner_id   uuid        NOT NULL,
    sequence   integer     NOT NULL CHECK (sequence >= 0),
    cancelled  boolean     NOT NULL,
    due_at     timestamptz NOT NULL,
    due_on     date,
    starts_at  timestamptz NOT NULL,
    vevent     text        NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT task_entry_once UNIQUE (task_id, owner_id)
);
CREATE INDEX task_entry_owner ON task_entry (owner_id, starts_at);
GRANT SELECT, INSERT, UPDATE ON task_entry TO convene_app;

-- A letter that tells of a sitting: not to be sent once that does not stand as it says, or has begun, or to whom is asked no more, or
-- otherwise than it says.
ALTER TABLE letter ADD COLUMN meeting_id uuid CONSTRAINT letter_meeting REFERENCES meeting;
ALTER TABLE letter ADD COLUMN sitting_starts_at timestamptz;
ALTER TABLE letter ADD COLUMN until timestamptz;      -- when it begins, by the clock of the senders
ALTER TABLE letter ADD COLUMN entry_uid text CONSTRAINT letter_entry REFERENCES calendar_entry; -- null: to nobody who is invited
ALTER TABLE letter ADD COLUMN entry_sequence integer; -- of that invitation: what the letter repeats
ALTER TABLE letter ADD COLUMN paper text;             -- which of its papers, and in which round
ALTER TABLE letter ADD COLUMN round integer;
ALTER TABLE letter ADD CONSTRAINT letter_of_sitting CHECK (num_nulls(meeting_id, sitting_starts_at, until, paper, round) IN (0, 5));
CREATE UNIQUE INDEX letter_paper_once ON letter (meeting_id, paper, round, email) WHERE state <> 'SUPERSEDED';
ALTER TABLE letter ADD CONSTRAINT letter_entry_of_meeting CHECK (entry_uid IS NULL OR meeting_id IS NOT NULL);
ALTER TABLE letter ADD CONSTRAINT letter_entry_as_told CHECK ((entry_uid IS NULL) = (entry_sequence IS NULL));

-- What waits for a person, as it is now: answers to what is still asked, mail refused with nothing newer to that addressee, and papers.
-- `until`: when it waits no more, done or not; null: until it is done. `place`: its order, by when it was or is due and what can be read.
CREATE VIEW waiting_task WITH (security_invoker = true) AS
WITH entry AS NOT MATERIALIZED (
    SELECT e.*, m.reference, e.addressee_kind || ' ' || e.addressee_code AS addressee FROM calendar_entry e JOIN meeting m ON m.id = e.meeting_id
), task (id, kind, meeting_id, about, attendee, raised_at, proposed, refusal, whose, owner_id, due_at, due_on, starts_at, until) AS (
    SELECT r.id, CASE WHEN r.answer = 'DECLINED' THEN 'DECLINED' ELSE 'TIME_PROPOSED' END, e.meeting_id, e.reference, e.addressee, r.received_at,
           r.proposed, NULL, 'BUSINESS_SUPPORT', NULL::uuid, NULL::timestamptz, NULL::date, e.starts_at, e.ends_at
    FROM invitation_reply r JOIN entry e ON e.uid = r.uid AND e.sequence = r.sequence
    WHERE r.seen_to_at IS NULL AND (r.answer = 'DECLINED' OR r.counters)
    UNION ALL
    SELECT n.id, 'UNDELIVERABLE', e.meeting_id, e.reference, e.addressee, n.owed_at, NULL, n.refusal, 'BUSINESS_SUPPORT', NULL, NULL, NULL,
           e.starts_at, e.ends_at
    FROM notice n JOIN entry e ON e.uid = n.uid AND e.sequence = n.sequence
    WHERE n.state = 'REFUSED' AND n.seen_to_at IS NULL
      AND NOT EXISTS (SELECT FROM invitation_reply r WHERE r.uid = n.uid AND r.sequence = n.sequence)
    UNION ALL
    SELECT l.id, 'UNDELIVERABLE', NULL, l.about, (SELECT min(r.kind || ' ' || r.code) FROM resource r WHERE r.email = l.email), l.owed_at,
           NULL, l.refusal, 'BUSINESS_SUPPORT', NULL, NULL, NULL, NULL, l.sitting_starts_at
    FROM letter l
    WHERE l.state = 'REFUSED' AND l.seen_to_at IS NULL
      AND NOT EXISTS (SELECT FROM letter newer WHERE newer.about = l.about AND newer.email = l.email AND newer.number > l.number)
    UNION ALL
    SELECT t.id, t.kind, t.meeting_id, m.reference, r.kind || ' ' || r.code, t.raised_at, NULL, NULL, t.whose, t.owner_id, t.due_at, t.due_on,
           m.starts_at, CASE WHEN t.kind IN ('POLICE_NOTICE', 'REPORT_REQUEST', 'REMINDER') THEN t.runs_from END
    FROM paper_task t JOIN meeting m ON m.id = t.meeting_id LEFT JOIN resource r ON r.id = t.owner_id
    WHERE t.done_at IS NULL AND NOT t.lapsed AND m.state IN ('CONFIRMED', 'ADJOURNED', 'HELD')
)
SELECT id, kind, meeting_id, about, attendee, raised_at, lower(proposed) AS proposed_starts_at, upper(proposed) AS proposed_ends_at, refusal,
       whose, owner_id, due_at, due_on, until,
       (to_char(coalesce(due_at, raised_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
        || concat_ws(' ', '', about, attendee, kind, to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))) COLLATE "C" AS place
FROM task;
GRANT SELECT ON waiting_task TO convene_app;

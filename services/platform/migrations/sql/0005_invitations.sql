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

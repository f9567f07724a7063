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

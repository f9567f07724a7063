-- Records of every kind of meeting. Bitemporal like those before them: see 0001.

-- ---------------------------------------------------------------------------------------------- history

-- An adoption order ends care, plan and every clock; what the child is called from then on is never linked to this record.
ALTER TABLE child_fact ADD COLUMN adopted_on date;
ALTER TABLE protection_plan ADD COLUMN end_reason text;
-- A source may know episodes and not under which law.
ALTER TABLE care_episode ALTER COLUMN legal_status DROP NOT NULL;

-- to_reconvene: it was inquorate and is to meet again. without_meeting: reviewed on paper (long-term placements).
ALTER TABLE held_record
    ADD COLUMN to_reconvene    boolean NOT NULL DEFAULT false,
    ADD COLUMN without_meeting boolean NOT NULL DEFAULT false;

-- What holds of a child in care for some time and has a clock of its own, or changes one.
CREATE TABLE care_status (
    id              uuid      NOT NULL,
    child_id        uuid      NOT NULL CONSTRAINT care_status_of_child REFERENCES child,
    recorded        tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    status          text      NOT NULL CHECK (status IN ('SHORT_BREAK', 'REMAND', 'AUTHORISED_FOR_ADOPTION', 'PLACED_FOR_ADOPTION',
                                                         'SECURE', 'LONG_TERM_PLACEMENT')),
    started_on      date      NOT NULL,
    started_on_exact boolean  NOT NULL DEFAULT true,  -- false: a window on a longer story only shows that it held by then
    ended_on        date,
    end_reason      text,                             -- DISRUPTED, ADOPTED, REVOKED, or as the source codes it
    expected_end_on date,                             -- of a remand: a review is owed before it
    source          text      NOT NULL,
    import_id       uuid,
    CONSTRAINT care_status_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS),
    CONSTRAINT care_status_in_order CHECK (ended_on IS NULL OR ended_on >= started_on)
);
CREATE INDEX care_status_child ON care_status (child_id);

-- A review that must be held earlier than its rule says (Care Planning Regulations, reg. 33(3)), or a conference brought forward.
CREATE TABLE earlier_review (
    id         uuid      NOT NULL,
    child_id   uuid      NOT NULL CONSTRAINT earlier_review_of_child REFERENCES child,
    recorded   tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    kind       text      NOT NULL,
    called_on  date      NOT NULL,
    by_on      date      NOT NULL,
    reason     text      NOT NULL CHECK (reason IN ('IRO_REQUESTS', 'WELFARE_NOT_SAFEGUARDED', 'LEAVING_REMAND', 'CEASING_TO_BE_LOOKED_AFTER',
                                                    'CHILD_REQUESTS', 'CARE_PLAN_CHANGE', 'BECAME_LOOKED_AFTER', 'CIRCUMSTANCES_CHANGED')),
    source     text      NOT NULL,
    import_id  uuid,
    CONSTRAINT earlier_review_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS),
    CONSTRAINT earlier_review_in_order CHECK (by_on >= called_on)
);
CREATE INDEX earlier_review_child ON earlier_review (child_id);

-- A child on a plan who moves between authorities: the one that it leaves stays responsible until the other has held its conference.
CREATE TABLE transfer (
    id            uuid      NOT NULL,
    child_id      uuid      NOT NULL CONSTRAINT transfer_of_child REFERENCES child,
    recorded      tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    direction     text      NOT NULL CHECK (direction IN ('IN', 'OUT')),
    notified_on   date      NOT NULL,                 -- of a transfer in: day 0 of our conference
    conference_on date,                               -- of a transfer out: when the other authority held its own
    withdrawn_on  date,
    source        text      NOT NULL,
    import_id     uuid,
    CONSTRAINT transfer_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS),
    CONSTRAINT transfer_in_order CHECK (conference_on IS NULL OR conference_on >= notified_on)
);
CREATE INDEX transfer_child ON transfer (child_id);

-- What was known at an instant is read from versions that are not in force any more, too: one index finds both. Beside 300 000
-- records of meetings those of one child as of last month are found in 1 ms instead of 80; writing 300 000 of them takes some 7 % longer.
DROP INDEX care_period_in_force, care_episode_in_force, protection_plan_in_force, section47_in_force, held_record_child_in_force,
    held_record_household_in_force;
CREATE INDEX care_period_child ON care_period (child_id);
CREATE INDEX care_episode_child ON care_episode (child_id);
CREATE INDEX protection_plan_child ON protection_plan (child_id);
CREATE INDEX section47_child ON section47 (child_id);
CREATE INDEX held_record_child ON held_record (child_id);
CREATE INDEX held_record_household ON held_record (household_id) WHERE household_id IS NOT NULL;

CREATE TABLE foster_household_fact (
    household_id uuid      NOT NULL CONSTRAINT foster_household_fact_of_household REFERENCES foster_household,
    recorded     tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    approved_on  date      NOT NULL,
    ended_on     date,                                -- the day on which the approval ended
    end_reason   text,
    source       text      NOT NULL,
    import_id    uuid,
    CONSTRAINT foster_household_fact_one_at_a_time PRIMARY KEY (household_id, recorded WITHOUT OVERLAPS),
    CONSTRAINT foster_household_fact_in_order CHECK (ended_on IS NULL OR ended_on >= approved_on)
);
CREATE UNIQUE INDEX foster_household_fact_in_force ON foster_household_fact (household_id) WHERE upper_inf(recorded);
INSERT INTO foster_household_fact (household_id, recorded, approved_on, source)
SELECT id, tstzrange(now(), NULL), approved_on, 'RECORDED' FROM foster_household;
ALTER TABLE foster_household DROP COLUMN approved_on;

ALTER TABLE obligation
    ADD COLUMN not_before_on      date,               -- a review that may not be held earlier (28 days after a disrupted placement)
    ADD COLUMN brought_forward_by text,               -- why it is owed earlier than its rule says; a code of earlier_review
    ADD COLUMN meeting_needed     boolean NOT NULL DEFAULT true;

-- Why a person corrected or withdrew a record, in her words; what changed is in the record's versions.
CREATE TABLE correction (
    id        uuid        NOT NULL CONSTRAINT correction_key PRIMARY KEY,
    at        timestamptz NOT NULL,
    by        text        NOT NULL,
    what      text        NOT NULL CHECK (what IN ('REVISED', 'WITHDRAWN')),
    records   text        NOT NULL,                   -- the table of the record
    record_id uuid        NOT NULL,                   -- of a child's own facts: the child; of a household's: the household
    reason    text        NOT NULL
);
CREATE INDEX correction_of_record ON correction (record_id);

-- ---------------------------------------------------------------------------------------------- identities

-- One child under two references (an SSDA903 CHILD and a census LAchildID): proposed, merged by a person, undone if wrong.
-- What is known of a merged child is recorded under the one that it was merged into, and so is what is stated of it later.
ALTER TABLE child ADD COLUMN merged_into uuid CONSTRAINT child_merged_into REFERENCES child
    CONSTRAINT child_not_merged_into_itself CHECK (merged_into <> id);
CREATE INDEX child_merged ON child (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE identity_link (
    id          uuid        NOT NULL CONSTRAINT identity_link_key PRIMARY KEY,
    child_id    uuid        NOT NULL CONSTRAINT identity_link_child REFERENCES child,
    other_id    uuid        NOT NULL CONSTRAINT identity_link_other REFERENCES child,
    evidence    text[]      NOT NULL,                 -- SAME_UPN, SAME_BIRTH, BIRTHS_DIFFER ..., never the number itself
    state       text        NOT NULL CHECK (state IN ('PROPOSED', 'MERGED', 'REJECTED', 'UNDONE')),
    proposed_at timestamptz NOT NULL,
    proposed_by text        NOT NULL,
    decided_at  timestamptz,
    decided_by  text,
    reason      text,
    moved       jsonb       NOT NULL DEFAULT '{}',    -- the records that a merge has moved, so that it can be undone
    CONSTRAINT identity_link_of_two CHECK (child_id <> other_id),
    CONSTRAINT identity_link_decided CHECK ((state = 'PROPOSED') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX identity_link_pair_once ON identity_link (least(child_id, other_id), greatest(child_id, other_id)) WHERE state <> 'UNDONE';

-- ---------------------------------------------------------------------------------------------- intake

-- What a diary file stated of a meeting, and the version to which that brought it: changed since, the meeting is left as it is.
CREATE TABLE diary_statement (
    meeting_id   uuid    NOT NULL CONSTRAINT diary_statement_key PRIMARY KEY CONSTRAINT diary_statement_of_meeting REFERENCES meeting,
    import_id    uuid    NOT NULL,
    kind         text    NOT NULL,
    child_ids    uuid[]  NOT NULL,                    -- as they were known then; a child merged since is seen as the other
    household_id uuid    CONSTRAINT diary_statement_household REFERENCES foster_household,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    codes        text[]  NOT NULL,                    -- of chair, room, note-taker and police team; '' where none was stated
    version      integer NOT NULL
);

-- ---------------------------------------------------------------------------------------------- directory

-- What a unit states in its establishment file, as opposed to what a release ships.
ALTER TABLE timescale ADD COLUMN source text NOT NULL DEFAULT 'SHIPPED';
-- The officer's number in the register of social workers: by it a professional of the case system is known to be this officer.
ALTER TABLE iro ADD COLUMN registration text CONSTRAINT iro_registration_once UNIQUE;
-- Two sources may each say that an officer had charge of a case: what one takes back the other may still state.
ALTER TABLE may_not_chair
    DROP CONSTRAINT may_not_chair_once,
    ADD CONSTRAINT may_not_chair_once PRIMARY KEY (iro_id, child_reference, source);

-- ---------------------------------------------------------------------------------------------- planning

-- Under which rule a planned duty falls due; null in plans that were laid before this was kept.
ALTER TABLE plan_placement_item ADD COLUMN rule_code text;
ALTER TABLE plan_unplaced ADD COLUMN rule_code text;

-- ---------------------------------------------------------------------------------------------- sight
-- A child that was merged into another is seen as that other, under either reference.

CREATE OR REPLACE FUNCTION children_in_sight(everything boolean, iro uuid, own_references text[], on_day date)
RETURNS TABLE (child_id uuid, reference text) LANGUAGE sql STABLE AS $$
    SELECT c.id, c.reference
    FROM child c
    WHERE c.merged_into IS NULL AND (
          $1
       OR c.reference = ANY ($3)
       OR EXISTS (SELECT FROM child m WHERE m.merged_into = c.id AND m.reference = ANY ($3))
       OR EXISTS (SELECT FROM allocation a WHERE a.child_id = c.id AND a.iro_id = $2 AND a.held @> $4))
$$;

CREATE OR REPLACE FUNCTION meetings_in_sight(everything boolean, note_taker uuid, police_team uuid, own_references text[])
RETURNS SETOF meeting LANGUAGE sql STABLE AS $$
    SELECT m.*
    FROM meeting m
    WHERE $1
       OR m.note_taker_id = $2
       OR m.police_team_id = $3
       OR EXISTS (SELECT FROM meeting_item i JOIN child c ON i.child_id IN (c.id, c.merged_into)
                  WHERE i.meeting_id = m.id AND c.reference = ANY ($4))
$$;

CREATE OR REPLACE FUNCTION items_in_sight(everything boolean, participant uuid, iro uuid, own_references text[], on_day date)
RETURNS SETOF meeting_item LANGUAGE sql STABLE AS $$
    SELECT i.*
    FROM meeting_item i
    WHERE $1
       OR EXISTS (SELECT FROM meeting m WHERE m.id = i.meeting_id AND (m.chair_id = $2 OR m.note_taker_id = $2))
       OR EXISTS (SELECT FROM child c WHERE i.child_id IN (c.id, c.merged_into) AND c.reference = ANY ($4))
       OR EXISTS (SELECT FROM allocation a WHERE a.child_id = i.child_id AND a.iro_id = $3 AND a.held @> $5)
$$;

-- ---------------------------------------------------------------------------------------------- roles

GRANT SELECT, INSERT, UPDATE, DELETE ON care_status, earlier_review, transfer, foster_household_fact, identity_link,
    diary_statement TO convene_app;
GRANT SELECT, INSERT ON correction TO convene_app;

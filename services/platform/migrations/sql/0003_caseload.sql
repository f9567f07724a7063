-- Caseloads that can be argued with, decisions of two people, and rebalancing.

-- ---------------------------------------------------------------------------------------------- schemes

-- A day's scheme may be stated anew; what it was stays, with the identity that decisions were kept under.
ALTER TABLE weighting_scheme ADD COLUMN superseded_at timestamptz;
ALTER TABLE weighting_scheme DROP CONSTRAINT weighting_scheme_one_a_day;
CREATE UNIQUE INDEX weighting_scheme_one_a_day ON weighting_scheme (effective_from) WHERE superseded_at IS NULL;
-- The unit's settings as they were when a scheme was stated: a scheme stands until they are stated otherwise.
ALTER TABLE weighting_scheme ADD COLUMN settings_limit_per_wte numeric, ADD COLUMN settings_near_share numeric;
UPDATE weighting_scheme SET settings_limit_per_wte = limit_per_wte, settings_near_share = near_share;

-- ---------------------------------------------------------------------------------------------- capacity

-- When what is written now is stated: the instant that the writer names for its transaction, else the clock.
CREATE FUNCTION stated_at() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(nullif(current_setting('convene.stated_at', true), '')::timestamptz, clock_timestamp())
$$;

-- What was known of working time: a row that changes or goes is kept, with the time for which it was known.
ALTER TABLE resource           ADD COLUMN known_from timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE contract           ADD COLUMN known_from timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE capacity_reduction ADD COLUMN known_from timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE absence            ADD COLUMN known_from timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE resource           ALTER COLUMN known_from SET DEFAULT stated_at();
ALTER TABLE contract           ALTER COLUMN known_from SET DEFAULT stated_at();
ALTER TABLE capacity_reduction ALTER COLUMN known_from SET DEFAULT stated_at();
ALTER TABLE absence            ALTER COLUMN known_from SET DEFAULT stated_at();
UPDATE absence SET known_from = recorded_at;

CREATE TABLE capacity_past (
    resource_id uuid        NOT NULL CONSTRAINT capacity_past_of_resource REFERENCES resource,
    what        text        NOT NULL CHECK (what IN ('ACTIVE', 'CONTRACT', 'REDUCTION', 'ABSENCE')),
    in_force    daterange,                            -- of the first three
    during      tstzrange,                            -- of an absence
    wte         numeric,
    reason      text,
    known       tstzrange   NOT NULL
);
CREATE INDEX capacity_past_resource ON capacity_past (resource_id);

CREATE FUNCTION keep_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := greatest(stated_at(), OLD.known_from + interval '1 microsecond');
BEGIN
    IF TG_TABLE_NAME = 'resource' THEN
        IF TG_OP = 'UPDATE' AND NEW.active = OLD.active THEN RETURN NEW; END IF;
        INSERT INTO capacity_past (resource_id, what, in_force, known)
        VALUES (OLD.id, 'ACTIVE', OLD.active, tstzrange(OLD.known_from, until));
    ELSIF TG_TABLE_NAME = 'contract' THEN
        INSERT INTO capacity_past (resource_id, what, in_force, wte, known)
        VALUES (OLD.resource_id, 'CONTRACT', OLD.in_force, OLD.wte, tstzrange(OLD.known_from, until));
    ELSIF TG_TABLE_NAME = 'capacity_reduction' THEN
        INSERT INTO capacity_past (resource_id, what, in_force, wte, reason, known)
        VALUES (OLD.resource_id, 'REDUCTION', OLD.in_force, OLD.wte, OLD.reason, tstzrange(OLD.known_from, until));
    ELSE
        INSERT INTO capacity_past (resource_id, what, during, reason, known)
        VALUES (OLD.resource_id, 'ABSENCE', OLD.during, OLD.reason, tstzrange(OLD.known_from, until));
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    NEW.known_from := until;
    RETURN NEW;
END $$;
CREATE TRIGGER resource_kept BEFORE UPDATE OF active ON resource FOR EACH ROW EXECUTE FUNCTION keep_capacity();
CREATE TRIGGER contract_kept BEFORE UPDATE OR DELETE ON contract FOR EACH ROW EXECUTE FUNCTION keep_capacity();
CREATE TRIGGER capacity_reduction_kept BEFORE UPDATE OR DELETE ON capacity_reduction FOR EACH ROW EXECUTE FUNCTION keep_capacity();
CREATE TRIGGER absence_kept BEFORE UPDATE OR DELETE ON absence FOR EACH ROW EXECUTE FUNCTION keep_capacity();

-- A file speaks of what files stated; what a person recorded stands beside it.
ALTER TABLE capacity_reduction ADD COLUMN source text NOT NULL DEFAULT 'ESTABLISHMENT';

-- What a file last stated of someone's working time: what it states again unchanged does not undo what a person has recorded since.
ALTER TABLE resource ADD COLUMN stated jsonb;

-- Where an officer works, for the travel to a child's placement: names of areas, as the unit divides its world.
ALTER TABLE iro ADD COLUMN areas text[] NOT NULL DEFAULT '{}';

-- ---------------------------------------------------------------------------------------------- independence

-- Why an officer may not have a child. Beyond charge of the case: line management, control of its resources, a personal tie.
ALTER TABLE may_not_chair ADD COLUMN ground text NOT NULL DEFAULT 'HAD_CHARGE'
    CHECK (ground IN ('HAD_CHARGE', 'MANAGES_THE_CASE', 'CONTROLS_RESOURCES', 'PERSONAL_CONNECTION'));

-- What a person declared of an officer and a child, and took back: never rewritten.
CREATE TABLE independence_event (
    id              uuid        NOT NULL CONSTRAINT independence_event_key PRIMARY KEY,
    at              timestamptz NOT NULL,
    by              text        NOT NULL,
    iro_id          uuid        NOT NULL CONSTRAINT independence_event_iro REFERENCES iro,
    child_reference text        NOT NULL,
    what            text        NOT NULL CHECK (what IN ('DECLARED', 'WITHDRAWN')),
    ground          text,
    reason          text        NOT NULL
);
CREATE INDEX independence_event_child ON independence_event (child_reference);

-- ---------------------------------------------------------------------------------------------- circumstances

-- What no return tells and a person states of a child from a day on. Bitemporal; one statement holds on a day.
CREATE TABLE child_circumstance (
    id              uuid      NOT NULL,
    child_id        uuid      NOT NULL CONSTRAINT child_circumstance_of_child REFERENCES child,
    recorded        tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    in_force        daterange NOT NULL CHECK (NOT isempty(in_force) AND NOT lower_inf(in_force)),
    placed_miles    integer   CHECK (placed_miles >= 0),
    placed_abroad   boolean   NOT NULL DEFAULT false,
    placement_area  text,                             -- one of the unit's areas, never an address
    household_id    uuid      CONSTRAINT child_circumstance_household REFERENCES foster_household,
    complexity      text[]    NOT NULL DEFAULT '{}',  -- FABRICATED_OR_INDUCED_ILLNESS, OPEN_DISPUTE, OTHER
    needs           text[]    NOT NULL DEFAULT '{}',  -- specialities that would help
    wished_iro_id   uuid      CONSTRAINT child_circumstance_wished REFERENCES iro,
    unwanted_iro_id uuid      CONSTRAINT child_circumstance_unwanted REFERENCES iro,
    keeps_iro_because text,                           -- not to be moved by a rebalancing unless no other way exists
    recorded_by     text      NOT NULL,
    CONSTRAINT child_circumstance_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS)
);
-- Of one child one statement holds on a day, by what is known at an instant.
ALTER TABLE child_circumstance ADD CONSTRAINT child_circumstance_one_a_day EXCLUDE USING gist (child_id WITH =, in_force WITH &&, recorded WITH &&);
CREATE INDEX child_circumstance_child ON child_circumstance (child_id);
CREATE INDEX child_circumstance_placed ON child_circumstance (household_id) WHERE household_id IS NOT NULL;

-- Who reviews a foster home. Never the IRO of a child placed there.
CREATE TABLE household_reviewer (
    id           uuid      NOT NULL CONSTRAINT household_reviewer_id_once UNIQUE,
    household_id uuid      NOT NULL CONSTRAINT household_reviewer_of_household REFERENCES foster_household,
    held         daterange NOT NULL CHECK (NOT isempty(held) AND NOT lower_inf(held)),
    iro_id       uuid      NOT NULL CONSTRAINT household_reviewer_is_iro REFERENCES iro,
    recorded_by  text      NOT NULL,
    recorded_at  timestamptz NOT NULL,
    CONSTRAINT household_reviewer_one_a_day PRIMARY KEY (household_id, held WITHOUT OVERLAPS)
);
CREATE INDEX household_reviewer_iro ON household_reviewer (iro_id);

-- What was known of reviewers before it was stated otherwise, with the time for which it was.
CREATE TABLE household_reviewer_past (
    household_id uuid      NOT NULL CONSTRAINT household_reviewer_past_household REFERENCES foster_household,
    held         daterange NOT NULL,
    iro_id       uuid      NOT NULL CONSTRAINT household_reviewer_past_iro REFERENCES iro,
    known        tstzrange NOT NULL CHECK (NOT isempty(known))
);
CREATE INDEX household_reviewer_past_of ON household_reviewer_past (household_id);

-- ---------------------------------------------------------------------------------------------- weights, kept

-- What each child weighs on one day, under one scheme: derived, so that one decision need not weigh the whole unit. Whatever
-- changes a weight is noted in the transaction that changes it (by a row of its own: nobody waits for anybody), and the next
-- decision weighs these children and their brothers and sisters anew. Unlogged: after a crash all of it is empty, and the
-- next decision weighs everybody.
CREATE UNLOGGED TABLE weighed (
    as_of date NOT NULL,
    basis text NOT NULL                               -- the points of the scheme and the engine that these weights are by
);
CREATE UNLOGGED TABLE weighed_child (
    child_id uuid    NOT NULL CONSTRAINT weighed_child_key PRIMARY KEY,
    points   numeric NOT NULL
);
CREATE UNLOGGED TABLE weight_changed (child_id uuid NOT NULL);

CREATE FUNCTION note_weight_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO weight_changed (child_id) SELECT DISTINCT child_id FROM changed WHERE child_id IS NOT NULL;
    RETURN NULL;
END $$;
-- Both who it was and who it is: a record that is joined to another child changes two weights.
CREATE FUNCTION note_weight_changed_from() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO weight_changed (child_id)
    SELECT child_id FROM changed WHERE child_id IS NOT NULL UNION SELECT child_id FROM was WHERE child_id IS NOT NULL;
    RETURN NULL;
END $$;
-- Whom a child leaves changes in weight as well as whom it joins.
CREATE FUNCTION note_group_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO weight_changed (child_id)
    SELECT DISTINCT m.child_id FROM changed c JOIN sibling_group_member m ON m.group_key = c.group_key AND upper_inf(m.recorded)
    UNION SELECT child_id FROM changed;
    RETURN NULL;
END $$;
DO $$
DECLARE
    records text;
BEGIN
    FOREACH records IN ARRAY ARRAY['child_fact', 'care_period', 'care_episode', 'care_status', 'protection_plan', 'held_record',
                                   'obligation', 'child_circumstance'] LOOP
        EXECUTE format('CREATE TRIGGER weighs_anew AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION note_weight_changed()', records);
        EXECUTE format('CREATE TRIGGER weighs_otherwise AFTER UPDATE ON %I REFERENCING OLD TABLE AS was NEW TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION note_weight_changed_from()', records);
        EXECUTE format('CREATE TRIGGER weighs_no_more AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION note_weight_changed()', records);
    END LOOP;
END $$;
CREATE TRIGGER weighs_anew AFTER INSERT ON sibling_group_member REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_group_changed();
CREATE TRIGGER weighs_otherwise AFTER UPDATE ON sibling_group_member REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_group_changed();
CREATE TRIGGER weighs_no_more AFTER DELETE ON sibling_group_member REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_group_changed();

-- ---------------------------------------------------------------------------------------------- decisions

-- until: up to when the decision reached when it was made; with `at` it tells who had a child as it was known at any time.
ALTER TABLE allocation_event ADD COLUMN until date;
-- In the order in which they were decided, one after the other.
ALTER TABLE allocation_event ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX allocation_event_run ON allocation_event (run_id) WHERE run_id IS NOT NULL;

-- What a booking gave to expect before any record told of it, and for how long: by it a child was in scope.
CREATE TABLE expected_past (
    child_id     uuid      NOT NULL CONSTRAINT expected_past_of_child REFERENCES child,
    kind         text      NOT NULL,
    triggered_on date      NOT NULL,
    known        tstzrange NOT NULL
);
CREATE INDEX expected_past_child ON expected_past (child_id);
INSERT INTO expected_past (child_id, kind, triggered_on, known)
SELECT child_id, kind, triggered_on, tstzrange('-infinity', NULL) FROM obligation
WHERE state = 'EXPECTED' AND kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE', 'SHORT_BREAK_REVIEW');

CREATE FUNCTION keep_expected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state = 'EXPECTED' THEN
        UPDATE expected_past SET known = tstzrange(lower(known), greatest(stated_at(), lower(known) + interval '1 microsecond'))
        WHERE (child_id, kind, triggered_on) = (OLD.child_id, OLD.kind, OLD.triggered_on) AND upper_inf(known);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'EXPECTED' THEN
        INSERT INTO expected_past (child_id, kind, triggered_on, known)
        VALUES (NEW.child_id, NEW.kind, NEW.triggered_on, tstzrange(stated_at(), NULL));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER obligation_expected AFTER INSERT ON obligation FOR EACH ROW
    WHEN (NEW.state = 'EXPECTED' AND NEW.kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE', 'SHORT_BREAK_REVIEW'))
    EXECUTE FUNCTION keep_expected();
CREATE TRIGGER obligation_expected_otherwise AFTER UPDATE ON obligation FOR EACH ROW
    WHEN ((OLD.state = 'EXPECTED' OR NEW.state = 'EXPECTED') AND OLD.child_id IS NOT NULL
          AND (OLD.child_id, OLD.kind, OLD.triggered_on, OLD.state) IS DISTINCT FROM (NEW.child_id, NEW.kind, NEW.triggered_on, NEW.state)
          AND NEW.kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE', 'SHORT_BREAK_REVIEW'))
    EXECUTE FUNCTION keep_expected();
CREATE TRIGGER obligation_expected_no_more AFTER DELETE ON obligation FOR EACH ROW
    WHEN (OLD.state = 'EXPECTED' AND OLD.child_id IS NOT NULL
          AND OLD.kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE', 'SHORT_BREAK_REVIEW'))
    EXECUTE FUNCTION keep_expected();

-- A person's decision that needs another manager: over the limit, or a change of IRO.
CREATE TABLE allocation_request (
    id             uuid        NOT NULL CONSTRAINT allocation_request_key PRIMARY KEY,
    child_id       uuid        NOT NULL CONSTRAINT allocation_request_child REFERENCES child,
    iro_id         uuid        NOT NULL CONSTRAINT allocation_request_iro REFERENCES iro,
    from_iro_id    uuid        CONSTRAINT allocation_request_from_iro REFERENCES iro,
    needs_approval_for text[]  NOT NULL CHECK (cardinality(needs_approval_for) > 0), -- OVER_LIMIT, CHANGE_OF_IRO, AGAINST_RECOMMENDATION
    reason         text        NOT NULL,
    state          text        NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'APPROVED', 'DECLINED', 'OVERTAKEN')),
    asked_by       text        NOT NULL,
    asked_at       timestamptz NOT NULL,
    decided_by     text,
    decided_at     timestamptz,
    decided_reason text,
    decision       jsonb       NOT NULL DEFAULT '{}', -- the recommendation and what the choice would cost, as they were when asked
    CONSTRAINT allocation_request_decided CHECK ((state = 'WAITING') = (decided_by IS NULL)),
    CONSTRAINT allocation_request_by_another CHECK (state <> 'APPROVED' OR decided_by <> asked_by)
);
CREATE UNIQUE INDEX allocation_request_one_waiting ON allocation_request (child_id) WHERE state = 'WAITING';

-- ---------------------------------------------------------------------------------------------- rebalancing

CREATE TABLE rebalancing (
    id             uuid        NOT NULL CONSTRAINT rebalancing_key PRIMARY KEY,
    state          text        NOT NULL CHECK (state IN ('QUEUED','RUNNING','PROPOSED','APPLYING','APPLIED','SUPERSEDED','FAILED','CANCELLED')),
    progress       real        NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    max_moves      integer     NOT NULL CHECK (max_moves >= 0),
    absent_iro_ids uuid[]      NOT NULL DEFAULT '{}',
    keep_child_ids uuid[]      NOT NULL DEFAULT '{}',
    target_utilisation numeric CHECK (target_utilisation > 0),
    today          date        NOT NULL,
    requested_by   text        NOT NULL,
    requested_at   timestamptz NOT NULL,
    heartbeat_at   timestamptz,
    attempts       integer     NOT NULL DEFAULT 0,
    finished_at    timestamptz,
    worst_utilisation       numeric,
    worst_utilisation_bound numeric,
    before         jsonb,                             -- caseloads that the proposal starts from, and what it rests on
    after          jsonb,
    basis          jsonb,
    message        text,
    applied_by     text,
    applied_at     timestamptz,
    applied_on     date,
    apply_reason   text,
    results        jsonb       NOT NULL DEFAULT '[]', -- [{move_id, applied, message}]
    undone_by      text,
    undone_at      timestamptz
);
CREATE INDEX rebalancing_waiting ON rebalancing (requested_at) WHERE state IN ('QUEUED', 'RUNNING', 'APPLYING');

-- Brothers and sisters (or one child) who would go from one officer to another together.
CREATE TABLE rebalancing_move (
    id             uuid    NOT NULL CONSTRAINT rebalancing_move_key PRIMARY KEY,
    rebalancing_id uuid    NOT NULL CONSTRAINT rebalancing_move_of REFERENCES rebalancing ON DELETE CASCADE,
    number         integer NOT NULL CHECK (number > 0),
    child_ids      uuid[]  NOT NULL CHECK (cardinality(child_ids) > 0),
    from_iro_id    uuid    NOT NULL CONSTRAINT rebalancing_move_from REFERENCES iro,
    to_iro_id      uuid    NOT NULL CONSTRAINT rebalancing_move_to REFERENCES iro,
    points         numeric NOT NULL,
    reasons        text[]  NOT NULL,
    decision       jsonb   NOT NULL DEFAULT '{}',
    was            jsonb   NOT NULL DEFAULT '{}',     -- what applying it changed, as it was before: what undoing it restores
    CONSTRAINT rebalancing_move_number_once UNIQUE (rebalancing_id, number)
);

-- A booked meeting that a move disturbs. REPLACED: the new officer chairs it; COVER: she is not free, the old one still
-- chairs it; RELEASED: nobody chairs it, the next plan is to repair it.
CREATE TABLE rebalancing_meeting (
    move_id    uuid    NOT NULL CONSTRAINT rebalancing_meeting_of_move REFERENCES rebalancing_move ON DELETE CASCADE,
    meeting_id uuid    NOT NULL CONSTRAINT rebalancing_meeting_is_meeting REFERENCES meeting,
    version    integer NOT NULL,                      -- as the proposal saw it
    chair      text    NOT NULL CHECK (chair IN ('REPLACED', 'COVER', 'RELEASED')),
    notices    integer NOT NULL DEFAULT 0,            -- invitations that this would change
    message    text    NOT NULL,
    CONSTRAINT rebalancing_meeting_key PRIMARY KEY (move_id, meeting_id)
);

-- ---------------------------------------------------------------------------------------------- letters

-- Plain mails beside the invitations: owed and sent in the same way, one addressee each.
CREATE TABLE letter (
    id              uuid        NOT NULL CONSTRAINT letter_key PRIMARY KEY,
    number          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY, -- of two about one matter the earlier goes first
    about           text        NOT NULL,             -- 'rebalancing:<id>': never a child
    email           text        NOT NULL,
    message_id      text        NOT NULL CONSTRAINT letter_message_once UNIQUE,
    message         bytea       NOT NULL,
    state           text        NOT NULL DEFAULT 'OWED' CHECK (state IN ('OWED', 'SENT', 'SUPERSEDED', 'REFUSED')),
    owed_at         timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    tried_at        timestamptz,
    sent_at         timestamptz,
    refusal         text
);
CREATE INDEX letter_owed ON letter (next_attempt_at, id) WHERE state = 'OWED';

-- ---------------------------------------------------------------------------------------------- roles

GRANT SELECT, INSERT, UPDATE, DELETE ON child_circumstance, household_reviewer, allocation_request, rebalancing, rebalancing_move,
    rebalancing_meeting, letter TO convene_app;
GRANT SELECT, INSERT ON capacity_past, independence_event, household_reviewer_past TO convene_app;
GRANT SELECT, INSERT, UPDATE ON expected_past TO convene_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON weighed, weighed_child, weight_changed TO convene_app;

-- The first schema. Ranges are half-open; an unbounded end is NULL, never 'infinity' (a NULL-ended range is not inside
-- an 'infinity'-ended one, so the two must not mix). Constraint names are a vocabulary: kernel/errors.py speaks it.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- ---------------------------------------------------------------------------------------------- platform

CREATE TABLE request_key (
    actor       text        NOT NULL,
    key         text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    body_hash   bytea       NOT NULL,
    answer      jsonb,
    made_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT request_key_once PRIMARY KEY (actor, key)
);

CREATE TABLE audit_event (
    id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_event_key PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text        NOT NULL,
    role        text        NOT NULL,
    action      text        NOT NULL,                 -- a verb: BOOK, MOVE, READ_CHILD, IMPORT ...
    subject     text,                                 -- what it was done to: 'meeting:<id>', 'child:<id>' ...
    request_id  text,
    details     jsonb       NOT NULL DEFAULT '{}'     -- ids, codes and old/new values; never free text about a child
);
CREATE INDEX audit_event_subject ON audit_event (subject, id);

-- ---------------------------------------------------------------------------------------------- directory

CREATE TABLE setting (
    key         text      NOT NULL,
    in_force    daterange NOT NULL CHECK (NOT isempty(in_force)),
    value       jsonb     NOT NULL,
    CONSTRAINT setting_one_a_day PRIMARY KEY (key, in_force WITHOUT OVERLAPS)
);

CREATE TABLE timescale (
    code        text      NOT NULL,                   -- e.g. CARE_REVIEW_FIRST, REVIEW_CONFERENCE_NEXT
    in_force    daterange NOT NULL CHECK (NOT isempty(in_force)),
    amount      integer   NOT NULL CHECK (amount > 0),
    unit        text      NOT NULL CHECK (unit IN ('WORKING_DAYS', 'DAYS', 'WEEKS', 'MONTHS', 'YEARS')),
    census_days integer   CHECK (census_days > 0),    -- the sector's day-count (91, 183), where it has one
    legal_basis text      NOT NULL,
    CONSTRAINT timescale_one_a_day PRIMARY KEY (code, in_force WITHOUT OVERLAPS)
);

-- Chair, room, note-taker and each place of a police team are all resources: whatever can be in one place only.
CREATE TABLE resource (
    id          uuid NOT NULL CONSTRAINT resource_key PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('IRO', 'ROOM', 'NOTE_TAKER', 'POLICE')),
    code        text NOT NULL CHECK (code <> ''),     -- a police place: team code and number, POL-01/1
    name        text NOT NULL,
    email       text,
    active      daterange NOT NULL DEFAULT daterange('2000-01-01', NULL) CHECK (NOT isempty(active)),
    CONSTRAINT resource_code_once UNIQUE (kind, code)
);

CREATE TABLE iro (
    resource_id  uuid   NOT NULL CONSTRAINT iro_key PRIMARY KEY CONSTRAINT iro_is_resource REFERENCES resource,
    specialities text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE room (
    resource_id uuid    NOT NULL CONSTRAINT room_key PRIMARY KEY CONSTRAINT room_is_resource REFERENCES resource,
    seats       integer NOT NULL CHECK (seats > 0),
    features    text[]  NOT NULL DEFAULT '{}'
);

CREATE TABLE note_taker (
    resource_id uuid NOT NULL CONSTRAINT note_taker_key PRIMARY KEY CONSTRAINT note_taker_is_resource REFERENCES resource
);

CREATE TABLE police_team (
    id       uuid    NOT NULL CONSTRAINT police_team_key PRIMARY KEY,
    code     text    NOT NULL CONSTRAINT police_team_code_once UNIQUE,
    name     text    NOT NULL,
    email    text,
    capacity integer NOT NULL CHECK (capacity >= 0)   -- conferences at one time; places beyond it are inactive
);

CREATE TABLE police_place (
    resource_id uuid    NOT NULL CONSTRAINT police_place_key PRIMARY KEY CONSTRAINT police_place_is_resource REFERENCES resource,
    team_id     uuid    NOT NULL CONSTRAINT police_place_of_team REFERENCES police_team,
    number      integer NOT NULL CHECK (number > 0),
    CONSTRAINT police_place_number_once UNIQUE (team_id, number)
);

-- WTE of an IRO or a note-taker, by day; reductions (induction, phased return, other duties) are WTE taken off, with a reason.
CREATE TABLE contract (
    resource_id uuid      NOT NULL CONSTRAINT contract_of_resource REFERENCES resource,
    in_force    daterange NOT NULL CHECK (NOT isempty(in_force)),
    wte         numeric   NOT NULL CHECK (wte >= 0),
    CONSTRAINT contract_one_a_day PRIMARY KEY (resource_id, in_force WITHOUT OVERLAPS)
);

CREATE TABLE capacity_reduction (
    id          uuid      NOT NULL CONSTRAINT capacity_reduction_key PRIMARY KEY,
    resource_id uuid      NOT NULL CONSTRAINT capacity_reduction_of_resource REFERENCES resource,
    in_force    daterange NOT NULL CHECK (NOT isempty(in_force)),
    wte         numeric   NOT NULL CHECK (wte > 0),
    reason      text      NOT NULL
);
CREATE INDEX capacity_reduction_resource ON capacity_reduction (resource_id);

-- Weekly pattern as the establishment states it ("Mon-Fri 09:00-17:00"), one text a line of it.
CREATE TABLE working_pattern (
    resource_id uuid      NOT NULL CONSTRAINT working_pattern_of_resource REFERENCES resource,
    in_force    daterange NOT NULL CHECK (NOT isempty(in_force)),
    pattern     text[]    NOT NULL,
    CONSTRAINT working_pattern_one_a_day PRIMARY KEY (resource_id, in_force WITHOUT OVERLAPS)
);

CREATE TABLE absence (
    id          uuid        NOT NULL CONSTRAINT absence_key PRIMARY KEY,
    resource_id uuid        NOT NULL CONSTRAINT absence_of_resource REFERENCES resource,
    during      tstzrange   NOT NULL CHECK (NOT isempty(during)),
    reason      text        NOT NULL CHECK (reason IN ('LEAVE','SICKNESS','COURT','TRAINING','OTHER_DUTY','CLOSURE','OTHER')),
    source      text        NOT NULL,                 -- ESTABLISHMENT or the actor who recorded it
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX absence_resource ON absence USING gist (resource_id, during);

-- When each resource is at work: its pattern, less bank holidays and absences, plus what it has offered. Laid out ahead,
-- one row a stretch; holds must lie inside it (hold_within_availability).
CREATE TABLE availability (
    resource_id uuid      NOT NULL CONSTRAINT availability_of_resource REFERENCES resource,
    during      tstzrange NOT NULL CHECK (NOT isempty(during) AND NOT upper_inf(during) AND NOT lower_inf(during)),
    CONSTRAINT availability_no_overlap PRIMARY KEY (resource_id, during WITHOUT OVERLAPS)
);

-- Children of whose case an officer once had charge. By reference: the child may not be known here yet.
CREATE TABLE may_not_chair (
    iro_id          uuid NOT NULL CONSTRAINT may_not_chair_iro REFERENCES iro,
    child_reference text NOT NULL,
    reason          text NOT NULL DEFAULT 'had charge of the case',
    source          text NOT NULL,
    CONSTRAINT may_not_chair_once PRIMARY KEY (iro_id, child_reference)
);

-- ---------------------------------------------------------------------------------------------- history
-- Records are bitemporal: the law's time in their own columns, ours in `recorded`. A change closes the version in force
-- (upper bound of `recorded`) and adds another with the same id. What is in force now has an unbounded `recorded`.

CREATE TABLE child (
    id        uuid NOT NULL CONSTRAINT child_key PRIMARY KEY,
    reference text NOT NULL CONSTRAINT child_reference_once UNIQUE CHECK (reference <> '' AND length(reference) <= 64)
);

CREATE TABLE child_fact (
    child_id    uuid      NOT NULL CONSTRAINT child_fact_of_child REFERENCES child,
    recorded    tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    born_on     date,
    expected_on date,
    sex         text,
    upn         text,
    died_on     date,
    source      text      NOT NULL,
    import_id   uuid,
    CONSTRAINT child_fact_one_at_a_time PRIMARY KEY (child_id, recorded WITHOUT OVERLAPS)
);
CREATE UNIQUE INDEX child_fact_in_force ON child_fact (child_id) WHERE upper_inf(recorded);

CREATE TABLE care_period (
    id               uuid      NOT NULL,
    child_id         uuid      NOT NULL CONSTRAINT care_period_of_child REFERENCES child,
    recorded         tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    started_on       date      NOT NULL,
    started_on_exact boolean   NOT NULL,
    ended_on         date,                            -- the day on which care ended; no review is owed from it on
    end_reason       text,
    legal_status     text,                            -- the latest known (SSDA903 LS)
    short_break      boolean   NOT NULL DEFAULT false, -- all its episodes are V3 or V4
    reviews_known_from date,                          -- reviews before it may be in no record (a return is a window); null: all are
    source           text      NOT NULL,
    import_id        uuid,
    CONSTRAINT care_period_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS),
    CONSTRAINT care_period_in_order CHECK (ended_on IS NULL OR ended_on >= started_on)
);
CREATE INDEX care_period_in_force ON care_period (child_id) WHERE upper_inf(recorded);

CREATE TABLE care_episode (
    id             uuid      NOT NULL,
    child_id       uuid      NOT NULL CONSTRAINT care_episode_of_child REFERENCES child,
    recorded       tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    started_on     date      NOT NULL,
    ended_on       date,
    reason_started text      NOT NULL,                -- RNE
    legal_status   text      NOT NULL,                -- LS
    placement      text,                              -- PLACE
    reason_ended   text,                              -- REC
    source         text      NOT NULL,
    import_id      uuid,
    CONSTRAINT care_episode_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS)
);
CREATE INDEX care_episode_in_force ON care_episode (child_id) WHERE upper_inf(recorded);

CREATE TABLE protection_plan (
    id         uuid      NOT NULL,
    child_id   uuid      NOT NULL CONSTRAINT protection_plan_of_child REFERENCES child,
    recorded   tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    started_on date      NOT NULL,
    ended_on   date,
    category   text,
    reviews_known_from date,                          -- as of a period of care
    source     text      NOT NULL,
    import_id  uuid,
    CONSTRAINT protection_plan_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS),
    CONSTRAINT protection_plan_in_order CHECK (ended_on IS NULL OR ended_on >= started_on)
);
CREATE INDEX protection_plan_in_force ON protection_plan (child_id) WHERE upper_inf(recorded);

CREATE TABLE section47 (
    id                       uuid      NOT NULL,
    child_id                 uuid      NOT NULL CONSTRAINT section47_of_child REFERENCES child,
    recorded                 tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    initiating_discussion_on date      NOT NULL,
    conference_target_on     date,                    -- as the census states it; ours is computed
    conference_on            date,
    conference_not_required  boolean   NOT NULL DEFAULT false,
    source                   text      NOT NULL,
    import_id                uuid,
    CONSTRAINT section47_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS)
);
CREATE INDEX section47_in_force ON section47 (child_id) WHERE upper_inf(recorded);

CREATE TABLE foster_household (
    id          uuid NOT NULL CONSTRAINT foster_household_key PRIMARY KEY,
    reference   text NOT NULL CONSTRAINT foster_household_reference_once UNIQUE CHECK (reference <> ''),
    approved_on date NOT NULL
);

-- Conferences and reviews that took place, from the records and from this diary.
CREATE TABLE held_record (
    id            uuid      NOT NULL,
    child_id      uuid      CONSTRAINT held_record_of_child REFERENCES child,
    household_id  uuid      CONSTRAINT held_record_of_household REFERENCES foster_household,
    recorded      tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    kind          text      NOT NULL,
    held_on       date      NOT NULL,
    completed_on  date,
    participation text      CHECK (participation IN ('PN0','PN1','PN2','PN3','PN4','PN5','PN6','PN7')),
    meeting_id    uuid,
    source        text      NOT NULL,
    import_id     uuid,
    CONSTRAINT held_record_one_at_a_time PRIMARY KEY (id, recorded WITHOUT OVERLAPS),
    CONSTRAINT held_record_of_one_subject CHECK (num_nonnulls(child_id, household_id) = 1)
);
CREATE INDEX held_record_child_in_force ON held_record (child_id) WHERE upper_inf(recorded);
CREATE INDEX held_record_household_in_force ON held_record (household_id) WHERE upper_inf(recorded);

CREATE TABLE sibling_group_member (
    child_id   uuid      NOT NULL CONSTRAINT sibling_group_member_child REFERENCES child,
    group_key  text      NOT NULL,
    recorded   tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    source     text      NOT NULL,
    CONSTRAINT sibling_group_one_at_a_time PRIMARY KEY (child_id, recorded WITHOUT OVERLAPS)
);
CREATE INDEX sibling_group_in_force ON sibling_group_member (group_key) WHERE upper_inf(recorded);

CREATE TABLE parentage (
    child_id  uuid      NOT NULL CONSTRAINT parentage_child REFERENCES child,
    parent_id uuid      NOT NULL CONSTRAINT parentage_parent REFERENCES child,
    recorded  tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    source    text      NOT NULL,
    CONSTRAINT parentage_one_at_a_time PRIMARY KEY (child_id, parent_id, recorded WITHOUT OVERLAPS),
    CONSTRAINT parentage_not_own CHECK (child_id <> parent_id)
);
CREATE INDEX parentage_parent_in_force ON parentage (parent_id) WHERE upper_inf(recorded);

-- What is due, for whom, by when, under which rule: a projection of the records above, rewritten in the transaction that
-- changes them. Its id is computed from subject, kind and trigger; a trigger that is corrected moves the row (cascade).
CREATE TABLE obligation (
    id               uuid    NOT NULL CONSTRAINT obligation_key PRIMARY KEY,
    child_id         uuid    CONSTRAINT obligation_of_child REFERENCES child,
    household_id     uuid    CONSTRAINT obligation_of_household REFERENCES foster_household,
    kind             text    NOT NULL,
    triggered_on     date    NOT NULL,
    triggered_by     text    NOT NULL,                -- a sentence: 'became looked after', 'care review held'
    rule_code        text    NOT NULL,
    rule_amount      integer NOT NULL,
    rule_unit        text    NOT NULL,
    legal_basis      text    NOT NULL,
    statutory_due_on date    NOT NULL,
    census_due_on    date,
    book_by_on       date    NOT NULL,
    state            text    NOT NULL CHECK (state IN ('OPEN', 'EXPECTED', 'HELD', 'VOID')),
    held_on          date,
    completed_on     date,
    void_from        date,                            -- the day from which nothing was owed any more; null: it never was
    CONSTRAINT obligation_of_one_subject CHECK (num_nonnulls(child_id, household_id) = 1),
    CONSTRAINT obligation_held_has_day CHECK ((state = 'HELD') = (held_on IS NOT NULL))
);
CREATE INDEX obligation_child ON obligation (child_id, kind, triggered_on);
CREATE INDEX obligation_household ON obligation (household_id, kind, triggered_on);
CREATE INDEX obligation_live_due ON obligation (book_by_on, id) WHERE state IN ('OPEN', 'EXPECTED');
CREATE INDEX obligation_held ON obligation (held_on) WHERE state = 'HELD';

-- ---------------------------------------------------------------------------------------------- intake

CREATE TABLE import_report (
    id          uuid        NOT NULL CONSTRAINT import_report_key PRIMARY KEY,
    source      text        NOT NULL,                 -- SSDA903, CIN_CENSUS, FAMILY, ALLOCATIONS, ESTABLISHMENT ...
    file_name   text        NOT NULL,
    as_of       date        NOT NULL,
    made_by     text        NOT NULL,
    made_at     timestamptz NOT NULL,
    counts      jsonb       NOT NULL                  -- rows read, children taken / unchanged / refused, findings by severity
);

CREATE TABLE import_finding (
    import_id       uuid    NOT NULL CONSTRAINT import_finding_of_report REFERENCES import_report ON DELETE CASCADE,
    number          integer NOT NULL,
    file_name       text    NOT NULL,
    line            integer,                          -- or the element of an XML file
    element         text,
    child_reference text,
    rule            text    NOT NULL,
    severity        text    NOT NULL CHECK (severity IN ('REFUSED', 'DOUBTFUL', 'NOTE')),
    message         text    NOT NULL,
    CONSTRAINT import_finding_key PRIMARY KEY (import_id, number)
);

-- ---------------------------------------------------------------------------------------------- caseload

CREATE TABLE weighting_scheme (
    id             uuid        NOT NULL CONSTRAINT weighting_scheme_key PRIMARY KEY,
    effective_from date        NOT NULL CONSTRAINT weighting_scheme_one_a_day UNIQUE,
    limit_per_wte  numeric     NOT NULL CHECK (limit_per_wte > 0),
    near_share     numeric     NOT NULL CHECK (near_share > 0 AND near_share <= 1),
    recorded_by    text        NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE scheme_factor (
    scheme_id uuid    NOT NULL CONSTRAINT scheme_factor_of_scheme REFERENCES weighting_scheme ON DELETE CASCADE,
    code      text    NOT NULL,
    points    numeric NOT NULL,
    CONSTRAINT scheme_factor_once PRIMARY KEY (scheme_id, code)
);

CREATE TABLE allocation (
    id          uuid      NOT NULL CONSTRAINT allocation_id_once UNIQUE,
    child_id    uuid      NOT NULL CONSTRAINT allocation_of_child REFERENCES child,
    held        daterange NOT NULL CHECK (NOT isempty(held) AND NOT lower_inf(held)),
    iro_id      uuid      NOT NULL CONSTRAINT allocation_to_iro REFERENCES iro,
    reason      text,
    approved_by text,
    CONSTRAINT allocation_one_iro_a_day PRIMARY KEY (child_id, held WITHOUT OVERLAPS)
);
CREATE INDEX allocation_iro ON allocation (iro_id);

CREATE TABLE allocation_event (
    id            uuid        NOT NULL CONSTRAINT allocation_event_key PRIMARY KEY,
    child_id      uuid        NOT NULL CONSTRAINT allocation_event_of_child REFERENCES child,
    at            timestamptz NOT NULL,
    by            text        NOT NULL,
    what          text        NOT NULL,               -- ALLOCATED, CHANGED, ENDED, UNDONE, IMPORTED
    iro_id        uuid        CONSTRAINT allocation_event_iro REFERENCES iro,
    from_iro_id   uuid        CONSTRAINT allocation_event_from_iro REFERENCES iro,
    effective_on  date        NOT NULL,
    reason        text,
    approved_by   text,
    run_id        uuid,
    decision      jsonb       NOT NULL DEFAULT '{}'   -- reasons, rejected officers, scheme and engine version
);
CREATE INDEX allocation_event_child ON allocation_event (child_id, at);

-- ---------------------------------------------------------------------------------------------- booking

CREATE TABLE meeting (
    id                   uuid        NOT NULL CONSTRAINT meeting_key PRIMARY KEY,
    reference            text        NOT NULL CONSTRAINT meeting_reference_once UNIQUE,
    kind                 text        NOT NULL,        -- the leading kind; each item has its own
    state                text        NOT NULL CHECK (state IN ('PROVISIONAL','CONFIRMED','HELD','ADJOURNED','POSTPONED','CANCELLED')),
    starts_at            timestamptz NOT NULL,
    ends_at              timestamptz NOT NULL,
    chair_id             uuid        CONSTRAINT meeting_chair REFERENCES iro,
    room_id              uuid        CONSTRAINT meeting_room REFERENCES room,
    note_taker_id        uuid        CONSTRAINT meeting_note_taker REFERENCES note_taker,
    police_team_id       uuid        CONSTRAINT meeting_police_team REFERENCES police_team,
    police_waived_reason text,                        -- why police do not attend a conference that expects them
    venue                text,
    venue_confidential   boolean     NOT NULL DEFAULT true,
    remote               boolean     NOT NULL DEFAULT false,
    needs                text[]      NOT NULL DEFAULT '{}', -- resource kinds it still lacks
    provisional_until    timestamptz,
    override_reason      text,
    version              integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    CONSTRAINT meeting_in_order CHECK (ends_at > starts_at),
    CONSTRAINT meeting_provisional_lapses CHECK ((state = 'PROVISIONAL') = (provisional_until IS NOT NULL))
);
CREATE INDEX meeting_starts ON meeting (starts_at, id);
CREATE INDEX meeting_of_chair ON meeting (chair_id, starts_at);
CREATE INDEX meeting_of_room ON meeting (room_id, starts_at);
CREATE INDEX meeting_of_note_taker ON meeting (note_taker_id, starts_at);
CREATE INDEX meeting_of_police_team ON meeting (police_team_id, starts_at);

CREATE TABLE sitting (
    meeting_id uuid      NOT NULL CONSTRAINT sitting_of_meeting REFERENCES meeting,
    number     integer   NOT NULL CHECK (number > 0),
    during     tstzrange NOT NULL CHECK (NOT isempty(during)),
    CONSTRAINT sitting_key PRIMARY KEY (meeting_id, number)
);

CREATE TABLE meeting_item (
    meeting_id    uuid    NOT NULL CONSTRAINT meeting_item_of_meeting REFERENCES meeting,
    number        integer NOT NULL CHECK (number > 0),
    child_id      uuid    CONSTRAINT meeting_item_child REFERENCES child,
    household_id  uuid    CONSTRAINT meeting_item_household REFERENCES foster_household,
    kind          text    NOT NULL,
    obligation_id uuid    CONSTRAINT meeting_item_obligation REFERENCES obligation ON UPDATE CASCADE,
    live          boolean NOT NULL DEFAULT true,      -- false once cancelled or postponed: the obligation is free again
    CONSTRAINT meeting_item_key PRIMARY KEY (meeting_id, number),
    CONSTRAINT meeting_item_of_one_subject CHECK (num_nonnulls(child_id, household_id) = 1)
);
CREATE UNIQUE INDEX meeting_item_obligation_once ON meeting_item (obligation_id) WHERE live AND obligation_id IS NOT NULL;
CREATE INDEX meeting_item_obligation ON meeting_item (obligation_id) WHERE obligation_id IS NOT NULL; -- the foreign key's own side
CREATE INDEX meeting_item_of_child ON meeting_item (child_id);
CREATE INDEX meeting_item_of_household ON meeting_item (household_id);

CREATE TABLE attendee (
    meeting_id uuid        NOT NULL CONSTRAINT attendee_of_meeting REFERENCES meeting,
    number     integer     NOT NULL CHECK (number > 0),
    role       text        NOT NULL,
    agency     text,
    arrives_at timestamptz NOT NULL,
    required   boolean     NOT NULL,
    CONSTRAINT attendee_key PRIMARY KEY (meeting_id, number)
);

-- Live holds only: cancelling deletes them, meeting_event keeps the history. `blocked` is the resource's own span
-- (travel, pre-meet, meeting, turnaround); `attended` is the part for which it must be at work.
CREATE TABLE hold (
    resource_id uuid      NOT NULL CONSTRAINT hold_of_resource REFERENCES resource,
    blocked     tstzrange NOT NULL CHECK (NOT isempty(blocked) AND NOT lower_inf(blocked) AND NOT upper_inf(blocked)),
    attended    tstzrange NOT NULL CHECK (NOT isempty(attended)),
    meeting_id  uuid      NOT NULL CONSTRAINT hold_of_meeting REFERENCES meeting,
    sitting     integer   NOT NULL DEFAULT 1,
    CONSTRAINT hold_no_overlap PRIMARY KEY (resource_id, blocked WITHOUT OVERLAPS),
    CONSTRAINT hold_attended_within_blocked CHECK (attended <@ blocked),
    CONSTRAINT hold_within_availability FOREIGN KEY (resource_id, PERIOD attended) REFERENCES availability (resource_id, PERIOD during)
);
CREATE INDEX hold_attended ON hold USING gist (resource_id, attended);
CREATE INDEX hold_meeting ON hold (meeting_id);

CREATE TABLE meeting_event (
    meeting_id uuid        NOT NULL CONSTRAINT meeting_event_of_meeting REFERENCES meeting,
    number     integer     NOT NULL,
    at         timestamptz NOT NULL,
    by         text        NOT NULL,
    what       text        NOT NULL,                  -- BOOKED, CONFIRMED, MOVED, CANCELLED, POSTPONED, REINSTATED, HELD, ADJOURNED, LAPSED
    reason     text,
    details    jsonb       NOT NULL DEFAULT '{}',     -- before and after: times, resource codes
    CONSTRAINT meeting_event_key PRIMARY KEY (meeting_id, number)
);

-- ---------------------------------------------------------------------------------------------- invitations

-- One entry a meeting and addressee: what that person's calendar shows. Its uid and sequence are for life.
CREATE TABLE calendar_entry (
    uid            text        NOT NULL CONSTRAINT calendar_entry_key PRIMARY KEY,
    meeting_id     uuid        NOT NULL CONSTRAINT calendar_entry_of_meeting REFERENCES meeting,
    addressee_kind text        NOT NULL CHECK (addressee_kind IN ('IRO', 'NOTE_TAKER', 'POLICE', 'ROOM_DESK')),
    addressee_code text        NOT NULL,              -- of the IRO, note-taker, police team or room
    owner_id       uuid        NOT NULL,              -- iro, note_taker, room: resource id; police: team id. Whose feed shows it.
    email          text,
    sequence       integer     NOT NULL CHECK (sequence >= 0),
    cancelled      boolean     NOT NULL DEFAULT false,
    starts_at      timestamptz NOT NULL,              -- this addressee's own arrival and end
    ends_at        timestamptz NOT NULL,
    view           jsonb       NOT NULL,              -- what the addressee last saw: compared before the next notice is owed
    vevent         text        NOT NULL,              -- the bytes of the event in a feed
    changed_at     timestamptz NOT NULL,
    CONSTRAINT calendar_entry_addressee_once UNIQUE (meeting_id, addressee_kind, addressee_code)
);
CREATE INDEX calendar_entry_owner ON calendar_entry (owner_id, starts_at);

-- The outbox: the very bytes to be sent, fixed in the transaction that owes them.
CREATE TABLE notice (
    id              uuid        NOT NULL CONSTRAINT notice_key PRIMARY KEY,
    uid             text        NOT NULL CONSTRAINT notice_of_entry REFERENCES calendar_entry,
    sequence        integer     NOT NULL,
    method          text        NOT NULL CHECK (method IN ('REQUEST', 'CANCEL')),
    email           text        NOT NULL,
    message_id      text        NOT NULL CONSTRAINT notice_message_once UNIQUE,
    message         bytea       NOT NULL,
    state           text        NOT NULL DEFAULT 'OWED' CHECK (state IN ('OWED', 'SENT', 'SUPERSEDED', 'REFUSED')),
    owed_at         timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    tried_at        timestamptz,                      -- committed before the first attempt: from then on it may have arrived
    sent_at         timestamptz,
    refusal         text,                             -- the server's code, never its text
    CONSTRAINT notice_sequence_once UNIQUE (uid, sequence)
);
CREATE INDEX notice_owed ON notice (next_attempt_at, uid, sequence) WHERE state = 'OWED';

CREATE TABLE calendar_feed (
    id              uuid        NOT NULL CONSTRAINT calendar_feed_key PRIMARY KEY,
    scope           text        NOT NULL CHECK (scope IN ('IRO', 'ROOM', 'NOTE_TAKER', 'POLICE_TEAM', 'UNIT')),
    code            text,
    owner_id        uuid,                             -- null for the unit
    token_hash      bytea       NOT NULL CONSTRAINT calendar_feed_token_once UNIQUE,
    issued_at       timestamptz NOT NULL,
    issued_by       text        NOT NULL,
    revoked_at      timestamptz,
    last_fetched_at timestamptz
);

-- Bumped with every visible change of an owner's diary: the ETag of feeds. The unit's is the sum of all versions: a row of
-- its own would make every booking wait for every other's commit.
CREATE TABLE diary_version (
    owner_id   uuid        NOT NULL CONSTRAINT diary_version_key PRIMARY KEY,
    version    bigint      NOT NULL,
    changed_at timestamptz NOT NULL
);

-- ---------------------------------------------------------------------------------------------- runs of the solver

CREATE TABLE allocation_run (
    id             uuid        NOT NULL CONSTRAINT allocation_run_key PRIMARY KEY,
    state          text        NOT NULL CHECK (state IN ('QUEUED','RUNNING','PROPOSED','APPLYING','APPLIED','SUPERSEDED','FAILED','CANCELLED')),
    progress       real        NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    child_references text[],                          -- null: every child in scope without an IRO
    today          date        NOT NULL,
    requested_by   text        NOT NULL,
    requested_at   timestamptz NOT NULL,
    heartbeat_at   timestamptz,
    attempts       integer     NOT NULL DEFAULT 0, -- workers that took it up: a run that kills them is given up
    finished_at    timestamptz,
    worst_utilisation       numeric,
    worst_utilisation_bound numeric,
    unallocated    jsonb       NOT NULL DEFAULT '[]', -- [{child_id, blockers: [...]}]
    message        text
);
CREATE INDEX allocation_run_waiting ON allocation_run (requested_at) WHERE state IN ('QUEUED', 'RUNNING');

CREATE TABLE plan (
    id             uuid        NOT NULL CONSTRAINT plan_key PRIMARY KEY,
    state          text        NOT NULL CHECK (state IN ('QUEUED','RUNNING','PROPOSED','APPLYING','APPLIED','SUPERSEDED','FAILED','CANCELLED')),
    progress       real        NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    first_day      date        NOT NULL,
    last_day       date        NOT NULL,              -- both included
    kinds          text[],
    may_move       integer     NOT NULL DEFAULT 0 CHECK (may_move >= 0),
    today          date        NOT NULL,
    requested_by   text        NOT NULL,
    requested_at   timestamptz NOT NULL,
    heartbeat_at   timestamptz,
    attempts       integer     NOT NULL DEFAULT 0, -- workers that took it up since it was asked for: see allocation_run
    finished_at    timestamptz,
    apply_by       text,                              -- who asked for it to be applied
    wanted         integer,
    placed         integer,
    late           integer,
    late_bound     integer,
    message        text,
    CONSTRAINT plan_in_order CHECK (last_day >= first_day)
);
CREATE INDEX plan_waiting ON plan (requested_at) WHERE state IN ('QUEUED', 'RUNNING', 'APPLYING');

CREATE TABLE plan_placement (
    id                   uuid        NOT NULL CONSTRAINT plan_placement_key PRIMARY KEY,
    plan_id              uuid        NOT NULL CONSTRAINT plan_placement_of_plan REFERENCES plan ON DELETE CASCADE,
    number               integer     NOT NULL,
    kind                 text        NOT NULL,
    meeting_id           uuid        CONSTRAINT plan_placement_meeting REFERENCES meeting, -- a standing meeting to move, or what applying booked
    moved_from           timestamptz,
    starts_at            timestamptz NOT NULL,
    ends_at              timestamptz NOT NULL,
    chair_id             uuid        NOT NULL CONSTRAINT plan_placement_chair REFERENCES iro,
    room_id              uuid        CONSTRAINT plan_placement_room REFERENCES room,
    note_taker_id        uuid        CONSTRAINT plan_placement_note_taker REFERENCES note_taker,
    police_team_id       uuid        CONSTRAINT plan_placement_police_team REFERENCES police_team,
    police_waived_reason text,
    late                 boolean     NOT NULL,
    reasons              text[]      NOT NULL,
    applied              boolean,                     -- null: not tried yet
    result               text,                        -- why it was refused
    CONSTRAINT plan_placement_number_once UNIQUE (plan_id, number)
);

-- The obligations of a placement. One that the chain brings in exists only in the plan until it is applied.
CREATE TABLE plan_placement_item (
    placement_id     uuid    NOT NULL CONSTRAINT plan_placement_item_of_placement REFERENCES plan_placement ON DELETE CASCADE,
    number           integer NOT NULL,
    obligation_id    uuid    NOT NULL,
    child_id         uuid    NOT NULL CONSTRAINT plan_placement_item_child REFERENCES child,
    kind             text    NOT NULL,
    triggered_on     date    NOT NULL,
    chained          boolean NOT NULL,
    statutory_due_on date    NOT NULL,
    book_by_on       date    NOT NULL,
    CONSTRAINT plan_placement_item_key PRIMARY KEY (placement_id, number)
);
CREATE INDEX plan_placement_item_obligation ON plan_placement_item (obligation_id);

CREATE TABLE plan_unplaced (
    plan_id          uuid    NOT NULL CONSTRAINT plan_unplaced_of_plan REFERENCES plan ON DELETE CASCADE,
    number           integer NOT NULL,
    obligation_id    uuid    NOT NULL,
    child_id         uuid    NOT NULL CONSTRAINT plan_unplaced_child REFERENCES child,
    kind             text    NOT NULL,
    triggered_on     date    NOT NULL,
    statutory_due_on date    NOT NULL,
    book_by_on       date    NOT NULL,
    blockers         jsonb   NOT NULL,
    CONSTRAINT plan_unplaced_key PRIMARY KEY (plan_id, number)
);
CREATE INDEX plan_unplaced_obligation ON plan_unplaced (obligation_id);

-- ---------------------------------------------------------------------------------------------- sight
-- Row rights in one place: every read for a viewer joins one of these (services/kernel/sight.py has the values).
-- Plain SQL functions of one SELECT, which the planner inlines.

CREATE FUNCTION children_in_sight(everything boolean, iro uuid, own_references text[], on_day date)
RETURNS TABLE (child_id uuid, reference text) LANGUAGE sql STABLE AS $$
    SELECT c.id, c.reference
    FROM child c
    WHERE $1
       OR c.reference = ANY ($3)
       OR EXISTS (SELECT FROM allocation a WHERE a.child_id = c.id AND a.iro_id = $2 AND a.held @> $4)
$$;

CREATE FUNCTION meetings_in_sight(everything boolean, note_taker uuid, police_team uuid, own_references text[])
RETURNS SETOF meeting LANGUAGE sql STABLE AS $$
    SELECT m.*
    FROM meeting m
    WHERE $1
       OR m.note_taker_id = $2
       OR m.police_team_id = $3
       OR EXISTS (SELECT FROM meeting_item i JOIN child c ON c.id = i.child_id WHERE i.meeting_id = m.id AND c.reference = ANY ($4))
$$;

-- Whom a meeting concerns: all of it to its own chair and note-taker, else each viewer's own children.
CREATE FUNCTION items_in_sight(everything boolean, participant uuid, iro uuid, own_references text[], on_day date)
RETURNS SETOF meeting_item LANGUAGE sql STABLE AS $$
    SELECT i.*
    FROM meeting_item i
    WHERE $1
       OR EXISTS (SELECT FROM meeting m WHERE m.id = i.meeting_id AND (m.chair_id = $2 OR m.note_taker_id = $2))
       OR EXISTS (SELECT FROM child c WHERE c.id = i.child_id AND c.reference = ANY ($4))
       OR EXISTS (SELECT FROM allocation a WHERE a.child_id = i.child_id AND a.iro_id = $3 AND a.held @> $5)
$$;

-- ---------------------------------------------------------------------------------------------- roles
-- The application owns nothing. Audit and history are append-only to it.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'convene_app') THEN
        CREATE ROLE convene_app NOLOGIN;
    END IF;
    EXECUTE format('GRANT convene_app TO %I', current_user);
END $$;

GRANT USAGE ON SCHEMA public TO convene_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO convene_app;
REVOKE UPDATE, DELETE, TRUNCATE ON audit_event, allocation_event, meeting_event FROM convene_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM convene_app;
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO convene_app', current_database()); END $$;

-- The diary re-planned: meetings that stand are repaired or moved by a plan, several as one.

-- Meetings on the next so many working days stay where they are, whatever a plan may move.
ALTER TABLE plan ADD COLUMN frozen_days integer NOT NULL DEFAULT 2 CHECK (frozen_days >= 0);

-- Of a meeting that stands: its version when the plan was laid. Null: a meeting that applying books.
ALTER TABLE plan_placement ADD COLUMN meeting_version integer;
-- Placements of one number stand together or not at all: one takes what another gives up.
ALTER TABLE plan_placement ADD COLUMN group_number integer;

-- A meeting that stands and could not be repaired; null: nothing is booked for the duty.
ALTER TABLE plan_unplaced ADD COLUMN meeting_id uuid CONSTRAINT plan_unplaced_meeting REFERENCES meeting;
-- One row a meeting, and what it goes on lacking; nothing of it is an obligation.
ALTER TABLE plan_unplaced ADD COLUMN lacks text[] NOT NULL DEFAULT '{}';
ALTER TABLE plan_unplaced
    ALTER COLUMN obligation_id DROP NOT NULL, ALTER COLUMN child_id DROP NOT NULL, ALTER COLUMN triggered_on DROP NOT NULL,
    ALTER COLUMN statutory_due_on DROP NOT NULL, ALTER COLUMN book_by_on DROP NOT NULL;
ALTER TABLE plan_unplaced ADD CONSTRAINT plan_unplaced_duty_or_meeting
    CHECK (meeting_id IS NOT NULL OR num_nonnulls(obligation_id, child_id, triggered_on, statutory_due_on, book_by_on) = 5);

-- Provisional holds lapse by themselves: those whose time is over are looked for every few seconds.
CREATE INDEX meeting_provisional ON meeting (provisional_until) WHERE state = 'PROVISIONAL';

-- A meeting in several sittings: each addressee has an entry for each of them.
ALTER TABLE calendar_entry
    ADD COLUMN sitting integer NOT NULL DEFAULT 1 CHECK (sitting > 0),
    DROP CONSTRAINT calendar_entry_addressee_once,
    ADD CONSTRAINT calendar_entry_addressee_once UNIQUE (meeting_id, addressee_kind, addressee_code, sitting);

-- The child's own time: on which days, at which hours and where it wants its meetings, and the days that its activities take.
ALTER TABLE child_circumstance ADD COLUMN wished_weekdays text[] NOT NULL DEFAULT '{}';
ALTER TABLE child_circumstance ADD COLUMN wished_from  time;
ALTER TABLE child_circumstance ADD COLUMN wished_until time;
ALTER TABLE child_circumstance ADD COLUMN wished_place text;  -- UNIT, ELSEWHERE, REMOTE
ALTER TABLE child_circumstance ADD COLUMN wished_venue text;  -- "her school", never an address
ALTER TABLE child_circumstance ADD COLUMN activity_days text[] NOT NULL DEFAULT '{}';
ALTER TABLE child_circumstance ADD CONSTRAINT child_circumstance_wished_hours CHECK (wished_from < wished_until);

-- Time beyond the weekly pattern that somebody, or a room, offers on a date: an evening, a Saturday. An absence takes it away.
CREATE TABLE offered_time (
    id          uuid        NOT NULL CONSTRAINT offered_time_key PRIMARY KEY,
    resource_id uuid        NOT NULL CONSTRAINT offered_time_of_resource REFERENCES resource,
    during      tstzrange   NOT NULL CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
    source      text        NOT NULL,                 -- ESTABLISHMENT or the actor who recorded it
    recorded_at timestamptz NOT NULL
);
CREATE INDEX offered_time_resource ON offered_time USING gist (resource_id, during);
GRANT SELECT, INSERT, DELETE ON offered_time TO convene_app;

-- Who comes to a meeting, by role and agency: invited, or only expected. Who refused consent is not invited.
ALTER TABLE attendee ADD COLUMN invited boolean NOT NULL DEFAULT true;
ALTER TABLE attendee ADD COLUMN consent text NOT NULL DEFAULT 'NOT_ASKED'
    CONSTRAINT attendee_consent_known CHECK (consent IN ('NOT_ASKED', 'GIVEN', 'REFUSED'));
-- Whether this person has direct contact with the child: such agencies make a conference quorate.
ALTER TABLE attendee ADD COLUMN direct_contact boolean NOT NULL DEFAULT false;
-- Must not meet another one of this meeting: comes at another time and waits in another room.
ALTER TABLE attendee ADD COLUMN apart boolean NOT NULL DEFAULT false;
-- Null: nobody has said.
ALTER TABLE attendee ADD COLUMN attended boolean;
UPDATE attendee SET agency = 'REVIEW_UNIT' WHERE role IN ('CHAIR', 'NOTE_TAKER');
UPDATE attendee SET agency = 'POLICE', direct_contact = true WHERE role = 'POLICE';
ALTER TABLE attendee ADD CONSTRAINT attendee_refused_not_invited CHECK (NOT (invited AND consent = 'REFUSED'));

-- A meeting in several sittings is recorded one by one: on which day each took place, and who came, by role and agency.
-- Null: it has not taken place, or nobody has said.
ALTER TABLE sitting ADD COLUMN held_on date;
ALTER TABLE sitting ADD COLUMN attended text[];
ALTER TABLE sitting ADD CONSTRAINT sitting_attended_held CHECK (attended IS NULL OR held_on IS NOT NULL);
UPDATE sitting s SET held_on = (lower(s.during) AT TIME ZONE 'Europe/London')::date
FROM meeting m
WHERE m.id = s.meeting_id
  AND (m.state = 'HELD'
       OR (s.number < (SELECT max(other.number) FROM sitting other WHERE other.meeting_id = m.id)
           AND EXISTS (SELECT FROM meeting_event e WHERE e.meeting_id = m.id AND e.what = 'ADJOURNED')));
-- The entry of an adjourned meeting has moved with it: it is that of its last sitting.
UPDATE calendar_entry entry SET sitting = (SELECT max(s.number) FROM sitting s WHERE s.meeting_id = entry.meeting_id)
FROM meeting m
WHERE m.id = entry.meeting_id AND EXISTS (SELECT FROM meeting_event e WHERE e.meeting_id = m.id AND e.what = 'ADJOURNED');

-- The parents must not meet: whatever is arranged about the child needs a second waiting room. Never in an invitation.
ALTER TABLE child_circumstance ADD COLUMN parents_apart boolean NOT NULL DEFAULT false;

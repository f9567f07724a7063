-- The diary re-planned: meetings that stand are repaired or moved by a plan, several as one.

-- Meetings on the next so many working days stay where they are, whatever a plan may move.
ALTER TABLE plan ADD COLUMN frozen_days integer NOT NULL DEFAULT 2 CHECK (frozen_days >= 0);

-- In the order of the unit: how far the plan is from each goal, and the least that is proven of it.
ALTER TABLE plan ADD COLUMN goals jsonb NOT NULL DEFAULT '[]';

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
-- What each sitting leaves its note-taker to write up, in minutes: no hold of anybody's time, but it counts against what she can write up
-- in the week of that sitting, from Monday to Sunday in England.
ALTER TABLE note_taker ADD COLUMN write_up_a_week integer CHECK (write_up_a_week >= 0);  -- null: nobody has said, and no limit
ALTER TABLE hold ADD COLUMN write_up integer NOT NULL DEFAULT 0 CHECK (write_up >= 0);

CREATE FUNCTION monday_of(instant timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date_trunc('week', $1 AT TIME ZONE 'Europe/London')::date
$$;

-- The sum of `write_up` over the holds of a note-taker's week, kept by triggers alone: whoever takes more than she can do is refused,
-- however many ask at once. `most`: what she could do when it last rose; one who can do less since keeps what she has.
CREATE TABLE write_up_week (
    note_taker_id uuid    NOT NULL CONSTRAINT write_up_week_of_note_taker REFERENCES note_taker,
    monday        date    NOT NULL CHECK (extract(isodow FROM monday) = 1),
    minutes       integer NOT NULL CHECK (minutes >= 0),
    most          integer,
    CONSTRAINT write_up_week_key PRIMARY KEY (note_taker_id, monday),
    CONSTRAINT write_up_within_capacity CHECK (minutes <= most)
);

UPDATE note_taker n SET write_up_a_week = round(1200 * c.wte)
FROM contract c WHERE c.resource_id = n.resource_id AND c.in_force @> current_date;
UPDATE hold h SET write_up = 2 * extract(epoch FROM upper(s.during) - lower(s.during)) / 60
FROM sitting s WHERE s.meeting_id = h.meeting_id AND s.number = h.sitting AND h.resource_id IN (SELECT resource_id FROM note_taker);
INSERT INTO write_up_week (note_taker_id, monday, minutes, most)
SELECT h.resource_id, monday_of(lower(h.attended)), sum(h.write_up),
       CASE WHEN max(n.write_up_a_week) IS NOT NULL THEN greatest(sum(h.write_up), max(n.write_up_a_week)) END
FROM hold h JOIN note_taker n ON n.resource_id = h.resource_id GROUP BY 1, 2;

CREATE FUNCTION count_write_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.write_up > 0 THEN
        UPDATE write_up_week SET minutes = minutes - OLD.write_up
        WHERE note_taker_id = OLD.resource_id AND monday = monday_of(lower(OLD.attended));
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.write_up > 0 THEN
        INSERT INTO write_up_week AS known (note_taker_id, monday, minutes, most)
        SELECT n.resource_id, monday_of(lower(NEW.attended)), NEW.write_up, n.write_up_a_week FROM note_taker n WHERE n.resource_id = NEW.resource_id
        ON CONFLICT ON CONSTRAINT write_up_week_key DO UPDATE SET minutes = known.minutes + excluded.minutes, most = excluded.most;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_takes_write_up AFTER INSERT ON hold FOR EACH ROW WHEN (NEW.write_up > 0) EXECUTE FUNCTION count_write_up();
CREATE TRIGGER hold_gives_write_up_back AFTER DELETE ON hold FOR EACH ROW WHEN (OLD.write_up > 0) EXECUTE FUNCTION count_write_up();
CREATE TRIGGER hold_changes_write_up AFTER UPDATE OF resource_id, attended, write_up ON hold FOR EACH ROW EXECUTE FUNCTION count_write_up();
GRANT SELECT ON write_up_week TO convene_app;

-- The diary re-planned: meetings that stand are repaired or moved by a plan, several as one.

-- Meetings on the next so many working days stay where they are, whatever a plan may move.
ALTER TABLE plan ADD COLUMN frozen_days integer NOT NULL DEFAULT 2 CHECK (frozen_days >= 0);

-- Of a meeting that stands: its version when the plan was laid. Null: a meeting that applying books.
ALTER TABLE plan_placement ADD COLUMN meeting_version integer;
-- Placements of one number stand together or not at all: one takes what another gives up.
ALTER TABLE plan_placement ADD COLUMN group_number integer;

-- A meeting that stands and could not be repaired; null: nothing is booked for the duty.
ALTER TABLE plan_unplaced ADD COLUMN meeting_id uuid CONSTRAINT plan_unplaced_meeting REFERENCES meeting;

"""Constraint names are a vocabulary: every one that a caller can hit is spoken for, every other is known to be internal."""

from __future__ import annotations

from pathlib import Path

from services.platform.database import Database

SPOKEN = {
    # the constraint: where its meaning is, in the folder `services`
    "hold_no_overlap": "booking/refusals.py",
    "hold_within_availability": "booking/refusals.py",
    "meeting_item_obligation_once": "booking/refusals.py",
    "meeting_item_obligation": "booking/refusals.py",
    "meeting_reference_once": "booking/refusals.py",
}
"""Races that callers can lose: an error of `kernel/errors.py`, or another look at the world."""

TAKEN_CARE_OF = {
    "request_key_once": "the second waits and gets the first one's answer (ON CONFLICT DO NOTHING)",
    "child_reference_once": "a reference that is taken is answered as such (ON CONFLICT DO NOTHING)",
    "resource_code_once": "an establishment changes what has that code (ON CONFLICT DO UPDATE), one at a time",
    "police_team_code_once": "as resource_code_once",
    "police_place_number_once": "numbers come from the code of the place, one establishment at a time",
    "may_not_chair_once": "stated twice by one source is stated once (ON CONFLICT)",
    "setting_one_a_day": "written by establishments alone, one at a time",
    "contract_one_a_day": "written under the lock of establishments, one at a time",
    "working_pattern_one_a_day": "written by establishments alone, one at a time",
    "timescale_one_a_day": "shipped with the service (ON CONFLICT DO NOTHING)",
    "availability_no_overlap": "laid out by one statement that makes room first; two at once: the second is tried again or refused whole",
    "allocation_one_iro_a_day": "written under a lock of the child",
    "obligation_key": "written under a lock of the child",
    "child_fact_in_force": "written under a lock of the child",
    "foster_household_fact_in_force": "written under a lock of the household",
    "identity_link_pair_once": "a pair is proposed once (ON CONFLICT DO NOTHING)",
    "iro_registration_once": "an establishment that states one number twice is refused when it is read",
    "notice_message_once": "random",
    "notice_sequence_once": "written under a lock of the calendar entry",
    "calendar_entry_addressee_once": "written in the transaction that has the meeting",
    "calendar_feed_token_once": "random",
    "weighting_scheme_one_a_day": "stated under the lock of decisions: the second of a day supersedes the first",
    "scheme_factor_once": "a scheme is written whole, its factors by code",
    "allocation_id_once": "random",
    "plan_placement_number_once": "a plan is written by the one worker that has it",
    "rebalancing_move_number_once": "a proposal is written by the one worker that has it",
    "child_circumstance_one_a_day": "written under a lock of the child",
    "household_reviewer_id_once": "random",
    "household_reviewer_one_a_day": "written under a lock of the household",
    "allocation_request_one_waiting": "asked under the lock of decisions",
    "letter_message_once": "random",
    "letter_paper_once": "written under a lock of the meeting",
    "paper_task_once": "written under a lock of the meeting",
    "task_entry_once": "written under a lock of the task",
    "invitation_reply_id_once": "random",
    "foster_household_reference_once": "households are not taken in yet",
}
"""Refusals that nobody sees, and why."""

INTERNAL = ("_key", "_one_at_a_time", "_in_force")
"""Keys of rows that are made in the same transaction as what they belong to, with identifiers of our own."""

FOREIGN = {
    "hold_within_availability": "booking/refusals.py",
    "meeting_item_obligation": "booking/refusals.py",
}
"""Every other foreign key refers to a row that the same transaction has read or written, and that is never deleted."""


async def constraints(database: Database, kinds: str) -> set[str]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            """SELECT conname AS name FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
               WHERE n.nspname = 'public' AND contype = ANY(string_to_array($1, NULL)::"char"[])
               UNION
               SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
               WHERE n.nspname = 'public' AND x.indisunique AND $1 LIKE '%u%'""",
            kinds,
        )
    return {row["name"] for row in rows}


async def test_every_constraint_that_can_refuse_is_spoken_for_or_known_to_be_internal(database: Database) -> None:
    names = await constraints(database, "xup")
    known = {*SPOKEN, *TAKEN_CARE_OF}
    internal = {name for name in names - known if name.endswith(INTERNAL) or name == "alembic_version_pkc"}
    assert names - known - internal == set()
    assert known - names - FOREIGN.keys() == set(), "named here, and not in the schema"


async def test_no_row_that_a_foreign_key_needs_can_vanish_under_a_caller_without_a_word(database: Database) -> None:
    """Rows that others refer to are never deleted, but for those whose keys are spoken for."""
    names = await constraints(database, "f")
    assert FOREIGN.keys() <= names
    assert not {name for name in names if name.endswith("_fkey")}, "a foreign key without a name of its own"
    async with database.connection() as connection:
        rows = await connection.fetch(
            """SELECT DISTINCT confrelid::regclass::text AS referred FROM pg_constraint
               WHERE contype = 'f' AND confdeltype = 'a' AND conname <> ALL($1::text[])""",
            list(FOREIGN),
        )
    referred = {row["referred"] for row in rows}
    deleting = [
        (path.name, table)
        for path in sorted(Path("services").rglob("*.sql"))
        if "migrations" not in path.parts
        for table in sorted(referred)
        if f"DELETE FROM {table} " in path.read_text() or f"DELETE FROM {table}\n" in path.read_text()
    ]
    assert deleting == []


def test_what_is_spoken_for_is_spoken_where_it_is_said_to_be() -> None:
    for name, where in {**SPOKEN, **FOREIGN}.items():
        assert f'"{name}"' in (Path("services") / where).read_text()

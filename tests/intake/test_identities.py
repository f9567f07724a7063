"""One child under two references: proposed, merged by a person, undone if it was wrong."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.commands import BookMeeting, MeetingAction
from services.booking.parting import state_circumstances
from services.booking.service import book, cancel
from services.caseload import service as caseload
from services.caseload.capacity import Caseload
from services.history import service as history
from services.history.circumstances import StateCircumstances
from services.history.commands import EndCarePeriod, StartCarePeriod
from services.history.service import facts_of
from services.intake import service as intake
from services.intake.joining import is_upn, join, join_facts
from services.intake.report import ImportReport
from services.intake.service import DecideIdentity, MergeIdentities
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.words import IdentityState, MeetingKind, Role
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, SUPPORT, World, at, key, together
from tests.intake.conftest import Unit, found
from tests.support.returns import census_child, plan, section47, write_census, write_ssda903

UPN = "H801200001001"  # the example of the department's guidance
OTHER_UPN = "L801200001002"
BORN = date(2018, 5, 1)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def _identifiers(upn: str = UPN, born: str = "2018-05-01") -> str:
    return f"<UPN>{upn}</UPN><PersonBirthDate>{born}</PersonBirthDate><Sex>1</Sex>"


async def _care(
    unit: Unit, folder: Path, *, child: str = "C1", upn: str = UPN, born: str = "01/05/2018", name: str = "care", sex: str = "1"
) -> ImportReport:
    """In care since 10 August 2025, reviewed twice."""
    path = write_ssda903(
        folder / name,
        header=[f"{child},{sex},{born},{upn}"],
        episodes=[f"{child},10/08/2025,S,C2,U1,,"],
        reviews=[f"{child},{born},03/09/2025,PN1", f"{child},{born},01/12/2025,PN1"],
    )
    return await unit.ssda903(path, as_of=date(2026, 8, 31))


async def _need(
    unit: Unit, folder: Path, *, child: str = "L9", upn: str = UPN, born: str = "2018-05-01", name: str = "need"
) -> ImportReport:
    """On a plan since 5 January 2026, reviewed in March."""
    stated = census_child(
        child,
        section47("2025-12-15", conference="2026-01-05") + plan("2026-01-05", reviews=["2026-03-30"]),
        identifiers=_identifiers(upn, born),
    )
    return await unit.census(write_census(folder / f"{name}.xml", stated), as_of=date(2026, 8, 31))


async def _both(unit: Unit, folder: Path) -> UUID:
    """C1 of the one return and L9 of the other, proposed to be one."""
    await _care(unit, folder)
    await _need(unit, folder)
    (link,) = await _links(unit)
    return link.id


async def _links(unit: Unit, *states: IdentityState) -> tuple[intake.IdentityLink, ...]:
    async with unit.resources.database.connection() as connection:
        return await intake.identity_links(connection, MANAGER, states or None)


async def _merge(unit: Unit, link: UUID, kept: str | None = None, *, actor: Actor = SUPPORT) -> UUID:
    command = MergeIdentities(request_key=key(), id=link, reason="one child", kept_reference=kept)
    return (await intake.merge_identities(unit.resources, actor, command, unit.now)).link_id


async def _decide(unit: Unit, verb: str, link: UUID, *, actor: Actor = SUPPORT) -> intake.IdentityDecided:
    command = DecideIdentity(request_key=key(), id=link, reason="looked into")
    answer: intake.IdentityDecided = await getattr(intake, verb)(unit.resources, actor, command, unit.now)
    return answer


_STATED = {
    "child_fact": "born_on, expected_on, sex, upn, died_on, source",
    "care_period": "started_on, started_on_exact, ended_on, reviews_known_from, source",
    "care_episode": "started_on, ended_on, legal_status, placement, source",
    "care_status": "status, started_on, ended_on, source",
    "held_record": "kind, held_on, participation, meeting_id, source",
    "section47": "initiating_discussion_on, conference_on, source",
    "protection_plan": "started_on, ended_on, category, reviews_known_from, source",
    "sibling_group_member": "group_key",
}


async def _state(unit: Unit) -> dict[str, Any]:
    """What is in force of every child, whenever it was recorded, and what follows from it."""
    records = {
        table: await unit.rows(f"SELECT c.reference, {columns} FROM {table} t JOIN child c ON c.id = t.child_id WHERE upper_inf(recorded)")
        for table, columns in _STATED.items()
    }
    obligations = await unit.rows("SELECT t::text FROM obligation t WHERE state <> 'VOID' ORDER BY 1")
    items = await unit.rows("SELECT t::text FROM meeting_item t ORDER BY 1")
    parents = await unit.rows("SELECT child_id, parent_id FROM parentage WHERE upper_inf(recorded) ORDER BY 1, 2")
    allocations = await unit.rows("SELECT child_id, iro_id FROM allocation WHERE held @> $1::date ORDER BY 1", unit.now.date())
    sorted_records = {table: sorted(rows, key=str) for table, rows in records.items()}
    return {**sorted_records, "obligation": obligations, "meeting_item": items, "parentage": parents, "allocation": allocations}


_HELD = (
    "SELECT c.reference, r.code FROM allocation a JOIN child c ON c.id = child_id JOIN resource r ON r.id = iro_id WHERE held @> $1::date"
)
_ABOUT = (
    "SELECT c.reference, k.reference, o.kind, o.state FROM meeting_item i JOIN child c ON c.id = i.child_id "
    "JOIN obligation o ON o.id = i.obligation_id JOIN child k ON k.id = o.child_id WHERE meeting_id = $1"
)
_KIN = (
    "SELECT c.reference, p.reference FROM parentage k JOIN child c ON c.id = k.child_id JOIN child p ON p.id = k.parent_id "
    "WHERE upper_inf(recorded)"
)


async def _child(unit: Unit, reference: str) -> UUID:
    ((child_id,),) = await unit.rows("SELECT id FROM child WHERE reference = $1", reference)
    assert isinstance(child_id, UUID)
    return child_id


# ------------------------------------------------------------------------------------------------ proposed


async def test_two_children_with_one_pupil_number_are_proposed_once(unit: Unit, tmp_path: Path) -> None:
    await _care(unit, tmp_path)
    report = await _need(unit, tmp_path)
    assert ("C1", "IDENTITY_PROPOSED") in found(report)
    assert all(UPN not in finding.message for finding in report.findings)
    (link,) = await _links(unit)
    assert (link.reference, link.other_reference, link.state) == ("C1", "L9", IdentityState.PROPOSED)
    assert link.evidence == ("SAME_UPN", "SAME_BIRTH")
    again = await _need(unit, tmp_path)
    assert "IDENTITY_PROPOSED" not in {rule for _, rule in found(again)}
    assert len(await _links(unit)) == 1


@pytest.mark.parametrize(("upn", "born", "evidence"), [(UPN, "2018-05-02", ["SAME_UPN", "BIRTHS_DIFFER"]), ("UN1", "2018-05-01", None)])
async def test_the_evidence_says_what_agrees(unit: Unit, tmp_path: Path, upn: str, born: str, evidence: list[str] | None) -> None:
    await _care(unit, tmp_path, upn=upn)
    await _need(unit, tmp_path, upn=upn, born=born)
    links = await _links(unit)
    assert [list(link.evidence) for link in links] == ([] if evidence is None else [evidence])


@pytest.mark.parametrize("text", ["UN1", "UN7", "", "H801200001002", "H80120000100", "I801200001001", "h801200001001", "H8012000010011"])
def test_what_is_no_pupil_number_proposes_nothing(text: str) -> None:
    assert not is_upn(text)


@given(st.integers(min_value=0, max_value=10**12 - 1), st.integers(min_value=1, max_value=12), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_spoils_a_pupil_number(number: int, place: int, step: int) -> None:
    digits = f"{number:012d}"
    letter = "ABCDEFGHJKLMNPQRTUVWXYZ"[sum(int(digit) * weight for weight, digit in enumerate(digits, start=2)) % 23]
    assert is_upn(letter + digits)
    wrong = digits[: place - 1] + str((int(digits[place - 1]) + step) % 10) + digits[place:]
    assert not is_upn(letter + wrong)


async def test_a_number_that_many_children_share_is_nobodys(unit: Unit, tmp_path: Path) -> None:
    header = [f"C{n},1,01/05/2018,{UPN}" for n in range(5)]
    await unit.ssda903(write_ssda903(tmp_path / "filler", header=header, episodes=[f"C{n},10/08/2025,S,C2,U1,," for n in range(5)]))
    assert await _links(unit) == ()


async def test_an_adopted_childs_identities_are_never_proposed_or_merged(unit: Unit, tmp_path: Path) -> None:
    await _care(unit, tmp_path)
    await unit.rows("UPDATE child_fact SET adopted_on = '2026-06-01' RETURNING 1")
    await _need(unit, tmp_path)
    assert await _links(unit) == ()
    with pytest.raises(InvalidInput, match="never linked"):
        join_facts({"adopted_on": date(2026, 6, 1)}, {})


async def test_who_was_told_apart_is_not_proposed_again(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await _decide(unit, "reject_identity", link)
    await _care(unit, tmp_path)
    await _need(unit, tmp_path)
    assert [each.state for each in await _links(unit)] == [IdentityState.REJECTED]
    with pytest.raises(InvalidInput, match="decided already"):
        await _decide(unit, "reject_identity", link)


# -------------------------------------------------------------------------------------------------- merged


async def test_a_merged_child_has_the_records_of_both_and_its_duties(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    before = unit.now
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link, "C1")
    state = await _state(unit)
    assert {row[0] for table in _STATED for row in state[table]} == {"C1"}
    assert len(state["child_fact"]) == 1
    kept, other = await _child(unit, "C1"), await _child(unit, "L9")
    owed = await unit.rows("SELECT child_id, kind FROM obligation WHERE state = 'OPEN' ORDER BY kind")
    assert owed == [(kept, "CARE_REVIEW"), (kept, "REVIEW_CONFERENCE")]
    async with unit.resources.database.connection() as connection:
        then = await facts_of(connection, [kept, other], known_at=before)
        now = await facts_of(connection, [kept, other])
    assert (len(then[kept].plans), len(then[other].plans), then[other].born_on) == (0, 1, BORN)
    assert (len(now[kept].plans), len(now[kept].care_periods), len(now[kept].held)) == (1, 1, 4)
    assert now[other].held == ()
    (merged,) = await _links(unit)
    assert (merged.state, merged.kept_reference, merged.decided_by) == (IdentityState.MERGED, "C1", "support")


async def test_dual_status_after_a_merge_is_one_child_that_weighs_once(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    async with unit.resources.database.connection() as connection:
        before = await caseload.weights_on(connection, date(2026, 9, 1))
    await _merge(unit, link)
    async with unit.resources.database.connection() as connection:
        after = await caseload.weights_on(connection, date(2026, 9, 1))
    assert (len(before), len(after)) == (2, 1)
    (weight,) = after.values()
    assert {factor.code.value for factor in weight.factors} >= {"DUAL_STATUS"}
    assert weight.points < sum(each.points for each in before.values())


async def test_every_past_table_comes_out_again_whatever_was_merged_and_undone_since(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    unit.now = unit.now.replace(hour=11)
    codes = {code: key for key, code in await unit.rows("SELECT id, code FROM resource WHERE kind = 'IRO'")}
    for child, code in (("C1", "IRO-01"), ("L9", "IRO-02")):
        async with unit.resources.database.transaction() as connection:
            who, since = (await _child(unit, child), codes[code]), date(2026, 8, 3)
            await caseload.assign(connection, *who, since, reason="a test", actor=MANAGER, now=unit.now, decision={})

    async def tables(known_at: datetime | None = None) -> list[tuple[Caseload, ...]]:
        async with unit.resources.database.connection() as connection:
            return [await caseload.caseloads(connection, day, known_at) for day in (date(2026, 9, 1), unit.now.date())]

    told = [(unit.now, await tables())]
    for verb in ("merge", "undo_merge"):
        unit.now += timedelta(hours=1)
        await (_merge(unit, link, "C1") if verb == "merge" else _decide(unit, verb, link))
        told.append((unit.now, await tables()))
    assert [[sum(load.children for load in table) for table in each] for _, each in told] == [[2, 2], [1, 1], [2, 2]]
    for known_at, wanted in told:
        assert await tables(known_at) == wanted


async def test_the_same_files_after_a_merge_change_nothing_and_undoing_it_brings_back_what_was(unit: Unit, tmp_path: Path) -> None:
    await _care(unit, tmp_path, sex="")  # which the census alone states
    await _need(unit, tmp_path)
    link = (await _links(unit))[0].id
    before = await _state(unit)
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link)
    merged, fingerprint = await _state(unit), await unit.fingerprint()
    care, need = await _care(unit, tmp_path, sex=""), await _need(unit, tmp_path)
    assert (care.counts.changed, need.counts.changed) == (0, 0)
    assert (await _state(unit), await unit.fingerprint()) == (merged, fingerprint)
    unit.now = unit.now.replace(hour=13)
    await _decide(unit, "undo_merge", link)
    assert await _state(unit) == before
    care, need = await _care(unit, tmp_path, sex=""), await _need(unit, tmp_path)
    assert (care.counts.changed, need.counts.changed) == (0, 0)
    assert await _state(unit) == before


async def test_records_that_came_after_a_merge_go_by_their_source_when_it_is_undone(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await _merge(unit, link, "C1")
    stated = census_child("L9", plan("2026-01-05", reviews=["2026-03-30", "2026-08-20"]), identifiers=_identifiers())
    await unit.census(write_census(tmp_path / "later.xml", stated, reference_day="2027-03-31"), as_of=date(2026, 8, 31))
    await _decide(unit, "undo_merge", link)
    held = await unit.rows(
        "SELECT reference, held_on::text FROM held_record JOIN child c ON c.id = child_id "
        "WHERE upper_inf(recorded) AND kind = 'REVIEW_CONFERENCE' ORDER BY 2"
    )
    assert held == [("L9", "2026-03-30"), ("L9", "2026-08-20")]
    ((details,),) = await unit.rows("SELECT details FROM audit_event WHERE action = 'UNDO_MERGE'")
    assert details["passed_by_source"] == {"held_record": 1}


async def test_bookings_go_over_with_their_duties_and_come_back(unit: Unit, world: World, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    booked = []
    for clock in ("10:00", "14:00"):
        starts_at = at(date(2026, 9, 8), clock)
        command = BookMeeting(
            request_key=key(), kind=MeetingKind.REVIEW_CONFERENCE, child_references=("L9",), starts_at=starts_at, chair_code="IRO-01"
        )
        booked.append(await book(unit.resources, MANAGER, command, unit.now))
        if len(booked) == 1:  # called off: it stays known what it was for
            action = MeetingAction(request_key=key(), id=booked[0], version=1, reason="a test")
            await cancel(unit.resources, MANAGER, action, unit.now)
    before = await _state(unit)
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link, "C1")
    for meeting in booked:
        assert await unit.rows(_ABOUT, meeting) == [("C1", "C1", "REVIEW_CONFERENCE", "OPEN")]
    assert await unit.rows("SELECT count(*) FROM obligation o JOIN child c ON c.id = o.child_id WHERE c.reference = 'L9'") == [(0,)]
    assert [(await world.meeting(meeting))["state"] for meeting in booked] == ["CANCELLED", "CONFIRMED"]
    await _decide(unit, "undo_merge", link)
    assert await _state(unit) == before


async def _conference(unit: Unit, reference: str) -> UUID:
    """Of the child that is on a plan, in a room where parents wait together."""
    command = BookMeeting(
        request_key=key(),
        kind=MeetingKind.REVIEW_CONFERENCE,
        child_references=(reference,),
        starts_at=at(date(2026, 9, 8), "10:00"),
        chair_code="IRO-01",
        room_code="ROOM-A",
    )
    return await book(unit.resources, MANAGER, command, unit.now)


async def _must_not_meet(unit: Unit, reference: str, *, apart: bool | None = True) -> tuple[UUID, ...]:
    stated = StateCircumstances(request_key=key(), reference=reference, from_day=unit.now.date(), parents_apart=apart)
    return (await state_circumstances(unit.resources, MANAGER, stated, unit.now)).released


@pytest.mark.parametrize("kept", ["C1", "L9"])
async def test_parents_who_must_not_meet_by_what_one_reference_knew_wait_together_at_no_meeting_of_the_other(
    unit: Unit, world: World, tmp_path: Path, kept: str
) -> None:
    link = await _both(unit, tmp_path)
    meeting = await _conference(unit, "L9")
    assert await _must_not_meet(unit, "C1") == ()
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link, kept)
    row = await world.meeting(meeting)
    assert (row["room"], row["needs"]) == (None, ["ROOM"])
    (audited,) = await unit.rows("SELECT details -> 'without_room' FROM audit_event WHERE action = 'MERGE_IDENTITIES'")
    assert audited == ([str(meeting)],)


async def test_parents_who_must_not_meet_again_once_a_merge_is_undone_do_not_wait_together(
    unit: Unit, world: World, tmp_path: Path
) -> None:
    link = await _both(unit, tmp_path)
    await _must_not_meet(unit, "L9")
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link, "C1")
    await _must_not_meet(unit, "C1", apart=None)
    meeting = await _conference(unit, "C1")
    told = await _decide(unit, "undo_merge", link)
    row = await world.meeting(meeting)
    assert (row["room"], row["needs"]) == (None, ["ROOM"])
    assert (told.released, told.stopped) == ((meeting,), ())


async def test_a_meeting_about_both_keeps_one_item(unit: Unit, tmp_path: Path) -> None:
    await _need(unit, tmp_path, child="L8", name="first")
    await _need(unit, tmp_path, child="L9", name="second")
    (link,) = await _links(unit)
    command = BookMeeting(
        request_key=key(),
        kind=MeetingKind.REVIEW_CONFERENCE,
        child_references=("L8", "L9"),
        starts_at=at(date(2026, 9, 8), "10:00"),
        chair_code="IRO-01",
    )
    await book(unit.resources, MANAGER, command, unit.now)
    before = await _state(unit)
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link.id, "L8")
    items = await unit.rows("SELECT c.reference FROM meeting_item i JOIN child c ON c.id = i.child_id")
    assert items == [("L8",)]
    plans = await unit.rows("SELECT c.reference FROM protection_plan JOIN child c ON c.id = child_id WHERE upper_inf(recorded)")
    assert plans == [("L8",)]  # both stated the same plan: it is one
    await _decide(unit, "undo_merge", link.id)
    assert await _state(unit) == before


@pytest.mark.parametrize("holders", [{"C1": "IRO-01"}, {"L9": "IRO-02"}, {"C1": "IRO-01", "L9": "IRO-02"}])
async def test_the_one_with_an_officer_is_kept_and_so_is_the_officer(
    unit: Unit, world: World, tmp_path: Path, holders: dict[str, str]
) -> None:
    link = await _both(unit, tmp_path)
    for reference, iro in holders.items():
        await world.sql(
            "INSERT INTO allocation (id, child_id, held, iro_id) SELECT gen_random_uuid(), c.id, '[2026-01-01,)', r.id "
            "FROM child c, resource r WHERE c.reference = $1 AND r.code = $2",
            reference,
            iro,
        )
    before = await _state(unit)
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link)
    kept = "C1" if "C1" in holders else "L9"
    assert await unit.rows(_HELD, unit.now.date()) == [(kept, holders[kept])]
    await _decide(unit, "undo_merge", link)
    assert await _state(unit) == before


async def test_the_others_officer_goes_on_with_a_child_that_has_none(unit: Unit, world: World, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await world.sql(
        "INSERT INTO allocation (id, child_id, held, iro_id) SELECT gen_random_uuid(), c.id, '[2026-01-01,)', r.id "
        "FROM child c, resource r WHERE c.reference = 'L9' AND r.code = 'IRO-02'"
    )
    before = await _state(unit)
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link, "C1")
    assert await unit.rows(_HELD, unit.now.date()) == [("C1", "IRO-02")]
    await _decide(unit, "undo_merge", link)
    assert await _state(unit) == before


async def test_brothers_sisters_and_parents_go_over_and_come_back(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await _care(unit, tmp_path, child="P1", upn="UN1", name="parent")
    path = tmp_path / "family.csv"
    path.write_text("CHILD,SIBLING_GROUP,PARENT\nL9,G2,P1\n")
    await unit.take(intake.import_family, path)
    before = await _state(unit)
    unit.now = unit.now.replace(hour=12)
    await _merge(unit, link, "C1")
    assert await unit.rows(_KIN) == [("C1", "P1")]
    assert (await _state(unit))["sibling_group_member"] == [("C1", "G2")]
    again = await unit.take(intake.import_family, path)
    assert again.counts.changed == 0
    await _decide(unit, "undo_merge", link)
    assert await _state(unit) == before


async def test_an_officer_barred_under_either_reference_may_not_have_the_child(unit: Unit, world: World, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await world.sql(
        "INSERT INTO may_not_chair (iro_id, child_reference, source) SELECT id, 'L9', 'TEST' FROM resource WHERE code = 'IRO-01'"
    )
    await _merge(unit, link, "C1")
    path = tmp_path / "allocations.csv"
    path.write_text("CHILD,IRO,FROM\nC1,IRO-01,01/08/2026\n")
    report = await unit.take(intake.import_allocations, path)
    assert ("C1", "MAY_NOT_CHAIR") in found(report)


async def test_commands_under_either_reference_are_about_the_one_child(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await _merge(unit, link, "C1")
    kept = await _child(unit, "C1")
    command = EndCarePeriod(request_key=key(), reference="L9", ended_on=date(2026, 9, 1), reason="E4A")
    assert await history.end_care_period(unit.resources, SUPPORT, command, unit.now) == kept
    booked = BookMeeting(
        request_key=key(),
        kind=MeetingKind.REVIEW_CONFERENCE,
        child_references=("L9",),
        starts_at=at(date(2026, 9, 8), "10:00"),
        chair_code="IRO-01",
    )
    meeting = await book(unit.resources, MANAGER, booked, unit.now)
    assert await unit.rows("SELECT child_id FROM meeting_item WHERE meeting_id = $1", meeting) == [(kept,)]


async def test_who_records_while_a_merge_goes_on_records_nothing_of_a_child_that_is_no_more(unit: Unit, tmp_path: Path) -> None:
    await _both(unit, tmp_path)
    kept, other = await _child(unit, "C1"), await _child(unit, "L9")
    command = StartCarePeriod(request_key=key(), reference="L9", started_on=date(2026, 8, 31), legal_status="C2")
    async with unit.resources.database.transaction() as merging:
        await merging.execute("SELECT FROM child WHERE id = $1 FOR NO KEY UPDATE", other)
        started = asyncio.create_task(history.start_care_period(unit.resources, SUPPORT, command, unit.now))
        while not await merging.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            pass
        await merging.execute("UPDATE child SET merged_into = $1 WHERE id = $2", kept, other)
    with pytest.raises(NotFound):
        await started
    assert await unit.rows("SELECT count(*) FROM care_period WHERE child_id = $1", other) == [(0,)]


async def test_two_references_of_one_child_in_our_own_files_must_say_the_same(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await _merge(unit, link, "C1")
    path = tmp_path / "family.csv"
    path.write_text("CHILD,SIBLING_GROUP,PARENT\nC1,G1,\nL9,G2,\n")
    assert found(await unit.take(intake.import_family, path)) == {("C1", "IDENTITY_TWICE"), ("L9", "IDENTITY_TWICE")}
    path.write_text("CHILD,SIBLING_GROUP,PARENT\nC1,G1,\nL9,G1,\n")
    assert found(await unit.take(intake.import_family, path)) == set()
    assert (await _state(unit))["sibling_group_member"] == [("C1", "G1")]
    path = tmp_path / "allocations.csv"
    path.write_text("CHILD,IRO,FROM\nC1,IRO-01,01/08/2026\nL9,IRO-02,01/08/2026\n")
    assert found(await unit.take(intake.import_allocations, path)) == {("C1", "IDENTITY_TWICE"), ("L9", "IDENTITY_TWICE")}
    path.write_text("CHILD,IRO,FROM\nC1,IRO-01,01/08/2026\nL9,IRO-01,01/08/2026\n")
    assert found(await unit.take(intake.import_allocations, path)) == set()
    assert await unit.rows(_HELD, unit.now.date()) == [("C1", "IRO-01")]


async def test_a_diary_states_a_merged_child_under_either_reference(unit: Unit, world: World, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    path = tmp_path / "diary.csv"
    row = "REVIEW_CONFERENCE,{},08/09/2026 10:00,08/09/2026 11:30,IRO-01,ROOM-A,NT-01,POL-01"
    header = "KIND,CHILDREN,START,END,IRO,ROOM,NOTE_TAKER,POLICE"
    path.write_text(f"{header}\n{row.format('L9')}\n")
    await unit.take(intake.import_diary, path)
    await _merge(unit, link, "C1")
    for stated in ("L9", "C1", "C1;L9"):
        path.write_text(f"{header}\n{row.format(stated)}\n")
        report = await unit.take(intake.import_diary, path)
        assert (found(report), report.counts.unchanged) == (set(), 1)
    assert await unit.rows("SELECT count(*) FROM meeting") == [(1,)]


# --------------------------------------------------------------------------------- contradictions and refusals


async def test_births_that_differ_are_not_merged(unit: Unit, tmp_path: Path) -> None:
    await _care(unit, tmp_path)
    await _need(unit, tmp_path, born="2018-05-02")
    (link,) = await _links(unit)
    before = await unit.fingerprint()
    with pytest.raises(InvalidInput, match="born on different days"):
        await _merge(unit, link.id)
    assert await unit.fingerprint() == before


def _period(started: date, ended: date | None = None, *, exact: bool = True, source: str = "A") -> dict[str, Any]:
    return {"id": object(), "started_on": started, "ended_on": ended, "started_on_exact": exact, "source": source}


def test_periods_that_overlap_and_are_not_one_contradict_each_other() -> None:
    kept, other = _period(date(2025, 8, 10)), _period(date(2025, 9, 1), source="B")
    with pytest.raises(InvalidInput, match=r"from 2025-08-10, still open \(by A\) contradicts one from 2025-09-01"):
        join({"care_period": [kept]}, {"care_period": [other]})
    ended = _period(date(2025, 8, 10), date(2026, 1, 1)), _period(date(2025, 8, 10), date(2026, 2, 1))
    with pytest.raises(InvalidInput, match="contradicts"):
        join({"care_period": [ended[0]]}, {"care_period": [ended[1]]})


def test_of_two_that_state_the_same_the_one_that_says_more_stands() -> None:
    window, whole = _period(date(2026, 4, 1), exact=False), _period(date(2025, 8, 10), source="B")
    joined = join({"care_period": [window]}, {"care_period": [whole]})
    assert (joined.replaced, joined.moved) == ({"care_period": [window]}, {"care_period": [whole]})
    joined = join({"care_period": [whole]}, {"care_period": [window]})
    assert (joined.superseded, joined.moved, joined.replaced) == ({"care_period": [window]}, {}, {})
    one, other = _period(date(2025, 8, 10)), _period(date(2025, 8, 10), date(2026, 2, 1))
    assert join({"care_period": [one]}, {"care_period": [other]}).replaced == {"care_period": [one]}


async def test_what_is_merged_is_not_merged_again(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    await _care(unit, tmp_path, child="C7", name="third")  # before the merge: three of one number are three pairs
    links = {frozenset((each.reference, each.other_reference)): each.id for each in await _links(unit)}
    assert len(links) == 3
    await _merge(unit, link, "C1")
    with pytest.raises(InvalidInput, match="L9 is merged into another child already"):
        await _merge(unit, links[frozenset(("C7", "L9"))])
    with pytest.raises(InvalidInput, match="merged already"):
        await _merge(unit, link)
    with pytest.raises(InvalidInput, match="another child is merged into C1 already"):
        await _merge(unit, links[frozenset(("C1", "C7"))], "C7")


async def test_only_who_records_every_child_decides(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    officer = Actor(subject="officer", role=Role.IRO, name="An officer", resource_id=UUID(int=1))
    with pytest.raises(Forbidden):
        await _merge(unit, link, actor=officer)
    with pytest.raises(NotFound):
        await _merge(unit, UUID(int=9))
    with pytest.raises(InvalidInput, match="keep one of C1 and L9"):
        await _merge(unit, link, "C2")
    async with unit.resources.database.connection() as connection:
        with pytest.raises(Forbidden):
            await intake.identity_links(connection, officer)


async def test_two_who_merge_at_once_merge_once(unit: Unit, tmp_path: Path) -> None:
    link = await _both(unit, tmp_path)
    answers = await together(_merge(unit, link, "C1"), _merge(unit, link, "L9"))
    assert sorted(type(each).__name__ for each in answers) == ["InvalidInput", "UUID"]
    assert await unit.rows("SELECT count(*) FROM child WHERE merged_into IS NOT NULL") == [(1,)]
    assert await unit.rows("SELECT count(*) FROM protection_plan WHERE upper_inf(recorded)") == [(1,)]


async def test_two_references_of_one_file_that_are_one_child_must_say_the_same(unit: Unit, tmp_path: Path) -> None:
    for child in ("C1", "C2"):
        await _care(unit, tmp_path, child=child, name=child)
    (link,) = await _links(unit)
    await _merge(unit, link.id, "C1")
    before = await _state(unit)
    header = [f"{child},1,01/05/2018,{UPN}" for child in ("C1", "C2")]
    reviews = [f"{child},01/05/2018,{day},PN1" for child in ("C1", "C2") for day in ("03/09/2025", "01/12/2025")]
    same = [f"{child},10/08/2025,S,C2,U1,," for child in ("C1", "C2")]
    report = await unit.ssda903(write_ssda903(tmp_path / "same", header=header, episodes=same, reviews=reviews))
    assert (report.counts.changed, report.counts.refused) == (0, 0)
    assert await _state(unit) == before
    differing = ["C1,10/08/2025,S,C2,U1,,", "C2,12/08/2025,S,C2,U1,,"]
    report = await unit.ssda903(write_ssda903(tmp_path / "differing", header=header, episodes=differing, reviews=reviews))
    assert {("C1", "IDENTITY_TWICE"), ("C2", "IDENTITY_TWICE")} <= found(report)
    assert report.counts.refused == 2
    assert await _state(unit) == before

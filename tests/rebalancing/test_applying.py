"""A proposal is applied: as a whole or in part, with a result a move, or not at all where the world has overtaken it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from services.allocation.rebalancing import applying
from services.caseload.service import replay
from services.history.circumstances import StateCircumstances, state_circumstances
from services.kernel.errors import Forbidden, InvalidInput, NotFound, RequestKeyReused, StaleVersion, Superseded
from services.kernel.words import ChairAfterMove, ResourceKind, RunState
from tests.booking.world import MANAGER, TODAY, at, key, unit
from tests.rebalancing.unit import OTHER, Caseloads

DAY = date(2026, 10, 6)


@pytest.fixture(autouse=True)
async def three_officers(world: Caseloads) -> None:
    await world.establish(unit(iros=3))


# ---------------------------------------------------------------------------------------------------- what is done


async def test_all_moves_are_made_from_today_on_with_who_applied_as_approver(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", "CH2", iro="IRO-01", siblings="F")
    await world.settled("CH3", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH3": "IRO-03"})
    applied = await world.apply(found, actor=OTHER)
    assert [(each.applied, each.message) for each in applied.results] == [(True, None), (True, None)]
    assert await world.holders() == {"CH1": "IRO-02", "CH2": "IRO-02", "CH3": "IRO-03"}
    assert await world.holders(TODAY - timedelta(days=1)) == dict.fromkeys(("CH1", "CH2", "CH3"), "IRO-01")
    assert await world.events() == [
        ("CH1", "CHANGED", "IRO-02", "IRO-01", OTHER.subject),
        ("CH2", "CHANGED", "IRO-02", "IRO-01", OTHER.subject),
        ("CH3", "CHANGED", "IRO-03", "IRO-01", OTHER.subject),
    ]
    read = await world.read(found)
    assert (read.state, read.applied_by, read.applied_at, read.apply_reason) == (
        RunState.APPLIED,
        OTHER.subject,
        world.now,
        "agreed by the unit",
    )
    assert read.results == applied.results


async def test_each_change_keeps_its_reasons_its_scheme_and_its_run_and_can_be_computed_again(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    (event,) = await world.sql("SELECT * FROM allocation_event")
    assert (event["run_id"], event["reason"]) == (found, "agreed by the unit")
    assert event["decision"]["reasons"] == ["the fullest officer gets room"]
    assert event["decision"]["engine"].startswith("rebalancing-1 ")
    assert event["decision"]["scheme_id"] == str((await world.sql("SELECT id FROM weighting_scheme"))[0]["id"])
    async with world.database.connection() as connection:
        again = await replay(connection, event["id"])
    assert (again.is_same, again.then) == (True, Decimal("1.0"))


async def test_what_is_proposed_for_after_is_what_the_caseloads_are_then(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", "CH2", iro="IRO-01", siblings="F")
    await world.settled("CH3", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.apply(found)
    after = (await world.read(found)).after
    assert after is not None
    assert {each.iro_code: each.points for each in after} == await world.loads()


async def test_chosen_moves_alone_are_made(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", "CH2", "CH3", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-02", "CH3": "IRO-03"})
    applied = await world.apply(found, 2)
    assert [each.applied for each in applied.results] == [True]
    assert await world.holders() == {"CH1": "IRO-01", "CH2": "IRO-02", "CH3": "IRO-01"}
    with pytest.raises(InvalidInput, match="this rebalancing is APPLIED"):
        await world.apply(found, 1)


async def test_a_chosen_move_for_which_there_is_no_room_without_the_others_is_refused_by_name_and_the_rest_is_made(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.limit("2")
    await world.settled("CH1", "CH2", iro="IRO-01")
    await world.settled("CH3", "CH4", iro="IRO-02")
    found = await world.proposed(monkeypatch, {"CH3": "IRO-03", "CH1": "IRO-02", "CH2": "IRO-03"})
    applied = await world.apply(found, 2, 3)
    assert [(each.applied, each.message) for each in applied.results] == [
        (False, "IRO-02 would be 1 point over her limit, without the moves that were not chosen"),
        (True, None),
    ]
    assert await world.holders() == {"CH1": "IRO-01", "CH2": "IRO-03", "CH3": "IRO-02", "CH4": "IRO-02"}
    assert (await world.read(found)).results == applied.results


async def test_a_chosen_move_that_would_give_parent_and_child_one_officer_without_the_others_is_refused(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("CH1", iro="IRO-01")
    await world.settled("CH2", iro="IRO-02")
    parentage = "INSERT INTO parentage VALUES ($1, $2, tstzrange('2026-01-01', NULL), 'TEST')"
    await world.sql(parentage, await world.id_of("CH2"), await world.id_of("CH1"))
    found = await world.proposed(monkeypatch, {"CH2": "IRO-03", "CH1": "IRO-02"})
    applied = await world.apply(found, 2)
    assert [each.applied for each in applied.results] == [False]
    assert "parent" in (applied.results[0].message or "")
    assert (await world.read(found)).state is RunState.PROPOSED, "nothing was made: it can still be applied as a whole"
    assert [each.applied for each in (await world.apply(found)).results] == [True, True]
    assert await world.holders() == {"CH1": "IRO-02", "CH2": "IRO-03"}


async def test_the_same_request_is_done_once(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    first = await world.apply(found, request_key="same")
    assert await world.apply(found, request_key="same") == first
    with pytest.raises(RequestKeyReused):
        await world.apply(found, request_key="same", reason="another")
    assert len(await world.events()) == 1


async def test_applied_on_a_later_day_it_holds_from_that_day_on(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    later = TODAY + timedelta(days=2)
    world.resources = replace(world.resources, config=world.resources.config.model_copy(update={"today": later}))
    assert [each.applied for each in (await world.apply(found)).results] == [True]
    assert (await world.holders(later - timedelta(days=1)), await world.holders(later)) == ({"CH1": "IRO-01"}, {"CH1": "IRO-02"})


# ------------------------------------------------------------------------------------------------- what is refused


async def test_what_cannot_be_applied_is_refused_in_words(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    nothing = await world.proposed(monkeypatch, {})
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    with pytest.raises(InvalidInput, match="proposes no move"):
        await world.apply(nothing)
    with pytest.raises(InvalidInput, match="say why"):
        await world.apply(found, reason="  ")
    with pytest.raises(InvalidInput, match="name the moves"):
        await world.apply(found, move_ids=())
    stranger = uuid4()
    with pytest.raises(NotFound, match=str(stranger)):
        await world.apply(found, move_ids=(stranger,))
    with pytest.raises(NotFound, match="no such rebalancing"):
        await world.apply(uuid4())
    with pytest.raises(InvalidInput, match="this rebalancing is QUEUED"):
        await world.apply(await world.ask())
    assert await world.events() == []


async def test_where_the_unit_wants_two_whoever_asked_may_not_apply(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.sql("INSERT INTO setting VALUES ('rebalancing_by_two', daterange('2026-01-01', NULL), 'true')")
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    with pytest.raises(Forbidden, match="another manager"):
        await world.apply(found, actor=MANAGER)
    assert await world.holders() == {"CH1": "IRO-01"}
    await world.apply(found, actor=OTHER)
    assert await world.holders() == {"CH1": "IRO-02"}


# ------------------------------------------------------------------------------------------------------- overtaken


Change = Callable[[Caseloads], Awaitable[object]]


async def move_child(world: Caseloads) -> None:
    await world.sql("UPDATE allocation SET iro_id = $1 WHERE child_id = $2", await world.officer("IRO-03"), await world.id_of("CH1"))


async def end_care(world: Caseloads) -> None:
    await world.sql("UPDATE care_period SET ended_on = '2026-08-31' WHERE child_id = $1", await world.id_of("CH1"))


async def weigh_more(world: Caseloads) -> None:
    command = StateCircumstances(request_key=key(), reference="CH1", from_day=TODAY, placed_miles=60)
    await state_circumstances(world.resources, MANAGER, command, world.now)


async def mark_to_keep(world: Caseloads) -> None:
    command = StateCircumstances(request_key=key(), reference="CH1", from_day=TODAY, keeps_iro_because="has lost three already")
    await state_circumstances(world.resources, MANAGER, command, world.now)


async def bar(world: Caseloads) -> None:
    statement = "INSERT INTO may_not_chair (iro_id, child_reference, reason, source) VALUES ($1, 'CH1', 'had charge', 'TEST')"
    await world.sql(statement, await world.officer("IRO-02"))


async def join_family(world: Caseloads) -> None:
    await world.settled("CH0", iro="IRO-01", siblings="F")
    await world.sql("INSERT INTO sibling_group_member VALUES ($1, 'F', tstzrange('2026-01-01', NULL), 'TEST')", await world.id_of("CH1"))


async def lower_limit(world: Caseloads) -> None:
    await world.sql("UPDATE contract SET wte = 0.5 WHERE resource_id = $1", await world.officer("IRO-02"))


async def fill_up(world: Caseloads) -> None:
    await world.settled("CH9", iro="IRO-02")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (move_child, "CH1 is with IRO-03 now, not with IRO-01"),
        (end_care, "of the children of move 1 1 need no IRO any more, or have none"),
        (weigh_more, r"CH1 weighs 1\.5 points now, not 1"),
        (mark_to_keep, "CH1 is marked to keep its IRO now: has lost three already"),
        (bar, "CH1 may not go to IRO-02 any more: IRO-02 had charge of the case"),
        (join_family, "CH0, CH1 belong together now: move 1 would part them"),
        (lower_limit, "the limit of IRO-02 is 45 points now, not 90"),
        (fill_up, "IRO-02 holds 1 point now, not 0"),
    ],
)
async def test_a_proposal_that_the_world_has_overtaken_applies_nothing_and_says_what_changed(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch, change: Change, told: str
) -> None:
    await world.settled("CH1", "CH2", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-03"})
    await change(world)
    rows = await world.rows()
    with pytest.raises(Superseded, match=told):
        await world.apply(found)
    assert (await world.rows(), await world.events(), await world.letters()) == (rows, [], [])
    read = await world.read(found)
    assert (read.state, read.results) == (RunState.SUPERSEDED, ())
    with pytest.raises(Superseded, match=told):
        await world.apply(found)
    assert len(await world.sql("SELECT FROM audit_event WHERE action = 'SUPERSEDE_REBALANCING'")) == 1


async def test_what_concerns_other_moves_than_the_chosen_does_not_stop_them(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    await world.settled("CH2", iro="IRO-02")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-03", "CH2": "IRO-03"})
    await world.settled("CH9", iro="IRO-02")
    assert [each.applied for each in (await world.apply(found, 1)).results] == [True]
    assert await world.holders() == {"CH1": "IRO-03", "CH2": "IRO-02", "CH9": "IRO-02"}


async def test_the_answer_that_it_was_overtaken_is_the_same_when_asked_again(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await fill_up(world)
    for _ in range(2):
        with pytest.raises(Superseded, match="IRO-02 holds 1 point"):
            await world.apply(found, request_key="same")


async def test_many_changes_are_told_by_the_first_few_and_their_number(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"CH{number}" for number in range(1, 9)]
    await world.settled(*names, iro="IRO-01")
    found = await world.proposed(monkeypatch, dict.fromkeys(names, "IRO-02"))
    await world.sql("UPDATE allocation SET iro_id = $1", await world.officer("IRO-03"))
    with pytest.raises(Superseded, match=r"CH5 is with IRO-03 now, not with IRO-01; and 4 more$"):
        await world.apply(found)


async def test_a_listed_meeting_that_was_moved_since_overtakes_the_proposal(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.move(meeting, starts_at=at(date(2026, 9, 9), "10:00"))
    with pytest.raises(Superseded, match="a booked meeting of move 1 has changed"):
        await world.apply(found)
    assert await world.holders() == {"CH1": "IRO-01"}


async def test_a_meeting_that_was_booked_since_overtakes_the_proposal(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1")
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    with pytest.raises(Superseded, match="a meeting has been booked for the children of move 1"):
        await world.apply(found)


async def test_a_meeting_that_changes_while_it_is_applied_undoes_all_of_it(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1"), await world.review("CH2")
    await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-02"})

    async def changed(*_: object, **__: object) -> None:
        raise StaleVersion(2)

    monkeypatch.setattr(applying, "rechair", changed)
    rows = await world.rows()
    with pytest.raises(Superseded, match="a booked meeting of these children has changed"):
        await world.apply(found)
    assert (await world.rows(), await world.events()) == (rows, [])
    assert (await world.read(found)).state is RunState.SUPERSEDED


# -------------------------------------------------------------------------------------------------------- meetings


async def test_booked_meetings_are_chaired_by_the_new_officer_and_everybody_invited_hears_of_it(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    before = await world.owed(meeting)
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    applied = await world.apply(found)
    assert applied.results[0].message == "booked meetings: 1 chaired by the new officer"
    row = await world.meeting(meeting)
    assert (row["chair"], row["version"], row["needs"]) == ("IRO-02", 2, [])
    assert "IRO-02" in await world.holds(meeting)
    assert "IRO-01" not in await world.holds(meeting)
    assert {(kind, method) for kind, method, _ in (await world.owed(meeting))[len(before) :]} >= {("IRO", "REQUEST")}
    assert ("IRO", "CANCEL") in {(kind, method) for kind, method, _ in await world.owed(meeting)}


async def test_where_the_new_officer_is_not_free_the_old_one_covers_and_the_move_says_so(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.review("CH1"), await world.review("CH2", "IRO-02")
    await world.book_review("CH2", starts_at=at(date(2026, 9, 8), "10:00"))
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    applied = await world.apply(found)
    assert applied.results[0].message == "booked meetings: 1 still chaired by the old one as cover"
    assert ((await world.meeting(meeting))["chair"], await world.holders()) == ("IRO-01", {"CH1": "IRO-02", "CH2": "IRO-02"})


async def test_the_meeting_of_an_absent_officer_that_the_new_one_cannot_take_waits_for_the_next_plan(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.review("CH1"), await world.review("CH2", "IRO-02")
    await world.book_review("CH2", starts_at=at(date(2026, 9, 8), "10:00"))
    meeting = await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"}, absent_iros=("IRO-01",))
    applied = await world.apply(found)
    assert applied.results[0].message == "booked meetings: 1 to be given a chair by the next plan"
    row = await world.meeting(meeting)
    assert (row["chair"], row["needs"]) == (None, [ResourceKind.IRO])


async def test_what_became_of_a_chair_otherwise_than_foreseen_is_kept(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1"), await world.review("CH2", "IRO-02")
    other = await world.book_review("CH2", starts_at=at(date(2026, 9, 8), "10:00"))
    await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    assert [each.chair for each in (await world.moves(found))[0].meetings] == [ChairAfterMove.COVER]
    await world.act("cancel", other)
    await world.apply(found)
    assert [each.chair for each in (await world.moves(found))[0].meetings] == [ChairAfterMove.REPLACED]


async def test_a_meeting_that_is_also_about_a_child_who_stays_keeps_its_chair(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1"), await world.review("CH2")
    meeting = await world.book_review("CH1", "CH2", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-03"})
    assert [len(move.meetings) for move in await world.moves(found)] == [1, 1]
    await world.apply(found, 1)
    assert (await world.meeting(meeting))["chair"] == "IRO-01"


async def test_a_meeting_about_children_of_two_moves_goes_with_the_first(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1"), await world.review("CH2")
    meeting = await world.book_review("CH1", "CH2", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"CH2": "IRO-03", "CH1": "IRO-02"})
    await world.apply(found)
    row = await world.meeting(meeting)
    assert (row["chair"], row["version"]) == ("IRO-03", 2)


# --------------------------------------------------------------------------------------------------------- letters


async def test_each_officer_concerned_gets_one_letter_with_numbers_and_nothing_about_a_child(
    world: Caseloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("SECRET-1", "SECRET-2", iro="IRO-01", siblings="SECRET-F")
    await world.settled("SECRET-3", iro="IRO-02")
    await world.review("SECRET-4")
    await world.book_review("SECRET-4", starts_at=at(date(2026, 9, 8), "10:00"))
    found = await world.proposed(monkeypatch, {"SECRET-1": "IRO-02", "SECRET-3": "IRO-01", "SECRET-4": "IRO-02"})
    await world.apply(found, reason="because of SECRET circumstances")
    letters = await world.letters()
    assert [email for email, _ in letters] == ["iro1@example.org", "iro2@example.org"], "none to the officer whom it does not concern"
    first, second = (text for _, text in letters)
    assert "children who come to you: 1 (1 point)" in first
    assert "children who go to another officer: 3 (3.15 points)" in first
    assert "booked meetings that you take over" not in first
    assert "children who come to you: 3 (3.15 points)" in second
    assert "booked meetings that you take over as chair: 1" in second
    assert "You then hold 3.15 points of 90." in second
    ids = [str(await world.id_of(f"SECRET-{number}")) for number in (1, 2, 3, 4)]
    for text in (first, second):
        assert "1 September 2026" in text
        assert not [word for word in ("SECRET", *ids) if word in text]


async def test_the_audit_has_numbers_and_identifiers_alone(world: Caseloads, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.settled("SECRET-1", iro="IRO-01")
    found = await world.proposed(monkeypatch, {"SECRET-1": "IRO-02"}, keep_references=("SECRET-1",))
    await world.apply(found, reason="because of SECRET circumstances")
    await world.undo(found, reason="a SECRET mistake")
    rows = await world.sql("SELECT action, subject, details::text AS details FROM audit_event ORDER BY id")
    assert {"REQUEST_REBALANCING", "APPLY_REBALANCING", "UNDO_REBALANCING"} <= {row["action"] for row in rows}
    assert not [row for row in rows if "SECRET" in row["details"] or "SECRET" in (row["subject"] or "")]

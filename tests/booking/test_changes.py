"""Meetings that stand are moved, called off, brought back, held: whole or not at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.booking.commands import ChildOutcome
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, OutsideAvailability, OutsideTimescale, ResourceTaken, StaleVersion
from services.kernel.words import MeetingKind, ParticipationCode, ResourceKind, Role
from tests.booking.world import MANAGER, NOW, TODAY, World, at, overlaps

DAY = date(2026, 9, 8)
NEXT = date(2026, 9, 9)


async def test_a_move_takes_everything_along_and_tells_everybody(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await world.move(meeting, starts_at=at(NEXT, "14:00"))
    row = await world.meeting(meeting)
    assert (row["starts_at"], row["ends_at"], row["version"]) == (at(NEXT, "14:00"), at(NEXT, "16:00"), 2)
    assert (await world.holds(meeting))["POL-01/1"] == ("14:00", "16:00")
    assert len(await world.holds(meeting)) == 4
    assert await world.history(meeting) == ["BOOKED", "MOVED"]
    assert [each for each in await world.owed(meeting) if each[2] == 1] == [
        (kind, "REQUEST", 1) for kind in ("IRO", "NOTE_TAKER", "POLICE", "ROOM_DESK")
    ]
    (sitting,) = await world.sql("SELECT lower(during) AS at FROM sitting WHERE meeting_id = $1", meeting)
    assert sitting["at"] == at(NEXT, "14:00")


async def test_a_meeting_is_not_in_its_own_way(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await world.move(meeting, starts_at=at(DAY, "10:15"))
    assert (await world.holds(meeting))["POL-01/1"] == ("10:15", "12:15")


async def test_omitted_keeps_named_changes_and_none_drops(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await world.move(meeting, room_code="ROOM-B", police_team_code=None)
    row = await world.meeting(meeting)
    assert (row["chair"], row["room"], row["note_taker"], row["police"]) == ("IRO-01", "ROOM-B", "NT-01", None)
    assert row["starts_at"] == at(DAY, "10:00")
    assert set(await world.holds(meeting)) == {"IRO-01", "ROOM-B", "NT-01"}
    dropped = [each for each in await world.owed(meeting) if each[1] == "CANCEL"]
    assert dropped == [("POLICE", "CANCEL", 1), ("ROOM_DESK", "CANCEL", 1)]
    await world.move(meeting, 2, police_team_code="POL-01")
    assert (await world.meeting(meeting))["police_waived_reason"] is None


async def test_a_move_that_cannot_be_changes_nothing(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await world.book("CH2", starts_at=at(NEXT, "10:00"))
    before = await world.holds(meeting)
    with pytest.raises(ResourceTaken) as refused:
        await world.move(meeting, starts_at=at(NEXT, "10:00"))
    assert refused.value.kind is ResourceKind.ROOM
    with pytest.raises(OutsideTimescale):
        await world.move(meeting, starts_at=at(date(2026, 9, 24), "10:00"))
    assert await world.holds(meeting) == before
    assert (await world.meeting(meeting))["version"] == 1
    with pytest.raises(StaleVersion) as stale:
        await world.move(meeting, 7, starts_at=at(NEXT, "13:00"))
    assert stale.value.version == 1
    late = await world.move(meeting, starts_at=at(date(2026, 9, 24), "10:00"), override_reason="court", actor=MANAGER)
    assert (await world.meeting(late))["override_reason"] == "court"


async def test_what_is_expected_of_the_next_review_moves_with_this_one(world: World) -> None:
    await world.review("CH1")
    first = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    second = await world.book_review("CH1", starts_at=at(date(2026, 11, 24), "10:00"), triggered_on=DAY)
    await world.move(first, starts_at=at(NEXT, "10:00"))
    assert [each for each in await world.obligations("CH1") if each[1] == "EXPECTED"] == [("CARE_REVIEW", "EXPECTED", NEXT)]
    (item,) = await world.sql(
        "SELECT triggered_on FROM meeting_item i JOIN obligation o ON o.id = i.obligation_id WHERE i.meeting_id = $1", second
    )
    assert item["triggered_on"] == NEXT


@pytest.mark.parametrize(("verb", "state"), [("cancel", "CANCELLED"), ("postpone", "POSTPONED")])
async def test_called_off_frees_everything_and_tells_everybody(world: World, verb: str, state: str) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(InvalidInput, match="say why"):
        await world.act(verb, meeting, reason=None)
    await world.act(verb, meeting)
    row = await world.meeting(meeting)
    assert (row["state"], row["version"]) == (state, 2)
    assert await world.holds(meeting) == {}
    assert sorted(each[0] for each in await world.owed(meeting) if each[1] == "CANCEL") == ["IRO", "NOTE_TAKER", "POLICE", "ROOM_DESK"]
    assert await world.obligations("CH1") == [("INITIAL_CONFERENCE", "OPEN", TODAY)]
    await world.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(InvalidInput, match=state):
        await world.move(meeting, 2, starts_at=at(NEXT, "10:00"))


async def test_brought_back_only_while_everything_is_free(world: World) -> None:
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    before = await world.holds(meeting)
    await world.act("cancel", meeting)
    other = await world.book("CH2", starts_at=at(DAY, "11:00"))
    with pytest.raises(ResourceTaken):
        await world.act("reinstate", meeting, 2)
    await world.act("cancel", other)
    await world.act("reinstate", meeting, 2)
    assert await world.holds(meeting) == before
    assert await world.history(meeting) == ["BOOKED", "CANCELLED", "REINSTATED"]
    again = await world.act("cancel", meeting, 3)
    await world.book("CH1", starts_at=at(NEXT, "10:00"))
    with pytest.raises(InvalidInput, match="stands for one of these children"):
        await world.act("reinstate", again, 4)


async def test_an_initial_conference_that_was_held_starts_plan_and_chain(world: World) -> None:
    await world.conference("CH1")
    await world.child("CH2")
    await world.discussed("CH2")
    meeting = await world.book("CH1", "CH2", starts_at=at(DAY, "10:00"))
    world.now = at(DAY, "15:00")
    outcomes = (ChildOutcome(reference="CH1", on_plan=True, category="NEG"), ChildOutcome(reference="CH2", on_plan=False))
    with pytest.raises(InvalidInput, match="CH2"):
        await world.held(meeting, held_on=DAY, outcomes=outcomes[:1])
    with pytest.raises(InvalidInput, match="CH9"):
        await world.held(meeting, held_on=DAY, outcomes=(*outcomes, ChildOutcome(reference="CH9")))
    await world.held(meeting, held_on=DAY, outcomes=outcomes)
    assert (await world.meeting(meeting))["state"] == "HELD"
    assert await world.obligations("CH1") == [("INITIAL_CONFERENCE", "HELD", TODAY), ("REVIEW_CONFERENCE", "OPEN", DAY)]
    assert await world.obligations("CH2") == [("INITIAL_CONFERENCE", "HELD", TODAY)]
    plans = await world.sql("SELECT c.reference, started_on, category FROM protection_plan p JOIN child c ON c.id = child_id")
    assert [tuple(row) for row in plans] == [("CH1", DAY, "NEG")]
    assert len(await world.holds(meeting)) == 4  # what was held is history, not free time
    with pytest.raises(InvalidInput, match="HELD"):
        await world.act("cancel", meeting, 2)


async def test_a_review_conference_ends_the_plan(world: World) -> None:
    await world.conference("CH1")
    first = await world.book("CH1", starts_at=at(DAY, "10:00"))
    world.now = at(DAY, "15:00")
    await world.held(first, held_on=DAY, outcomes=(ChildOutcome(reference="CH1", on_plan=True, category="NEG"),))
    day = date(2026, 12, 1)
    second = await world.book("CH1", kind=MeetingKind.REVIEW_CONFERENCE, starts_at=at(day, "10:00"))
    world.now = at(day, "15:00")
    await world.held(second, held_on=day, outcomes=(ChildOutcome(reference="CH1", on_plan=False),))
    (plan,) = await world.sql("SELECT ended_on FROM protection_plan WHERE upper_inf(recorded)")
    assert plan["ended_on"] == day
    assert [each[1] for each in await world.obligations("CH1")] == ["HELD", "HELD"]


async def test_a_care_review_records_how_the_child_took_part(world: World) -> None:
    await world.review("CH1", born_on=date(2023, 1, 1))
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(InvalidInput, match="not over yet"):
        await world.held(meeting, held_on=DAY)
    world.now = at(DAY, "15:00")
    with pytest.raises(InvalidInput, match="CH1: participation PN1: a child under four"):
        await world.held(meeting, held_on=DAY, outcomes=(ChildOutcome(reference="CH1", participation=ParticipationCode.PN1),))
    with pytest.raises(InvalidInput, match="only a conference"):
        await world.held(meeting, held_on=DAY, outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    await world.held(meeting, held_on=DAY, outcomes=(ChildOutcome(reference="CH1", participation=ParticipationCode.PN0),))
    (record,) = await world.sql("SELECT kind, held_on, participation, meeting_id FROM held_record")
    assert tuple(record) == ("CARE_REVIEW", DAY, "PN0", meeting)
    assert await world.obligations("CH1") == [("CARE_REVIEW", "HELD", date(2026, 8, 24)), ("CARE_REVIEW", "OPEN", DAY)]


async def test_an_adjourned_meeting_holds_everything_for_its_next_sitting(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await world.conference("CH2", "IRO-02")
    await world.book("CH2", starts_at=at(NEXT, "10:00"), room_code="ROOM-B", note_taker_code="NT-02")
    world.now = at(DAY, "15:00")
    with pytest.raises(ResourceTaken):
        await world.held(meeting, held_on=DAY, resumes_at=at(NEXT, "11:00"))
    with pytest.raises(InvalidInput, match="20 working days"):
        await world.held(meeting, held_on=DAY, resumes_at=at(date(2026, 10, 7), "10:00"))
    with pytest.raises(InvalidInput, match="held from"):
        await world.held(meeting, held_on=DAY, resumes_at=at(NEXT, "16:00"))
    await world.held(meeting, held_on=DAY, resumes_at=at(NEXT, "13:00"), quorate=False)
    row = await world.meeting(meeting)
    assert (row["state"], row["starts_at"], row["version"]) == ("ADJOURNED", at(DAY, "10:00"), 2)
    (held,) = await world.sql("SELECT count(*) AS number FROM hold WHERE meeting_id = $1", meeting)
    assert held["number"] == 8
    world.now = at(NEXT, "16:00")
    await world.held(meeting, 2, held_on=NEXT, outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    (record,) = await world.sql("SELECT held_on, completed_on FROM held_record")
    assert tuple(record) == (DAY, NEXT)


async def test_a_swap_of_rooms_is_refused_one_by_one(world: World) -> None:
    await world.conference("CH1")
    await world.review("CH2", "IRO-02")
    one = await world.book("CH1", starts_at=at(DAY, "10:00"))
    other = await world.book_review("CH2", starts_at=at(DAY, "10:00"), room_code="ROOM-B")
    assert set(await world.holds(other)) == {"IRO-02", "ROOM-B"}
    with pytest.raises(ResourceTaken):
        await world.move(one, room_code="ROOM-B")
    assert await overlaps(world.database) == 0


async def test_other_roles_do_not_see_what_they_may_not_change(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    (row,) = await world.sql("SELECT id FROM resource WHERE code = 'IRO-02'")
    stranger = Actor(subject="iro2", role=Role.IRO, name="Officer", code="IRO-02", resource_id=row["id"])
    with pytest.raises(NotFound):
        await world.act("cancel", meeting, actor=stranger)
    with pytest.raises(Forbidden):
        await world.act("cancel", meeting, actor=Actor(subject="a", role=Role.AUDITOR, name="a"))
    await world.move(meeting, chair_code="IRO-02")
    await world.act("cancel", meeting, 2, actor=stranger)  # hers now, as the one who chairs


async def test_nobody_at_work_refuses_a_move(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(OutsideAvailability):
        await world.move(meeting, starts_at=at(date(2026, 9, 12), "10:00"))
    world.now = NOW + timedelta(days=30)
    with pytest.raises(InvalidInput, match="is over"):
        await world.move(meeting, starts_at=at(NEXT, "10:00"))


async def test_a_meeting_is_held_on_a_day_on_which_its_clock_ran(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    outcomes = (ChildOutcome(reference="CH1", on_plan=True),)
    for day in (date(1900, 1, 2), TODAY - timedelta(days=1)):
        with pytest.raises(InvalidInput, match="give 2026-09-01 or later") as refused:
            await world.held(meeting, held_on=day, outcomes=outcomes)
        assert refused.value.field == "heldOn"
    await world.held(meeting, held_on=TODAY, outcomes=outcomes)
    assert ("INITIAL_CONFERENCE", "HELD", TODAY) in await world.obligations("CH1")


async def test_held_before_its_day_nobody_comes_on_that_day_any_more(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await world.held(meeting, held_on=TODAY, outcomes=(ChildOutcome(reference="CH1", on_plan=False),))
    assert await world.holds(meeting) == {}
    cancelled = [each for each in await world.owed(meeting) if each[1] == "CANCEL"]
    assert cancelled == [(kind, "CANCEL", 1) for kind in ("IRO", "NOTE_TAKER", "POLICE", "ROOM_DESK")]


async def test_an_adjourned_meeting_began_on_the_day_on_which_it_was_held(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    second = TODAY + timedelta(days=1)
    world.now = at(second, "15:00")
    await world.held(meeting, held_on=second, resumes_at=at(NEXT, "10:00"))
    assert (await world.meeting(meeting))["starts_at"] == at(second, "10:00")
    rows = await world.sql("SELECT lower(blocked)::date AS day, sitting FROM hold WHERE meeting_id = $1", meeting)
    assert {tuple(row) for row in rows} == {(NEXT, 2)}
    world.now = at(NEXT, "16:00")
    with pytest.raises(InvalidInput, match="before the sitting that was held last"):
        await world.held(meeting, 2, held_on=TODAY, outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    await world.held(meeting, 2, held_on=NEXT, outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    (record,) = await world.sql("SELECT held_on, completed_on FROM held_record")
    assert tuple(record) == (second, NEXT)


async def test_an_adjourned_meeting_comes_back_as_one_and_keeps_its_beginning(world: World) -> None:
    await world.conference("CH1")
    late = date(2026, 9, 24)  # after the law's day, which the first sitting has met
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    world.now = at(DAY, "15:00")
    await world.held(meeting, held_on=DAY, resumes_at=at(late, "10:00"))
    await world.act("cancel", meeting, 2)
    await world.act("reinstate", meeting, 3)
    assert (await world.meeting(meeting))["state"] == "ADJOURNED"
    rows = await world.sql("SELECT sitting FROM hold WHERE meeting_id = $1 ORDER BY 1", meeting)
    assert [row["sitting"] for row in rows] == [1] * 4 + [2] * 4  # what took place keeps its time
    world.now = at(late, "16:00")
    await world.held(meeting, 4, held_on=late, outcomes=(ChildOutcome(reference="CH1", on_plan=True),))
    (record,) = await world.sql("SELECT held_on, completed_on FROM held_record")
    assert tuple(record) == (DAY, late)


async def test_the_next_sitting_of_an_adjourned_meeting_may_move_within_its_break(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    world.now = at(DAY, "15:00")
    await world.held(meeting, held_on=DAY, resumes_at=at(NEXT, "10:00"))
    with pytest.raises(InvalidInput, match="20 working days"):
        await world.move(meeting, 2, starts_at=at(date(2026, 10, 7), "10:00"))
    await world.move(meeting, 2, starts_at=at(date(2026, 9, 24), "13:00"), chair_code="IRO-02")
    row = await world.meeting(meeting)
    assert (row["state"], row["starts_at"], row["chair"]) == ("ADJOURNED", at(DAY, "10:00"), "IRO-02")
    sittings = await world.sql("SELECT lower(during) AS at FROM sitting WHERE meeting_id = $1 ORDER BY number", meeting)
    assert [each["at"] for each in sittings] == [at(DAY, "10:00"), at(date(2026, 9, 24), "13:00")]
    assert (await world.holds(meeting))["POL-01/1"] == ("13:00", "15:00")


@pytest.mark.parametrize("blank", ["", "  \n"])
async def test_a_blank_reason_is_none(world: World, blank: str) -> None:
    await world.conference("CH1")
    with pytest.raises(OutsideTimescale):
        await world.book("CH1", starts_at=at(date(2026, 9, 24), "10:00"), override_reason=blank, actor=MANAGER)
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    for verb in ("cancel", "postpone"):
        with pytest.raises(InvalidInput, match="say why"):
            await world.act(verb, meeting, reason=blank)
    with pytest.raises(InvalidInput, match="say why"):
        await world.move(meeting, starts_at=at(NEXT, "10:00"), reason=blank)
    with pytest.raises(OutsideTimescale):
        await world.move(meeting, starts_at=at(date(2026, 9, 24), "10:00"), override_reason=blank, actor=MANAGER)


async def test_a_provisional_meeting_that_is_moved_ahead_lapses_as_it_begins(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(date(2026, 9, 10), "10:00"), hold_until=at(date(2026, 9, 9), "12:00"))
    await world.move(meeting, starts_at=at(date(2026, 9, 8), "10:00"))
    assert (await world.meeting(meeting))["provisional_until"] == at(date(2026, 9, 8), "10:00")
    await world.move(meeting, 2, starts_at=at(date(2026, 9, 10), "10:00"))  # nor is it held for longer again
    assert (await world.meeting(meeting))["provisional_until"] == at(date(2026, 9, 8), "10:00")
    world.now = at(date(2026, 9, 7), "15:00")
    with pytest.raises(InvalidInput, match="confirm it first"):
        await world.move(meeting, 3, starts_at=at(date(2026, 9, 7), "10:00"))

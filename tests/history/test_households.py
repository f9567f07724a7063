"""Foster households: approved, reviewed every year, approved no more, and corrected."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.words import MeetingKind
from services.platform.resources import Resources
from tests.history.desk import TODAY, Desk
from tests.history.test_commands import iro_of

K = MeetingKind
APPROVED = date(2025, 9, 15)


@pytest.fixture
def desk(resources: Resources, now: datetime) -> Desk:
    return Desk(resources, now)


async def approve(desk: Desk, day: date = APPROVED, reference: str = "FH1") -> UUID:
    household: UUID = await desk.do("ApproveHousehold", reference=reference, approved_on=day)
    return household


async def review(desk: Desk, day: date, **more: Any) -> Any:
    return await desk.do("RecordHeldMeeting", kind=K.FOSTER_HOME_REVIEW, household_reference="FH1", held_on=day, **more)


async def open_of(desk: Desk, household: UUID) -> list[tuple[str, date]]:
    rows = await desk.fetch("SELECT rule_code, statutory_due_on FROM obligation WHERE household_id = $1 AND state = 'OPEN'", household)
    return [tuple(row) for row in rows]


async def test_an_approved_household_is_reviewed_within_a_year_and_every_year(desk: Desk) -> None:
    household = await approve(desk)
    assert await open_of(desk, household) == [("FOSTER_HOME_REVIEW_FIRST", date(2026, 9, 15))]
    assert await review(desk, TODAY) == [household]
    assert await open_of(desk, household) == [("FOSTER_HOME_REVIEW_NEXT", date(2027, 9, 1))]
    assert (await desk.record("held_record"))["household_id"] == household


async def test_nothing_is_owed_to_a_household_whose_approval_has_ended(desk: Desk) -> None:
    household = await approve(desk)
    await desk.do("EndHouseholdApproval", reference="FH1", ended_on=date(2026, 8, 31), reason="resigned")
    assert await open_of(desk, household) == []
    fact = await desk.record("foster_household_fact")
    assert (fact["ended_on"], fact["end_reason"]) == (date(2026, 8, 31), "resigned")


async def test_what_cannot_be_of_a_household_is_refused(desk: Desk) -> None:
    await approve(desk)
    await review(desk, date(2026, 8, 3))
    end = {"reference": "FH1", "reason": "resigned"}
    refusals: list[tuple[str, str, str, dict[str, Any]]] = [
        ("reference", "is taken", "ApproveHousehold", {"reference": "FH1", "approved_on": TODAY}),
        ("reference", "identifier", "ApproveHousehold", {"reference": " ", "approved_on": TODAY}),
        ("approvedOn", "in the future", "ApproveHousehold", {"reference": "FH2", "approved_on": date(2026, 9, 2)}),
        ("endedOn", "in the future", "EndHouseholdApproval", {**end, "ended_on": date(2026, 9, 2)}),
        ("endedOn", "before the review of 2026-08-03", "EndHouseholdApproval", {**end, "ended_on": date(2026, 8, 2)}),
        ("endedOn", "give 2025-09-15 or later", "EndHouseholdApproval", {**end, "ended_on": date(2025, 9, 14)}),
        ("reason", "why the approval ended", "EndHouseholdApproval", {**end, "ended_on": TODAY, "reason": ""}),
    ]
    for field, says, verb, values in refusals:
        with pytest.raises(InvalidInput, match=says) as refused:
            await desk.do(verb, **values)
        assert refused.value.field == field
    for says, day in [
        ("before the household was approved", date(2025, 9, 14)),
        ("recorded already", date(2026, 8, 3)),
        ("in the future", date(2026, 9, 2)),
    ]:
        with pytest.raises(InvalidInput, match=says) as refused:
            await review(desk, day)
        assert refused.value.field == "heldOn"
    await desk.do("EndHouseholdApproval", **end, ended_on=date(2026, 8, 10))
    with pytest.raises(InvalidInput, match="after the approval ended"):
        await review(desk, date(2026, 8, 11))
    with pytest.raises(InvalidInput, match="has ended already"):
        await desk.do("EndHouseholdApproval", **end, ended_on=TODAY)
    await review(desk, date(2026, 8, 10))


async def test_a_household_is_nobodys_own_and_one_that_is_not_there_is_not_found(desk: Desk) -> None:
    await approve(desk)
    officer = desk.as_actor(await iro_of(desk.resources, await desk.child()))
    deeds: list[tuple[str, dict[str, Any]]] = [
        ("ApproveHousehold", {"reference": "FH2", "approved_on": TODAY}),
        ("EndHouseholdApproval", {"reference": "FH1", "ended_on": TODAY, "reason": "resigned"}),
        ("CorrectHousehold", {"reference": "FH1", "approved_on": TODAY, "reason": "typing error"}),
        ("RecordHeldMeeting", {"household_reference": "FH1", "kind": K.FOSTER_HOME_REVIEW, "held_on": TODAY}),
    ]
    for verb, values in deeds:
        with pytest.raises(Forbidden):
            await officer.do(verb, **values)
    with pytest.raises(NotFound, match="no foster household with the reference FH9"):
        await desk.do("EndHouseholdApproval", reference="FH9", ended_on=TODAY, reason="resigned")


async def test_a_corrected_approval_moves_the_clock_and_is_kept_with_its_reason(desk: Desk) -> None:
    household = await approve(desk)
    assert await desk.do("CorrectHousehold", reference="FH1", approved_on=date(2025, 10, 1), reason="typing error") == household
    assert await open_of(desk, household) == [("FOSTER_HOME_REVIEW_FIRST", date(2026, 10, 1))]
    (kept,) = await desk.fetch("SELECT what, records, record_id, reason FROM correction")
    assert tuple(kept) == ("REVISED", "foster_household_fact", household, "typing error")
    (event,) = await desk.fetch("SELECT details FROM audit_event WHERE action = 'CORRECT_HOUSEHOLD'")
    assert event["details"] == {"before": {"approved_on": "2025-09-15"}, "after": {"approved_on": "2025-10-01"}, "followed": []}


async def test_an_approval_that_did_not_end_stands_again(desk: Desk) -> None:
    household = await approve(desk)
    with pytest.raises(InvalidInput, match="endHouseholdApproval"):
        await desk.do("CorrectHousehold", reference="FH1", ended_on=TODAY, reason="typing error")
    await desk.do("EndHouseholdApproval", reference="FH1", ended_on=TODAY, reason="a private matter")
    await desk.do("CorrectHousehold", reference="FH1", ended_on=None, reason="another household")
    fact = await desk.record("foster_household_fact")
    assert (fact["ended_on"], fact["end_reason"]) == (None, None)
    assert await open_of(desk, household) == [("FOSTER_HOME_REVIEW_FIRST", date(2026, 9, 15))]
    (event,) = await desk.fetch("SELECT details::text AS details FROM audit_event WHERE action = 'CORRECT_HOUSEHOLD'")
    assert "private" not in event["details"]


async def test_a_review_of_a_household_is_corrected_and_withdrawn(desk: Desk) -> None:
    household = await approve(desk)
    await review(desk, date(2026, 8, 3))
    held = (await desk.record("held_record"))["id"]
    assert await desk.do("CorrectHeldRecord", id=held, held_on=date(2026, 8, 4), reason="typing error") == household
    assert await open_of(desk, household) == [("FOSTER_HOME_REVIEW_NEXT", date(2027, 8, 4))]
    wrong: list[tuple[str, dict[str, Any]]] = [("kind", {"kind": K.CARE_REVIEW}), ("heldOn", {"held_on": date(2025, 9, 14)})]
    for field, values in wrong:
        with pytest.raises(InvalidInput) as refused:
            await desk.do("CorrectHeldRecord", id=held, reason="typing error", **values)
        assert refused.value.field == field
    officer = desk.as_actor(await iro_of(desk.resources, await desk.child()))
    with pytest.raises(NotFound):
        await officer.do("CorrectHeldRecord", id=held, withdraw=True, reason="typing error")
    await desk.do("CorrectHeldRecord", id=held, withdraw=True, reason="another household")
    assert await open_of(desk, household) == [("FOSTER_HOME_REVIEW_FIRST", date(2026, 9, 15))]

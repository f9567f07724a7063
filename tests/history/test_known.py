"""What was owed by what was known at an instant, and every kind of record as the clock reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from services.history import service
from services.history.projection import obligations_known_at
from services.history.versions import open_version, revise_version, withdraw_version
from services.kernel.words import CareStatus, EarlierReviewReason, ObligationState, TransferDirection
from services.platform.database import Database
from services.statutory.facts import (
    CarePeriodFact,
    EarlierReviewFact,
    HeldFact,
    PlanFact,
    Section47Fact,
    StatusFact,
    SubjectFacts,
    TransferFact,
)
from tests.history.children import CARE, add_care, add_child, hold, owed

TODAY, DAY, NEXT = date(2026, 9, 1), date(2026, 8, 3), date(2026, 8, 24)
HOUR = timedelta(hours=1)


async def test_every_kind_of_record_is_a_fact_now_and_as_known_then(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        empty = (await service.facts_of(connection, [child], today=TODAY))[child]
        stated: list[tuple[str, dict[str, Any]]] = [
            ("care_period", {"started_on": DAY, "started_on_exact": False, "reviews_known_from": DAY, "short_break": True}),
            ("protection_plan", {"started_on": DAY, "ended_on": NEXT, "reviews_known_from": DAY}),
            ("section47", {"initiating_discussion_on": DAY, "conference_on": NEXT}),
            ("care_status", {"status": CareStatus.REMAND, "started_on": DAY, "started_on_exact": False, "expected_end_on": NEXT}),
            ("care_status", {"status": CareStatus.PLACED_FOR_ADOPTION, "started_on": DAY, "ended_on": NEXT, "end_reason": "DISRUPTED"}),
            ("earlier_review", {"kind": CARE, "called_on": DAY, "by_on": NEXT, "reason": EarlierReviewReason.CHILD_REQUESTS}),
            ("transfer", {"direction": TransferDirection.OUT, "notified_on": DAY, "conference_on": NEXT}),
            ("held_record", {"kind": CARE, "held_on": DAY, "completed_on": NEXT, "to_reconvene": True, "without_meeting": True}),
        ]
        for table, values in stated:
            await open_version(connection, table, {"child_id": child, **values}, source="TEST", at=now)
        await revise_version(connection, "child_fact", child, {"died_on": TODAY, "adopted_on": NEXT}, source="TEST", at=now)
        full = (await service.facts_of(connection, [child], today=TODAY))[child]
        assert (await service.facts_of(connection, [child], known_at=now, today=TODAY))[child] == full
        assert (await service.facts_of(connection, [child], known_at=now - HOUR, today=TODAY))[child] == empty
    assert empty == SubjectFacts(subject_id=child, born_on=date(2015, 6, 1), seen_until=TODAY)
    assert replace(full, statuses=tuple(sorted(full.statuses, key=lambda each: each.status))) == SubjectFacts(
        subject_id=child,
        born_on=date(2015, 6, 1),
        died_on=TODAY,
        adopted_on=NEXT,
        care_periods=(CarePeriodFact(started_on=DAY, started_on_exact=False, short_break=True, reviews_known_from=DAY),),
        plans=(PlanFact(started_on=DAY, ended_on=NEXT, reviews_known_from=DAY),),
        section47s=(Section47Fact(initiating_discussion_on=DAY, conference_on=NEXT),),
        statuses=(
            StatusFact(status=CareStatus.PLACED_FOR_ADOPTION, started_on=DAY, ended_on=NEXT, end_reason="DISRUPTED"),
            StatusFact(status=CareStatus.REMAND, started_on=DAY, started_on_exact=False, expected_end_on=NEXT),
        ),
        earlier=(EarlierReviewFact(kind=CARE, called_on=DAY, by_on=NEXT, reason=EarlierReviewReason.CHILD_REQUESTS),),
        transfers=(TransferFact(direction=TransferDirection.OUT, notified_on=DAY, conference_on=NEXT),),
        held=(HeldFact(kind=CARE, held_on=DAY, completed_on=NEXT, to_reconvene=True, without_meeting=True),),
        seen_until=TODAY,
    )


async def test_what_was_owed_by_what_was_known_is_told_after_a_correction(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        await add_care(connection, child, DAY)
        await hold(connection, child, CARE, NEXT, now)
        await service.rewrite_obligations(connection, [child], TODAY)
        (record,) = await connection.fetch("SELECT id FROM held_record")
        await withdraw_version(connection, "held_record", record["id"], at=now + HOUR)
        await service.rewrite_obligations(connection, [child], TODAY)
        before = await connection.fetch("SELECT xmin, * FROM obligation")
        known = {
            at: (await obligations_known_at(connection, [child], at, TODAY)).get(child)
            for at in (now - 365 * 24 * HOUR, now - HOUR, now + HOUR / 2, now + HOUR)
        }
        assert await connection.fetch("SELECT xmin, * FROM obligation") == before
    assert [None if dues is None else [(due.triggered_on, due.state) for due in dues] for dues in known.values()] == [
        None,
        [(DAY, ObligationState.OPEN)],
        [(DAY, ObligationState.HELD), (NEXT, ObligationState.OPEN)],
        [(DAY, ObligationState.OPEN)],
    ]


async def test_what_is_stored_says_from_when_a_review_may_be_held(database: Database, now: datetime) -> None:
    placed, back = date(2026, 6, 1), date(2026, 8, 17)
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1", born_on=date(2024, 6, 1))
        await add_care(connection, child, date(2026, 1, 5))
        placements: list[tuple[CareStatus, dict[str, Any]]] = [
            (CareStatus.AUTHORISED_FOR_ADOPTION, {"started_on": date(2026, 5, 4)}),
            (CareStatus.PLACED_FOR_ADOPTION, {"started_on": placed, "ended_on": back, "end_reason": "DISRUPTED"}),
        ]
        for status, values in placements:
            await open_version(connection, "care_status", {"child_id": child, "status": status, **values}, source="TEST", at=now)
        await service.rewrite_obligations(connection, [child], TODAY)
        rows = await connection.fetch(
            "SELECT triggered_on, not_before_on, statutory_due_on FROM obligation WHERE kind = 'ADOPTION_REVIEW' AND state = 'OPEN'"
        )
        assert [tuple(row) for row in rows] == [(back, back + timedelta(days=28), back + timedelta(days=42))]


async def test_what_is_stored_says_why_a_review_was_brought_forward(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        await add_care(connection, child, DAY)
        await hold(connection, child, CARE, NEXT, now)
        called: dict[str, object] = {
            "kind": CARE,
            "called_on": TODAY,
            "by_on": date(2026, 9, 4),
            "reason": EarlierReviewReason.CHILD_REQUESTS,
        }
        await open_version(connection, "earlier_review", {"child_id": child, **called}, source="TEST", at=now)
        await service.rewrite_obligations(connection, [child], TODAY)
        rows = await connection.fetch("SELECT statutory_due_on, brought_forward_by FROM obligation ORDER BY triggered_on")
    assert [tuple(row) for row in rows] == [(date(2026, 9, 1), None), (date(2026, 9, 4), "CHILD_REQUESTS")]


async def test_a_review_of_the_file_is_enough_where_a_long_term_placement_has_settled(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        await add_care(connection, child, date(2024, 1, 8))
        long_term = {"child_id": child, "status": CareStatus.LONG_TERM_PLACEMENT, "started_on": date(2024, 6, 3)}
        await open_version(connection, "care_status", long_term, source="TEST", at=now)
        for day in (date(2024, 1, 29), date(2024, 4, 22), date(2024, 10, 14), date(2025, 4, 7), date(2025, 10, 6), date(2026, 3, 30)):
            await hold(connection, child, CARE, day, now)
        await service.rewrite_obligations(connection, [child], TODAY)
        needed = await connection.fetchval("SELECT meeting_needed FROM obligation WHERE state = 'OPEN'")
    assert needed is False
    assert (await owed(database, child))[-1] == ("CARE_REVIEW_NEXT", date(2026, 3, 30), date(2026, 9, 30), "OPEN")

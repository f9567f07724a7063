"""What a person stated first, and a return states too: what the return does not show of it stays the person's. All invented."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from services.history import service as history
from services.history.commands import RegisterChild, StartCarePeriod
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import MeetingKind
from tests.intake.conftest import Unit
from tests.support.returns import write_ssda903

HEADER = ["C1,1,01/01/2012,"]
PERIODS = "SELECT started_on::text, started_on_exact, legal_status FROM care_period WHERE upper_inf(recorded) ORDER BY 1"
HELD = "SELECT kind, held_on::text, participation FROM held_record WHERE upper_inf(recorded) ORDER BY 2"


async def test_a_first_day_outlives_every_window_that_does_not_show_it(unit: Unit, tmp_path: Path) -> None:
    register = RegisterChild(request_key="register", reference="C1", born_on=date(2012, 1, 1))
    await history.register_child(unit.resources, COMMAND_LINE, register, unit.now)
    start = StartCarePeriod(request_key="start", reference="C1", started_on=date(2025, 1, 10), legal_status="C2")
    await history.start_care_period(unit.resources, COMMAND_LINE, start, unit.now)
    for law in ("C1", "C2", "C1"):
        folder = write_ssda903(tmp_path, header=HEADER, episodes=[f"C1,01/04/2025,P,{law},U6,,"])
        for _ in range(2):
            await unit.ssda903(folder)
            assert await unit.rows(PERIODS) == [("2025-01-10", True, law)]


async def test_a_review_keeps_the_kind_that_was_recorded_and_stays_when_a_return_names_it_no_longer(unit: Unit, tmp_path: Path) -> None:
    episodes = ["C1,01/04/2025,S,C2,U6,,"]
    others = ["C1,01/01/2012,30/04/2025,PN1", "C1,01/01/2012,20/12/2025,PN1"]
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=episodes, reviews=others))
    async with unit.resources.database.transaction() as connection:
        child_id = await connection.fetchval("SELECT id FROM child")
        await history.record_held_in(
            connection,
            child_id,
            MeetingKind.ADOPTION_REVIEW,
            date(2025, 8, 20),
            participation=None,
            meeting_id=None,
            source="RECORDED",
            now=unit.now,
        )
    for code in ("PN2", "PN3"):
        folder = write_ssda903(tmp_path, header=HEADER, episodes=episodes, reviews=[*others, f"C1,01/01/2012,20/08/2025,{code}"])
        for _ in range(2):
            await unit.ssda903(folder)
            assert ("ADOPTION_REVIEW", "2025-08-20", code) in await unit.rows(HELD)
            assert len(await unit.rows(HELD)) == 3
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=episodes, reviews=others))
    assert len(await unit.rows(HELD)) == 3

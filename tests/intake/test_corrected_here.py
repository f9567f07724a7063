"""What a person has corrected here, and a return states again as it was before. All invented."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.history import service as history
from services.history.commands import EndCarePeriod
from services.history.corrections import (
    CorrectCarePeriod,
    CorrectCareStatus,
    CorrectChild,
    CorrectEnquiry,
    CorrectHeldRecord,
    CorrectProtectionPlan,
)
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import ParticipationCode
from tests.intake.conftest import Unit, found
from tests.support.returns import census_child, plan, section47, write_census, write_ssda903

VERBS: dict[type, Any] = {
    CorrectCarePeriod: history.correct_care_period,
    CorrectCareStatus: history.correct_care_status,
    CorrectEnquiry: history.correct_enquiry,
    CorrectHeldRecord: history.correct_held_record,
    CorrectProtectionPlan: history.correct_protection_plan,
}
HELD = "SELECT held_on::text, participation FROM held_record WHERE upper_inf(recorded) ORDER BY 1"
PERIODS = "SELECT started_on::text, ended_on::text, legal_status FROM care_period WHERE upper_inf(recorded) ORDER BY 1"


async def _correct(unit: Unit, child: str, table: str, command: Any, *, number: int = 0, **values: Any) -> None:
    """Corrects the child's record of that table, the `number`th by its days."""
    unit.now += timedelta(hours=1)
    day = {"held_record": "held_on", "section47": "initiating_discussion_on"}.get(table, "started_on")
    sql = f"SELECT r.id FROM {table} r JOIN child c ON c.id = r.child_id WHERE c.reference = $1 AND upper_inf(r.recorded) ORDER BY r.{day}"
    record_id: UUID = (await unit.rows(sql, child))[number][0]
    made = command(request_key=f"{child} {unit.now}", id=record_id, reason="the file has it wrong", **values)
    await VERBS[command](unit.resources, COMMAND_LINE, made, unit.now)


def _reviews(*rows: str) -> list[str]:
    return [f"{row.split(',')[0]},01/01/2012,{','.join(row.split(',')[1:])}" for row in rows]


async def test_what_was_corrected_stands_against_the_same_return_again_and_is_listed_each_time(unit: Unit, tmp_path: Path) -> None:
    children = ("MOVED", "GONE", "SAID", "BORN", "BEGUN", "BREAK", "WRONG")
    folder = write_ssda903(
        tmp_path,
        header=[f"{child},1,01/01/2012," for child in children],
        episodes=[
            *(f"{child},01/05/2025,S,C2,U6,," for child in ("MOVED", "GONE", "SAID", "BORN", "BEGUN")),
            "BREAK,01/05/2025,S,V3,U6,03/05/2025,E8",
            *("WRONG,01/05/2025,S,C2,U6,01/06/2025,E8", "WRONG,01/08/2025,S,C2,U6,,"),
        ],
        reviews=_reviews("MOVED,20/05/2025,PN1", "GONE,20/05/2025,PN1", "SAID,20/05/2025,PN1", "BEGUN,20/05/2025,PN1"),
    )
    assert found(await unit.ssda903(folder)) == set()
    await _correct(unit, "MOVED", "held_record", CorrectHeldRecord, held_on=date(2025, 5, 21))
    await _correct(unit, "GONE", "held_record", CorrectHeldRecord, withdraw=True)
    await _correct(unit, "SAID", "held_record", CorrectHeldRecord, participation=ParticipationCode.PN3)
    await _correct(unit, "BEGUN", "care_period", CorrectCarePeriod, started_on=date(2025, 5, 6))
    await _correct(unit, "BREAK", "care_period", CorrectCarePeriod, ended_on=date(2025, 5, 4))
    await _correct(unit, "WRONG", "care_period", CorrectCarePeriod, withdraw=True)
    unit.now += timedelta(hours=1)
    born = CorrectChild(request_key="born", reference="BORN", reason="as on the certificate", born_on=date(2012, 1, 2))
    await history.correct_child(unit.resources, COMMAND_LINE, born, unit.now)
    before = await unit.fingerprint()
    for _ in range(2):
        report = await unit.ssda903(folder)
        assert found(report) == {(child, "CORRECTED_HERE") for child in children}
        assert report.counts.changed == 0
        assert await unit.fingerprint() == before
    told = {finding.child_reference: finding.message.split(";")[0] for finding in report.findings}
    assert told["MOVED"] == "care review of 2025-05-20: held on 2025-05-21 here"
    assert told["GONE"] == "care review of 2025-05-20 was withdrawn here"
    assert told["BORN"] == "the child: born on 2012-01-02 here"
    assert told["BEGUN"] == "care from 2025-05-01: started on 2025-05-06 here"


async def test_news_of_a_corrected_record_is_taken_and_the_correction_beside_it_stands(unit: Unit, tmp_path: Path) -> None:
    header, episodes = ["C1,1,01/01/2012,"], ["C1,01/05/2025,S,C2,U6,,"]
    first = write_ssda903(tmp_path, header=header, episodes=episodes, reviews=_reviews("C1,20/05/2025,PN1"))
    await unit.ssda903(first)
    await _correct(unit, "C1", "held_record", CorrectHeldRecord, held_on=date(2025, 5, 21))
    for code in ("PN2", "PN3"):
        news = write_ssda903(tmp_path / "news", header=header, episodes=episodes, reviews=_reviews(f"C1,20/05/2025,{code}"))
        assert found(await unit.ssda903(news)) == {("C1", "CORRECTED_HERE")}
        assert await unit.rows(HELD) == [("2025-05-21", code)]
        assert (await unit.ssda903(news)).counts.changed == 0
    put_right = write_ssda903(tmp_path / "right", header=header, episodes=episodes, reviews=_reviews("C1,21/05/2025,PN3"))
    report = await unit.ssda903(put_right)
    assert (found(report), report.counts.changed) == (set(), 0)
    both = write_ssda903(tmp_path / "both", header=header, episodes=episodes, reviews=_reviews("C1,20/05/2025,PN3", "C1,21/05/2025,PN3"))
    assert found(await unit.ssda903(both)) == {("C1", "CORRECTED_HERE")}
    assert await unit.rows(HELD) == [("2025-05-21", "PN3")]


async def test_a_statement_that_does_not_go_with_the_correction_stands_as_a_whole(unit: Unit, tmp_path: Path) -> None:
    header = ["C1,1,01/01/2012,"]
    await unit.ssda903(write_ssda903(tmp_path, header=header, episodes=["C1,01/05/2025,S,C2,U6,,"]))
    await _correct(unit, "C1", "care_period", CorrectCarePeriod, started_on=date(2025, 5, 6))
    report = await unit.ssda903(write_ssda903(tmp_path, header=header, episodes=["C1,01/05/2025,S,C2,U6,03/05/2025,E8"]))
    assert found(report) == {("C1", "SOURCES_DISAGREE")}
    assert await unit.rows(PERIODS) == [("2025-05-01", "2025-05-03", "C2")]


async def test_an_end_that_a_person_recorded_after_the_window_outlives_the_return_of_a_corrected_period(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(tmp_path, header=["C1,1,01/01/2012,"], episodes=["C1,01/05/2025,S,C2,U6,,"])
    await unit.ssda903(folder)
    await _correct(unit, "C1", "care_period", CorrectCarePeriod, started_on=date(2025, 5, 6))
    end = EndCarePeriod(request_key="end", reference="C1", ended_on=date(2026, 8, 20), reason="E8")
    await history.end_care_period(unit.resources, COMMAND_LINE, end, unit.now + timedelta(minutes=1))
    report = await unit.ssda903(folder)
    assert (found(report), report.counts.changed) == ({("C1", "CORRECTED_HERE")}, 0)
    assert await unit.rows(PERIODS) == [("2025-05-06", "2026-08-20", "C2")]


async def test_a_corrected_status_enquiry_or_plan_stands_against_the_same_file_again(unit: Unit, tmp_path: Path) -> None:
    episodes = ["SECURE,01/05/2025,S,C2,U6,01/06/2025,X1", "SECURE,01/06/2025,P,C2,K1,,"]
    folder = write_ssda903(tmp_path, header=["SECURE,1,01/01/2012,"], episodes=episodes)
    await unit.ssda903(folder)
    await _correct(unit, "SECURE", "care_status", CorrectCareStatus, started_on=date(2025, 6, 3))
    census = write_census(
        tmp_path / "census.xml",
        census_child("ASKED", section47("2026-03-02")),
        census_child("GONE", section47("2026-03-02")),
        census_child("PLAN", section47("2026-02-02", conference="2026-02-16") + plan("2026-02-16")),
    )
    listed = found(await unit.census(census))
    await _correct(unit, "ASKED", "section47", CorrectEnquiry, initiating_discussion_on=date(2026, 3, 3))
    await _correct(unit, "GONE", "section47", CorrectEnquiry, withdraw=True)
    await _correct(unit, "PLAN", "protection_plan", CorrectProtectionPlan, category="EMO")
    before = await unit.fingerprint()
    for _ in range(2):
        report = await unit.ssda903(folder)
        assert (found(report), report.counts.changed) == ({("SECURE", "CORRECTED_HERE")}, 0)
        report = await unit.census(census)
        assert found(report) - listed == {(child, "CORRECTED_HERE") for child in ("ASKED", "GONE", "PLAN")}
        assert report.counts.changed == 0
        assert await unit.fingerprint() == before

"""Several sources on one child: the diary, people, and returns of different days."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from services.history import service as history
from services.history.commands import EndCarePeriod, RegisterChild, StartCarePeriod
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import MeetingKind, ParticipationCode
from tests.intake.conftest import Unit, found
from tests.support.returns import census_child, plan, section47, write_census, write_ssda903

HEADER = ["C1,1,01/01/2012,"]
PERIODS = "SELECT started_on::text, started_on_exact, ended_on::text, source FROM care_period WHERE upper_inf(recorded) ORDER BY 1"
HELD = "SELECT kind, held_on::text, participation, source FROM held_record WHERE upper_inf(recorded) ORDER BY 2"


async def _registered(unit: Unit, started_on: date) -> None:
    register = RegisterChild(request_key="register", reference="C1", born_on=date(2012, 1, 1))
    await history.register_child(unit.resources, COMMAND_LINE, register, unit.now)
    start = StartCarePeriod(request_key="start", reference="C1", started_on=started_on, legal_status="C2")
    await history.start_care_period(unit.resources, COMMAND_LINE, start, unit.now)


async def _ended(unit: Unit, ended_on: date) -> None:
    end = EndCarePeriod(request_key=f"end {ended_on}", reference="C1", ended_on=ended_on, reason="E8")
    await history.end_care_period(unit.resources, COMMAND_LINE, end, unit.now)


async def _reviewed(unit: Unit, held_on: date, participation: ParticipationCode | None) -> None:
    async with unit.resources.database.transaction() as connection:
        child_id = await connection.fetchval("SELECT id FROM child WHERE reference = 'C1'")
        await history.record_held_in(
            connection,
            child_id,
            MeetingKind.CARE_REVIEW,
            held_on,
            participation=participation,
            meeting_id=None,
            source="DIARY",
            now=unit.now,
        )


async def test_a_window_does_not_move_the_first_day_that_people_recorded(unit: Unit, tmp_path: Path) -> None:
    await _registered(unit, date(2025, 1, 10))
    report = await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,01/04/2025,P,C2,U1,,"]))
    assert found(report) == set()
    assert await unit.rows(PERIODS) == [("2025-01-10", True, None, "RECORDED")]


async def test_another_first_day_stands_when_it_is_stated_later_and_is_listed(unit: Unit, tmp_path: Path) -> None:
    await _registered(unit, date(2025, 1, 10))
    report = await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,13/01/2025,S,C2,U1,,"]))
    assert [finding.rule for finding in report.findings] == ["SOURCES_DISAGREE"]
    assert await unit.rows(PERIODS) == [("2025-01-13", True, None, "SSDA903")]


async def test_a_return_of_an_earlier_day_does_not_undo_what_happened_since(unit: Unit, tmp_path: Path) -> None:
    await _registered(unit, date(2025, 1, 10))
    await _ended(unit, date(2026, 8, 20))
    reviews = ["C1,01/01/2012,05/05/2026,PN1"]
    folder = write_ssda903(tmp_path / "return", header=HEADER, episodes=["C1,10/01/2025,S,C2,U1,,"], reviews=reviews)
    assert found(await unit.ssda903(folder, as_of=date(2026, 8, 1))) == set()
    assert (await unit.rows(PERIODS))[0][:3] == ("2025-01-10", True, "2026-08-20")
    report = await unit.ssda903(folder, as_of=date(2026, 8, 31))
    assert found(report) == {("C1", "SOURCES_DISAGREE")}, "on 31 August the return says that care goes on"
    assert (await unit.rows(PERIODS))[0][:3] == ("2025-01-10", True, None)


async def test_an_older_return_again_does_not_undo_a_later_one(unit: Unit, tmp_path: Path) -> None:
    older = write_ssda903(tmp_path / "older", header=HEADER, episodes=["C1,10/01/2025,S,C2,U1,,"])
    later = write_ssda903(
        tmp_path / "later",
        header=HEADER,
        episodes=["C1,10/01/2025,S,C2,U1,01/06/2025,E8", "C1,01/09/2025,S,C2,U1,,"],
        reviews=["C1,01/01/2012,05/02/2025,PN1", "C1,01/01/2012,20/09/2025,PN1"],
    )
    await unit.ssda903(older, as_of=date(2025, 3, 31))
    await unit.ssda903(later, as_of=date(2026, 3, 31))
    before = await unit.fingerprint()
    for as_of in (date(2025, 3, 31), date(2026, 8, 31)):
        report = await unit.ssda903(older, as_of=as_of)
        assert report.counts.changed == 0
        assert await unit.fingerprint() == before


async def test_a_review_of_the_diary_is_the_same_review_in_the_return(unit: Unit, tmp_path: Path) -> None:
    await _registered(unit, date(2025, 1, 10))
    await _reviewed(unit, date(2025, 2, 3), None)
    await _reviewed(unit, date(2025, 4, 28), ParticipationCode.PN1)
    reviews = ["C1,01/01/2012,03/02/2025,PN2", "C1,01/01/2012,28/04/2025,PN3"]
    report = await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,10/01/2025,S,C2,U1,,"], reviews=reviews))
    assert found(report) == {("C1", "SOURCES_DISAGREE")}
    assert "PN3 on 2025-04-28 here, PN1 by DIARY" in report.findings[0].message
    told = [("CARE_REVIEW", "2025-02-03", "PN2", "SSDA903"), ("CARE_REVIEW", "2025-04-28", "PN3", "SSDA903")]
    assert await unit.rows(HELD) == told


async def test_what_the_diary_recorded_and_a_return_lacks_stays(unit: Unit, tmp_path: Path) -> None:
    await _registered(unit, date(2025, 1, 10))
    await _reviewed(unit, date(2025, 2, 3), ParticipationCode.PN1)
    reviews = ["C1,01/01/2012,20/01/2025,PN1", "C1,01/01/2012,28/04/2025,PN3"]
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,10/01/2025,S,C2,U1,,"], reviews=reviews))
    assert [row[1] for row in await unit.rows(HELD)] == ["2025-01-20", "2025-02-03", "2025-04-28"]


async def test_a_census_of_an_earlier_day_does_not_reopen_a_plan(unit: Unit, tmp_path: Path) -> None:
    details = section47("2026-06-01", conference="2026-06-19") + plan("2026-06-19")
    path = write_census(tmp_path / "census.xml", census_child("C1", details))
    await unit.census(path, as_of=date(2026, 7, 31))
    async with unit.resources.database.transaction() as connection:
        child_id = await connection.fetchval("SELECT id FROM child")
        ended_on = date(2026, 8, 20)
        await history.record_plan_in(connection, child_id, ended_on, on_plan=False, category=None, source="DIARY", now=unit.now)
    assert found(await unit.census(path, as_of=date(2026, 7, 31))) == set()
    assert await unit.rows("SELECT ended_on::text FROM protection_plan WHERE upper_inf(recorded)") == [("2026-08-20",)]
    assert found(await unit.census(path)) == {("C1", "SOURCES_DISAGREE")}
    assert await unit.rows("SELECT ended_on::text FROM protection_plan WHERE upper_inf(recorded)") == [(None,)]


async def test_imports_at_one_instant_do_not_lose_each_others_versions(unit: Unit, tmp_path: Path) -> None:
    at = unit.now
    for number, born in enumerate(("01/01/2012", "02/01/2012", "01/01/2012")):
        unit.now = at
        await unit.ssda903(write_ssda903(tmp_path, header=[f"C1,1,{born},"], episodes=["C1,10/01/2025,S,C2,U1,,"]))
        assert await unit.rows("SELECT count(*) FROM child_fact") == [(number + 1,)]
    assert await unit.rows("SELECT born_on::text FROM child_fact WHERE upper_inf(recorded)") == [("2012-01-01",)]


FACTS = "SELECT died_on::text, adopted_on::text, upn FROM child_fact WHERE upper_inf(recorded)"


async def _known(unit: Unit, column: str, day: date) -> None:
    unit.now += timedelta(hours=1)
    async with unit.resources.database.transaction() as connection:
        await connection.execute("UPDATE child_fact SET recorded = tstzrange(lower(recorded), $1) WHERE upper_inf(recorded)", unit.now)
        await connection.execute(
            f"INSERT INTO child_fact (child_id, recorded, born_on, {column}, source) "
            "SELECT id, tstzrange($1, NULL), '2012-01-01', $2, 'RECORDED' FROM child",
            unit.now,
            day,
        )


async def test_a_death_that_a_person_recorded_outlives_every_return_that_says_nothing_of_it(unit: Unit, tmp_path: Path) -> None:
    episodes = ["C1,01/05/2025,S,C2,U6,,"]
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=episodes))
    await _known(unit, "died_on", date(2026, 2, 3))
    for upn in ("A111", "A222", "A333"):
        await unit.ssda903(write_ssda903(tmp_path, header=[f"C1,1,01/01/2012,{upn}"], episodes=episodes))
        assert await unit.rows(FACTS) == [("2026-02-03", None, upn)]


async def test_an_adoption_order_that_a_person_recorded_does_too_and_one_that_a_return_stated_is_its_own_to_take_back(
    unit: Unit, tmp_path: Path
) -> None:
    adopted, still = ["C1,01/05/2025,S,E1,A6,03/02/2026,E11"], ["C1,01/05/2025,S,E1,A6,,"]
    await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=adopted))
    assert await unit.rows(FACTS) == [(None, "2026-02-03", None)]
    await unit.ssda903(write_ssda903(tmp_path, header=["C1,1,01/01/2012,A111"], episodes=still))
    assert await unit.rows(FACTS) == [(None, None, "A111")]
    await _known(unit, "adopted_on", date(2026, 2, 10))
    for upn in ("A222", "A333"):
        await unit.ssda903(write_ssda903(tmp_path, header=[f"C1,1,01/01/2012,{upn}"], episodes=still))
        assert await unit.rows(FACTS) == [(None, "2026-02-10", upn)]


async def test_a_pupil_number_that_says_there_is_none_is_none(unit: Unit, tmp_path: Path) -> None:
    await unit.ssda903(write_ssda903(tmp_path, header=["C1,1,01/01/2012,UN1"], episodes=["C1,01/05/2025,S,C2,U6,,"]))
    assert await unit.rows(FACTS) == [(None, None, None)]


async def test_what_a_person_withdrew_is_listed_when_a_return_states_it_again(unit: Unit, tmp_path: Path) -> None:
    folder = write_ssda903(
        tmp_path,
        header=HEADER,
        episodes=["C1,01/05/2025,S,C2,U6,,"],
        reviews=[f"C1,01/01/2012,{day},PN1" for day in ("20/05/2025", "10/08/2025")],
    )
    await unit.ssda903(folder)
    unit.now += timedelta(hours=1)
    async with unit.resources.database.transaction() as connection:
        sql = "UPDATE held_record SET recorded = tstzrange(lower(recorded), $1) WHERE held_on = '2025-08-10'"
        await connection.execute(sql, unit.now)
    report = await unit.ssda903(folder)
    assert [(each.rule, each.child_reference) for each in report.findings] == [("STATED_AGAIN", "C1")]
    assert report.findings[0].message.startswith("care review of 2025-08-10; the later statement stands")
    assert found(await unit.ssda903(folder)) == set()
    fewer = write_ssda903(tmp_path, header=HEADER, episodes=["C1,01/05/2025,S,C2,U6,,"], reviews=["C1,01/01/2012,20/05/2025,PN1"])
    assert found(await unit.ssda903(fewer)) == set()
    both = ["C1,01/01/2012,20/05/2025,PN1", "C1,01/01/2012,10/08/2025,PN1"]
    again = await unit.ssda903(write_ssda903(tmp_path, header=HEADER, episodes=["C1,01/05/2025,S,C2,U6,,"], reviews=both))
    assert found(again) == set(), "a file that took it back itself may state it again"

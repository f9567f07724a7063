"""A return is a window on a longer story: what it cannot show is neither late nor owed, and a return beside it widens it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.intake.conftest import Unit
from tests.support.returns import census_child, plan, write_census, write_ssda903

_REVIEWS = {
    2018: ("01/04/2018",),
    2023: ("12/06/2023", "04/12/2023"),
    2024: ("03/06/2024", "25/11/2024"),
    2025: ("12/05/2025", "03/11/2025"),
}


async def _take_year(unit: Unit, folder: Path, year: int) -> None:
    """One collection year of a child in care since March 2018 and of one known only to have been by 2023."""
    episodes = ["C1,05/03/2018,S,C2,U1,,"] + ["C2,01/04/2023,L,C2,U1,,"] * (year >= 2023)
    header = ["C1,1,01/01/2012,", "C2,1,01/01/2012,"]
    reviews = [f"C1,01/01/2012,{day},PN1" for day in _REVIEWS[year]]
    path = write_ssda903(folder / str(year), header=header, episodes=episodes, reviews=reviews)
    await unit.ssda903(path, as_of=date(year + 1, 3, 31))


async def _known_from(unit: Unit, table: str = "care_period") -> date | None:
    sql = f"SELECT reviews_known_from FROM {table} JOIN child k ON k.id = child_id WHERE k.reference = 'C1' AND upper_inf(recorded)"
    ((day,),) = await unit.rows(sql)
    assert day is None or isinstance(day, date)
    return day


async def _owed(unit: Unit) -> list[tuple[str, str, bool]]:
    """Day 0 and state of what C1 owes or owed, and whether it was late or is overdue on 31 March 2026."""
    late = "coalesce(held_on, '2026-03-31') > statutory_due_on"
    sql = f"SELECT triggered_on::text, state, {late} FROM obligation JOIN child k ON k.id = child_id WHERE k.reference = 'C1' ORDER BY 1"
    return await unit.rows(sql)


async def test_a_return_of_one_year_makes_no_review_late_or_overdue_and_the_year_before_it_shows_more(unit: Unit, tmp_path: Path) -> None:
    await _take_year(unit, tmp_path, 2025)
    assert await _known_from(unit) == date(2025, 4, 1)
    assert await _owed(unit) == [("2025-05-12", "HELD", False), ("2025-11-03", "OPEN", False)]
    await _take_year(unit, tmp_path, 2024)
    assert await _known_from(unit) == date(2024, 4, 1)
    longer = [("2024-06-03", "HELD", False), ("2024-11-25", "HELD", False), ("2025-05-12", "HELD", False), ("2025-11-03", "OPEN", False)]
    assert await _owed(unit) == longer
    before = await unit.fingerprint()
    for year in (2024, 2025):
        await _take_year(unit, tmp_path, year)
    assert await unit.fingerprint() == before, "neither narrows what the other has shown"


async def test_a_year_that_no_return_has_shown_is_not_taken_for_one_without_reviews(unit: Unit, tmp_path: Path) -> None:
    await _take_year(unit, tmp_path, 2023)
    await _take_year(unit, tmp_path, 2025)
    assert await _known_from(unit) == date(2025, 4, 1)
    assert not any(late for _, _, late in await _owed(unit))
    await _take_year(unit, tmp_path, 2018)
    assert await _known_from(unit) == date(2025, 4, 1), "years are missing between"
    await _take_year(unit, tmp_path, 2024)
    assert await _known_from(unit) == date(2024, 4, 1)
    await _take_year(unit, tmp_path, 2023)
    assert await _known_from(unit) == date(2023, 4, 1)
    assert not any(late for _, _, late in await _owed(unit))


async def test_a_period_that_began_within_the_window_is_known_whole(unit: Unit, tmp_path: Path) -> None:
    reviews = ["C1,01/01/2012,28/05/2025,PN1", "C2,01/01/2012,12/04/2025,PN1"]
    episodes = ["C1,01/05/2025,S,C2,U1,,", "C2,01/04/2024,S,C2,U1,,"]
    folder = write_ssda903(tmp_path, header=["C1,1,01/01/2012,", "C2,1,01/01/2012,"], episodes=episodes, reviews=reviews)
    await unit.ssda903(folder, as_of=date(2026, 3, 31))
    assert await _known_from(unit) is None
    assert (await _owed(unit))[0] == ("2025-05-01", "HELD", False)
    assert await unit.rows("SELECT count(*) FROM care_period WHERE reviews_known_from = '2025-04-01'") == [(1,)]


async def test_of_a_period_that_began_nobody_knows_when_no_return_is_the_whole(unit: Unit, tmp_path: Path) -> None:
    await _take_year(unit, tmp_path, 2023)
    sql = "SELECT started_on_exact, reviews_known_from FROM care_period WHERE upper_inf(recorded) AND started_on = '2023-04-01'"
    assert await unit.rows(sql) == [(False, date(2023, 4, 1))]


async def test_a_census_makes_no_review_conference_late_that_it_cannot_show(unit: Unit, tmp_path: Path) -> None:
    def census(year: int, *reviews: str) -> Path:
        stated = plan("2023-06-05", reviews=reviews)
        return write_census(tmp_path / f"{year}.xml", census_child("C1", stated), reference_day=f"{year}-03-31")

    await unit.census(census(2026, "2025-06-16", "2025-12-01"), as_of=date(2026, 3, 31))
    assert await _known_from(unit, "protection_plan") == date(2025, 4, 1)
    conferences = "SELECT triggered_on::text FROM obligation WHERE kind = 'REVIEW_CONFERENCE' ORDER BY 1"
    assert await unit.rows(conferences) == [("2025-06-16",), ("2025-12-01",)]
    await unit.census(census(2025, "2024-07-01", "2024-12-20"), as_of=date(2025, 3, 31))
    assert await _known_from(unit, "protection_plan") == date(2024, 4, 1)
    assert (await unit.rows(conferences))[0] == ("2024-07-01",)
    await unit.census(census(2024, "2023-08-30", "2024-01-15"), as_of=date(2024, 3, 31))
    assert await _known_from(unit, "protection_plan") is None
    assert (await unit.rows(conferences))[0] == ("2023-06-05",)


async def _late(unit: Unit) -> list[tuple[str]]:
    sql = "SELECT DISTINCT k.reference FROM obligation JOIN child k ON k.id = child_id WHERE held_on > statutory_due_on ORDER BY 1"
    return await unit.rows(sql)


@pytest.mark.parametrize("wrong", ["12/05/2009", "12/05/2019"])
async def test_one_mistyped_year_does_not_make_the_reviews_of_others_late(unit: Unit, tmp_path: Path, wrong: str) -> None:
    """Before the child's birth, so that nothing of that child is taken; and within its care, where nobody can see it."""
    children = [f"C{number:02}" for number in range(12)]
    header = [f"{child},1,01/01/2010," for child in children]
    episodes = [f"{child},05/03/2018,S,C2,U1,," for child in children]
    reviews = [f"{child},01/01/2010,{day},PN1" for child in children for day in ("12/05/2025", "03/11/2025")]
    path = write_ssda903(tmp_path / "2025", header=header, episodes=episodes, reviews=[*reviews, f"C00,01/01/2010,{wrong},PN1"])
    await unit.ssda903(path, as_of=date(2026, 3, 31))
    assert await unit.rows("SELECT DISTINCT reviews_known_from FROM care_period") == [(date(2025, 4, 1),)]
    assert await _late(unit) == []


async def test_one_mistyped_year_in_an_older_return_does_not_take_back_what_happened_since(unit: Unit, tmp_path: Path) -> None:
    children = [f"C{number:02}" for number in range(12)]
    header = [f"{child},1,01/01/2010," for child in children]

    async def take(year: int, *more: str) -> None:
        reviews = [f"{child},01/01/2010,{day}/{year},PN1" for child in children for day in ("12/05", "03/11")]
        episodes = [f"{child},05/03/2018,S,C2,U1,," for child in children]
        folder = write_ssda903(tmp_path / f"{year}{len(more)}", header=header, episodes=episodes, reviews=[*reviews, *more])
        await unit.ssda903(folder, as_of=date(2026, 3, 31))

    await take(2024)
    await take(2025)
    since = "SELECT count(*) FROM held_record WHERE upper_inf(recorded) AND held_on > '2025-03-31'"
    assert await unit.rows(since) == [(24,)]
    await take(2024, "C00,01/01/2010,20/05/2025,PN1")
    assert await unit.rows(since) == [(25,)]

"""On which ground an officer may not have a child, and where she works: as a unit's file and a case system's dataset state it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from services.intake import service as intake
from services.intake.readers.establishment import read_establishment
from services.intake.readers.ssd_charge import had_charge, manages
from services.kernel.errors import InvalidInput
from services.kernel.words import IndependenceGround
from tests.intake.conftest import Unit
from tests.intake.test_establishment_file import GOOD
from tests.intake.test_ssd import ESTABLISHMENT, WHOLE, take
from tests.support.returns import write_ssd

_BARS = "SELECT r.code, m.child_reference, m.ground, m.reason FROM may_not_chair m JOIN resource r ON r.id = m.iro_id ORDER BY 1, 2"


def _read(may_not_chair: str) -> tuple[tuple[str, ...], dict[str, IndependenceGround]]:
    told = read_establishment(io.BytesIO(GOOD.replace('["CH0012"]', may_not_chair).encode()), "e.toml")
    return told.iros[0].may_not_chair, dict(told.iros[0].grounds)


def test_a_ground_may_be_stated_beside_the_plain_reference() -> None:
    assert _read('["CH1", { child = "CH2", ground = "MANAGES_THE_CASE" }, { child = "CH3", ground = "personal connection" }]') == (
        ("CH1", "CH2", "CH3"),
        {"CH2": IndependenceGround.MANAGES_THE_CASE, "CH3": IndependenceGround.PERSONAL_CONNECTION},
    )
    assert _read('["CH1", { child = "CH1", ground = "CONTROLS_RESOURCES" }, "CH1"]') == (
        ("CH1",),
        {"CH1": IndependenceGround.CONTROLS_RESOURCES},
    )
    assert _read("[]") == ((), {})


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ('[{ child = "CH1", ground = "AUNT" }]', "e.toml, line 17, [[iro]] number 1, key 'may_not_chair[1].ground': \"AUNT\" is no ground"),
        ('["CH0", { child = "CH1" }]', "key 'may_not_chair[2].ground': is missing"),
        ('[{ ground = "HAD_CHARGE" }]', "key 'may_not_chair[1].child': is missing"),
        ('[{ child = "CH1", ground = "HAD_CHARGE", since = 2020 }]', "key 'may_not_chair[1].since': there is no such key here"),
        ("[3]", "is not a list of texts, or of tables in braces"),
        ('"CH1"', "is not a list of texts, or of tables in braces"),
        (
            '[{ child = "CH1", ground = "HAD_CHARGE" }, { child = "CH1", ground = "MANAGES_THE_CASE" }]',
            "key 'may_not_chair[2].ground': \"CH1\" is there with another ground",
        ),
    ],
)
def test_each_fault_of_a_ground_is_one_clear_line(stated: str, told: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        _read(stated)
    assert told in str(fault.value)


async def test_grounds_and_areas_stand_as_the_file_has_them_now(unit: Unit, tmp_path: Path) -> None:
    file = tmp_path / "establishment.toml"
    areas = "SELECT r.code, i.areas FROM iro i JOIN resource r ON r.id = i.resource_id ORDER BY 1"
    file.write_text(
        GOOD.replace('["CH0012"]', '["CH1", { child = "CH2", ground = "MANAGES_THE_CASE" }]\nareas = ["north", "town", "north"]')
    )
    await unit.take(intake.import_establishment, file)
    assert await unit.rows(_BARS) == [
        ("IRO-01", "CH1", "HAD_CHARGE", "had charge of the case"),
        ("IRO-01", "CH2", "MANAGES_THE_CASE", "manages the case"),
    ]
    assert await unit.rows(areas) == [("IRO-01", ["north", "town"]), ("IRO-02", [])]
    file.write_text(GOOD.replace('["CH0012"]', '["CH2", { child = "CH1", ground = "PERSONAL_CONNECTION" }]'))
    await unit.take(intake.import_establishment, file)
    assert await unit.rows(_BARS) == [
        ("IRO-01", "CH1", "PERSONAL_CONNECTION", "has a personal connection"),
        ("IRO-01", "CH2", "HAD_CHARGE", "had charge of the case"),
    ]
    assert await unit.rows(areas) == [("IRO-01", []), ("IRO-02", [])]


async def test_the_same_grounds_again_write_nothing(unit: Unit, tmp_path: Path) -> None:
    file = tmp_path / "establishment.toml"
    file.write_text(GOOD.replace('["CH0012"]', '[{ child = "CH2", ground = "MANAGES_THE_CASE" }]\nareas = ["north"]'))
    await unit.take(intake.import_establishment, file)
    rows = "SELECT xmin::text FROM may_not_chair UNION ALL SELECT xmin::text FROM iro ORDER BY 1"
    before = await unit.rows(rows)
    await unit.take(intake.import_establishment, file)
    assert await unit.rows(rows) == before


async def test_whoever_manages_the_case_is_told_from_who_had_it_in_hand(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "establishment.toml").write_text(ESTABLISHMENT)
    await unit.take(intake.import_establishment, tmp_path / "establishment.toml")
    persons = {"person": ["C1,M,2012-01-01,,", "C2,F,2018-05-01,,"], "cla_episodes": WHOLE["cla_episodes"], "cla_reviews": []}
    professionals = ["11,S11,First Officer,sw123456,Service Manager", "12,IRO-02,Somebody,,Independent Reviewing Officer"]
    involvements = ["1,11,,2019-02-01,,C1", "2,12,Team Manager,2021-01-01,2021-06-30,C2", "3,12,Social Worker,2021-07-01,,C2"]
    folder = write_ssd(tmp_path / "ssd", **persons, professionals=professionals, involvements=involvements)
    await take(unit, folder)
    assert [row[:3] for row in await unit.rows(_BARS)] == [("IRO-01", "C1", "MANAGES_THE_CASE"), ("IRO-02", "C2", "HAD_CHARGE")]
    write_ssd(folder, **persons, professionals=professionals, involvements=involvements[:2])
    await take(unit, folder)
    assert [row[:3] for row in await unit.rows(_BARS)] == [("IRO-01", "C1", "MANAGES_THE_CASE"), ("IRO-02", "C2", "MANAGES_THE_CASE")]


async def test_a_ground_that_was_read_otherwise_before_is_read_anew(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "establishment.toml").write_text(ESTABLISHMENT)
    await unit.take(intake.import_establishment, tmp_path / "establishment.toml")
    people = {"professionals": ["7,IRO-02,Somebody,,"], "involvements": ["1,7,Team Manager,2020-01-01,,C1"]}
    folder = write_ssd(tmp_path / "ssd", **WHOLE, **people)
    await take(unit, folder)
    async with unit.resources.database.transaction() as connection:
        await connection.execute("UPDATE may_not_chair SET ground = 'HAD_CHARGE'")
    await take(unit, folder)
    assert [row[2] for row in await unit.rows(_BARS)] == ["MANAGES_THE_CASE"]


def test_the_words_of_a_role_say_who_manages_a_case() -> None:
    managing = ("Team Manager", "Assistant Team Manager", "ATM", "Head of Service", "Leaving Care Team Manager", "Practice Supervisor")
    working = (
        "Case Manager",
        "Social Worker",
        "Senior Practitioner",
        "Personal Adviser",
        "Social Worker and Team Manager",
        "Allocated Worker",
    )
    assert [manages(role) for role in managing] == [True] * len(managing)
    assert [manages(role) for role in working] == [False] * len(working)
    assert all(had_charge(role) for role in (*managing, *working))
    assert not any(manages(role) for role in ("IRO Manager", "Business Support Manager", "Health visitor", ""))

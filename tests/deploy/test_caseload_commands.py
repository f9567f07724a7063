"""Caseloads, suppositions, the weeks ahead and rebalancing at the command line."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from tests.deploy.test_cli import Run, convene, url
from tests.support.records import Records

__all__ = ["convene", "url"]
SINCE = date(2026, 2, 2)


@pytest.fixture
def unit(url: str) -> str:
    """Two officers, of whom the first has three children who have been on a plan for long; the address of its database."""

    async def lay() -> None:
        owner = await asyncpg.connect(url)
        records = Records(owner)
        one = await records.iro("IRO-01")
        await records.iro("IRO-02", wte="0.5")
        for number in (1, 2, 3):
            child = await records.child(f"CH{number}")
            await records.protection_plan(child, SINCE)
            await records.allocation(child, one, first=SINCE)
        await owner.close()

    asyncio.run(lay())
    return url


def held(url: str) -> dict[str, str]:
    """The officer of each child today."""

    async def read() -> dict[str, str]:
        owner = await asyncpg.connect(url)
        rows = await owner.fetch(
            "SELECT c.reference, r.code FROM allocation a JOIN child c ON c.id = a.child_id JOIN resource r ON r.id = a.iro_id "
            "WHERE a.held @> date '2026-09-01'"
        )
        await owner.close()
        return {row["reference"]: row["code"] for row in rows}

    return asyncio.run(read())


def told(ran: tuple[int, str, str]) -> list[str]:
    status, output, errors = ran
    assert (status, errors) == (0, "")
    return output.splitlines()


def test_a_table_of_the_day(convene: Run, unit: str) -> None:
    assert told(convene("caseloads")) == [
        "Caseloads on 2026-09-01",
        "officer   children  in care  on plans  points  limit   share  state  from when another limit",
        "IRO-01           3        0         3       3     90  3.34 %  UNDER",
        "IRO-02           0        0         0       0     45  0.00 %  UNDER",
        "together         3        0         3       3    135  2.23 %",
    ]
    assert told(convene("caseloads", "--as-of", "2026-02-01"))[1:][-1].split()[1:5] == ["0", "0", "0", "0"]


def test_suppositions_are_told_and_change_nothing(convene: Run, unit: str) -> None:
    words = ("--absent", "IRO-01", "--wte", "IRO-02=0.8", "--new-in-care", "4", "--new-on-plans", "1", "--limit", "70")
    lines = told(convene("caseloads", *words))
    assert lines[0].startswith("Caseloads on 2026-09-01, if IRO-01 were absent, and IRO-02 had 0.8 WTE, and 4 more came into care,")
    assert lines[0].endswith(", and 1 more came onto a plan, and the limit were 70 points per WTE")
    assert lines[1:] == [
        "officer   children  in care  on plans  points  limit    share  state        from when another limit",
        "IRO-01           3        0         3       3      0        –  UNAVAILABLE",
        "IRO-02           5        4         1       6     56  10.72 %  UNDER",
        "together         8        4         4       9     56  16.08 %",
    ]
    assert held(unit) == {f"CH{number}": "IRO-01" for number in (1, 2, 3)}
    found = json.loads(convene("caseloads", *words, "--json")[1])
    assert (found["as_of"], found["what_if"]["absent"], found["what_if"]["wte"]) == ("2026-09-01", ["IRO-01"], {"IRO-02": "0.8"})
    assert [(each["iro_code"], each["points"], each["state"]) for each in found["caseloads"]] == [
        ("IRO-01", "3.0", "UNAVAILABLE"),
        ("IRO-02", "6.00", "UNDER"),
    ]


def test_the_weeks_ahead(convene: Run, unit: str) -> None:
    lines = told(convene("forecast", "--weeks", "2"))
    assert lines[0] == "Forecast from 2026-09-01"
    assert lines[2].split()[:3] == ["today", "3", "135"]
    assert [line.split()[0] for line in lines[3:5]] == ["2026-09-02", "2026-09-09"]
    assert "3 came onto a plan and 0 left one (0.06 and 0.00 a week)" in " ".join(lines)
    assert len(json.loads(convene("forecast", "--weeks", "2", "--json")[1])["weeks"]) == 2


def test_every_officer_for_a_child(convene: Run, unit: str) -> None:
    lines = told(convene("candidates", "CH1"))
    assert [line.split()[:5] for line in lines[2:]] == [["1", "IRO-02", "1", "45", "2.23"], ["2", "IRO-01", "3", "90", "3.34"]]
    assert lines[2].endswith("needs another manager: CHANGE_OF_IRO")
    assert "has the child" in lines[3]
    found = json.loads(convene("candidates", "CH1", "--json")[1])["candidates"]
    assert [(each["iro_code"], each["holds"]) for each in found] == [("IRO-02", False), ("IRO-01", True)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("candidates", "CH77"), "there is no child CH77"),
        (("caseloads", "--absent", "IRO-77"), "there is no IRO IRO-77"),
        (("caseloads", "--wte", "IRO-01"), "--wte IRO-01: give an officer and her WTE, for example IRO-01=0.6"),
        (("caseloads", "--wte", "IRO-01=lots"), "--wte IRO-01=lots: give an officer and her WTE"),
        (("caseloads", "--wte", "IRO-01=3"), "3 WTE for IRO-01: give 0 to 2"),
        (("caseloads", "--wte", "IRO-01=0.5", "--wte", "IRO-01=0.6"), "IRO-01 is named twice"),
        (("caseloads", "--limit", "0"), "more than 0"),
        (("caseloads", "--limit", "lots"), "--limit lots: give a number, for example 70"),
        (("caseloads", "--new-in-care", "1001"), "1001 new children in care: give 0 to 1000"),
        (("caseloads", "--new-on-plans", "-1"), "-1 new children on plans: give 0 to 1000"),
        (("forecast", "--weeks", "0"), "0 weeks: give 1 to 104"),
        (("rebalance",), "give one of --max-moves"),
        (("rebalance", "--max-moves", "2", "--undo", "x"), "give one of --max-moves"),
        (("rebalance", "--max-moves", "2", "--apply"), "--apply needs --reason"),
        (("rebalance", "--max-moves", "2", "--moves", "1"), "give --apply too"),
        (("rebalance", "--max-moves", "2", "--apply", "--reason", "so", "--moves", "one"), "for example 1,2,5"),
        (("rebalance", "--max-moves", "2", "--reason", "so"), "--reason says why --apply or --undo is done"),
        (("rebalance", "--undo", "x", "--apply", "--reason", "so"), "--undo takes back, --apply makes moves"),
        (("rebalance", "--proposal", "x", "--absent", "IRO-01"), "--absent is of a new proposal: give it with --max-moves"),
        (("rebalance", "--proposal", "x", "--keep", "CH1"), "--keep is of a new proposal"),
        (("rebalance", "--undo", "x", "--target", "0.9"), "--target is of a new proposal"),
        (("rebalance", "--undo", "yesterday"), "yesterday is no id of a rebalancing"),
        (("rebalance", "--proposal", "00000000-0000-0000-0000-000000000001"), "there is no rebalancing"),
        (("rebalance", "--max-moves", "2", "--absent", "IRO-77"), "there is no IRO IRO-77"),
        (("rebalance", "--max-moves", "2", "--keep", "CH77"), "there is no child CH77"),
        (("rebalance", "--max-moves", "0"), "from 1 to"),
        (("rebalance", "--max-moves", "2", "--target", "good"), "--target good: give a number"),
    ],
)
def test_what_cannot_be_done_is_one_line(convene: Run, unit: str, words: tuple[str, ...], said: str) -> None:
    status, output, errors = convene(*words)
    assert (status, output) == (1, "")
    assert len(errors.splitlines()) == 1
    assert errors.startswith("convene: ")
    assert said in errors


def test_a_proposal_is_made_applied_in_part_and_taken_back(convene: Run, unit: str, tmp_path: Path) -> None:
    lines = told(convene("rebalance", "--max-moves", "5", "--absent", "IRO-01"))
    assert lines[2:5] == [
        "officer  limit  children  after  points  after   share   after  state        after",
        "IRO-01       0         3      0       3      0       –       –  UNAVAILABLE  UNAVAILABLE",
        "IRO-02      45         0      3       0      3  0.00 %  6.67 %  UNDER        UNDER",
    ]
    assert [line.strip() for line in lines if re.match(r" +\d+  CH", line)] == [
        f"{number}  CH{number}: IRO-01 to IRO-02, 1 point" for number in (1, 2, 3)
    ]
    found = lines[0].split()[1].rstrip(":")
    assert held(unit) == {f"CH{number}": "IRO-01" for number in (1, 2, 3)}
    _, _, errors = convene("rebalance", "--proposal", found, "--apply", "--moves", "4", "--reason", "ill")
    assert errors == "convene: --moves 4: the moves of this proposal are 1 to 3\n"
    made = told(convene("rebalance", "--proposal", found, "--apply", "--moves", "1,3", "--reason", "ill"))
    assert made == [f"Rebalancing {found}: 2 of 2 moves made"]
    assert held(unit) == {"CH1": "IRO-02", "CH2": "IRO-01", "CH3": "IRO-02"}
    assert told(convene("rebalance", "--undo", found, "--reason", "back"))[0] == f"Rebalancing {found}: 2 of 2 moves taken back"
    assert held(unit) == {f"CH{number}": "IRO-01" for number in (1, 2, 3)}


def test_a_proposal_can_be_applied_at_once_and_read_by_a_program(convene: Run, unit: str) -> None:
    status, output, _ = convene("rebalance", "--max-moves", "5", "--absent", "IRO-01", "--apply", "--reason", "ill", "--json")
    found = json.loads(output)
    assert (status, found["rebalancing"]["state"], found["done"]) == (0, "APPLIED", "made")
    assert [(move["from"], move["to"], move["points"]) for move in found["moves"]] == [("IRO-01", "IRO-02", "1")] * 3
    assert [result["applied"] for result in found["results"]] == [True] * 3
    assert set(held(unit).values()) == {"IRO-02"}

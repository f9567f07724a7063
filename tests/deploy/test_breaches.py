"""What lies ahead of the diary, at the command line."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime

import asyncpg

from tests.deploy.test_caseload_commands import told
from tests.deploy.test_cli import Run, convene, url
from tests.support.records import Records

__all__ = ["convene", "url"]


def lay(url: str) -> None:
    """A conference that is owed, one that stands without police, and nobody at work."""

    async def write() -> None:
        owner = await asyncpg.connect(url)
        records = Records(owner)
        officer = await records.iro("IRO-01")
        for number in (1, 2):
            child = await records.child(f"CH{number}")
            await records.allocation(child, officer)
            if number == 1:
                await records.obligation(child, "REVIEW_CONFERENCE", date(2026, 9, 15))
            else:
                starts = datetime(2026, 9, 10, 9, tzinfo=UTC)
                await records.meeting("M-BARE-BARE", starts, [(child, None)], kind="REVIEW_CONFERENCE", chair=officer)
        await owner.close()

    asyncio.run(write())


def test_an_empty_unit_has_nothing_to_fear(convene: Run) -> None:
    lines = told(convene("breaches", "--weeks", "2"))
    assert lines[0] == "Ahead of the diary, 2026-09-02 to 2026-09-13"
    assert [line.rpartition(": ")[2] for line in lines if line.endswith("none.")] == ["none."] * 3


def test_duties_weeks_and_conferences_are_told_with_what_is_short(convene: Run, url: str) -> None:
    lay(url)
    text = "\n".join(told(convene("breaches", "--weeks", "3")))
    assert "CH1  REVIEW_CONFERENCE  2026-09-15      0      3  CHAIR_ABSENT IRO-01 (else 0 times)" in text
    assert "2026-09-14  police            1                  0           0      1                 0" in text
    assert "M-BARE-BARE" in text
    found = json.loads(convene("breaches", "--weeks", "3", "--json")[1])
    assert [each["short"] for each in found["obligations"]] == [3]


def test_weeks_that_are_none_are_refused_in_one_line(convene: Run) -> None:
    status, _, errors = convene("breaches", "--weeks", "53")
    assert (status, errors) == (1, "convene: 53 weeks: give 1 to 52\n")

"""The page on rebalancing, written from what its own commands print of the sample authority.

`python -m tests.deploy.rebalancing_page` writes it anew; a test compares it with what is there. What is random in the output
(the id of a proposal, the references of meetings) is masked. Not compared is when each meeting was planned, and what follows from
that alone (whether the new officer is free then, which children are met soon): a plan settles what is equally good by random
identifiers.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest

from deploy.cli import main
from tests.support.servers import drop_database, fresh_database, postgres_server

PAGE = Path(__file__).parents[2] / "docs" / "rebalancing.md"
TODAY = "2026-09-01"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MEETING = re.compile(r"M-[0-9A-Z]{4}-[0-9A-Z]{4}")
_PROPOSAL = "<the id that was printed>"
_PLANNED = re.compile(
    r"(?<=M-…) on .*$|(?<=_CONFERENCE) at .*$"
    r"| \d+ booked meetings? changes? chair\.| \d+ children move who should stay.*$|^ +they should stay .*\n",
    re.MULTILINE,
)
_QUOTED = f"'{_PROPOSAL}'"
_MOVE = re.compile(r" {0,2}\d+  CH")
_SHOWN = 2

PARTS = (
    """# Rebalancing

Caseloads drift apart, an officer falls ill, another leaves. Convene proposes who should take whom, shows the whole before and after,
and changes nothing until somebody says so. What a child weighs and what an officer may hold is in [caseloads](caseloads.md).

What a proposal promises, each line before all that follow it:

1. Law is kept: independence, parent and child apart, no secure panel, no leaver. Nobody is brought over her limit, or further over it:
   where all are at or over their limits, nobody moves and it says so. What another limit would do `caseloads --limit` tells.
2. Whoever has an officer who is named as absent or about to leave (`--absent`), or who has left, gets another, as many as there is
   room for. Who is left is named, with what stands in the way. Who is away and not named keeps her children, which is said, too.
3. Children who are reviewed within ten working days or whose review is overdue, whom a person has marked to keep their IRO, or
   whom you name with `--keep`, stay unless no other way exists.
4. The fullest officer is as little full as so many moves allow, counted in steps of half a percent of the limit: less is not worth a
   child's change of officer (a unit states another step as [`rebalancing_step`](files.md#establishment)). With `--target`, no less
   than asked for.
5. Brothers and sisters who are with one officer move together or not at all, and those who are apart come together.
6. Then as few booked meetings as possible are disturbed, by as few moves as possible; then the wishes in the unit's order.

Beside the fullest officer's share stands what it is proven not to go below: no proposal of so many moves that keeps lines 1 to 3 as
well as this one does has a fullest officer below that. It is told to a hundredth of a percent, whatever the step or the target, and
is never above the true least.

## A worked example

The sample authority has six officers, 5.4 whole-time equivalents, and 90 points a whole-time equivalent. On 1 September 2026 IRO-06
falls ill for three months. All that follows is what the commands print; you can type them beside `CONVENE_SAMPLE=0
CONVENE_TODAY=2026-09-01 make run` in an empty folder. Meetings have random references, here `M-…`.
""",
    "convene sample sample --as-of 2026-09-01",
    "convene import establishment sample/establishment.toml",
    "convene import ssda903 sample/ssda903",
    "convene import cin-census sample/cin_census.xml",
    "convene import family sample/family.csv",
    "convene allocate",
    "convene plan --from 2026-09-01 --to 2026-10-09 --apply",
    """
**Does it fit?** Nothing is changed by asking.
""",
    "convene caseloads --absent IRO-06",
    """
It does not: the others may hold 432 points, and 442.75 are to be held. A proposal would move what fits, and name who is left. What
would fit?
""",
    "convene caseloads --absent IRO-06 --limit 95",
    """
95 points a whole-time equivalent would do, for the time being. The manager decides that, in the establishment file (or by
`setWeightingScheme`), from today on; yesterday's caseloads stay what they were.
""",
    'sed -i \'s/limit_per_wte = "90"/limit_per_wte = "95"/\' sample/establishment.toml',
    "convene import establishment sample/establishment.toml",
    """
**The proposal.** Sixty moves at most; CH000297 has just come to trust her IRO and should stay, if it can be.
""",
    "convene rebalance --max-moves 60 --absent IRO-06 --keep CH000297",
    """
Every move says why, what it weighs and which booked meetings it disturbs. REPLACED: the new officer is free then and chairs. COVER:
she is not, and the old one chairs this once. RELEASED: nobody chairs it yet; the next plan repairs it.

**The decision.** All of it, or with `--moves 1,2,5` some of it. If a child, a limit, or a meeting concerned has changed since,
nothing is done and it says what has changed: ask again.
""",
    f"convene rebalance --proposal '{_PROPOSAL}' --apply --reason 'IRO-06 is ill until the end of November'",
    "convene caseloads",
    """
Each officer concerned gets one letter, of numbers alone; whoever was invited to a meeting that changed gets an update. Every child's
history keeps who decided, why, and what the other choices would have cost.

IRO-06 is not recorded as absent yet: until she is (`recordAbsence`, or the establishment file), new children may come to her.

**A second thought.** On the same day all of it can be taken back; what somebody has changed since is refused by name.
""",
    f"convene rebalance --undo '{_PROPOSAL}' --reason 'IRO-06 is back on Thursday'",
    "convene caseloads",
    """
## The weeks ahead

Will it last? Birthdays, contracts, reductions, leavers and long absences are known; all else goes on as in the last year.
""",
    "convene forecast --weeks 6",
    """
With `--json` each command prints all that it knows. The graph has the same: `caseloads(whatIf:)`, `caseloadForecast`,
`proposeRebalancing`, `rebalancingProgress`, `applyRebalancing`, `undoRebalancing`. A unit that wants two people sets
`rebalancing_by_two`: then whoever asked for a proposal may not apply it.
""",
)


def page(url: str, folder: Path) -> str:
    """The page as its commands, run one after the other on an empty database, write it."""
    return "".join(_pieces(url, folder))


def _pieces(url: str, folder: Path) -> Iterator[str]:
    proposal = ""
    block: list[str] = []
    environment = {"CONVENE_DATABASE_URL": url, "CONVENE_DATA_DIR": str(folder / "var"), "CONVENE_TODAY": TODAY}
    here = Path.cwd()
    os.chdir(folder)
    try:
        with patch.dict(os.environ, environment):
            for part in PARTS:
                if not part.startswith(("convene ", "sed ")):
                    yield _fenced(block) + part
                    block = []
                    continue
                printed = _run(part.replace(_PROPOSAL, proposal))
                proposal = next(iter(_ID.findall(printed)), proposal)
                block += [f"$ {part.replace(_QUOTED, '$ID')}", *_shortened(_masked(printed).splitlines())]
    finally:
        os.chdir(here)
    yield _fenced(block)


def settled(text: str) -> str:
    """The page without what a plan may settle in one way or another."""
    return _PLANNED.sub("", text)


def _fenced(block: list[str]) -> str:
    return "\n".join(["\n```", *block, "```\n"]) if block else ""


def _run(command: str) -> str:
    words = shlex.split(command)
    if words[0] == "sed":
        path = Path(words[-1])
        _, old, new, _ = words[2].split("/")
        path.write_text(path.read_text().replace(old, new))
        return ""
    printed = io.StringIO()
    with patch("sys.argv", words), redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None), command
    return printed.getvalue()


def _masked(printed: str) -> str:
    return _MEETING.sub("M-…", _ID.sub("$ID", printed))


def _shortened(lines: list[str]) -> list[str]:
    """Of many moves the first two, and the first two that disturb a meeting."""
    starts = [number for number, line in enumerate(lines) if _MOVE.match(line)]
    if len(starts) <= _SHOWN:
        return lines
    ends = [*starts[1:], next((n for n in range(starts[-1], len(lines)) if lines[n].startswith("  left with")), len(lines))]
    moves = [lines[first:end] for first, end in zip(starts, ends, strict=True)]
    disturbing = [number for number, move in enumerate(moves) if any("M-…" in line for line in move)]
    shown = sorted({*range(_SHOWN), *disturbing[:_SHOWN]})
    kept = lines[: starts[0]]
    for place, number in enumerate(shown):
        if place and number != shown[place - 1] + 1:
            kept += ["…", ""]
        kept += moves[number]
    return [*kept, *(["…"] if shown[-1] + 1 < len(moves) else []), *lines[ends[-1] :]]


if __name__ == "__main__":
    with postgres_server() as server, TemporaryDirectory() as folder:
        url = asyncio.run(fresh_database(server))
        PAGE.write_text(page(url, Path(folder)), encoding="utf-8")
        asyncio.run(drop_database(server, url))

"""The contract's table of rights as data: each right x role x {own, not own, gone, never existed}, and how to ask as each role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kernel.words import Role
from tests.support.graph import Answer, Graph

CONTRACT = (Path(__file__).parents[2] / "docs" / "contract.md").read_text()
COLUMNS = {
    "business support": Role.BUSINESS_SUPPORT,
    "IRO": Role.IRO,
    "manager": Role.MANAGER,
    "note-taker": Role.NOTE_TAKER,
    "police liaison": Role.POLICE_LIAISON,
    "social worker": Role.SOCIAL_WORKER,
    "auditor": Role.AUDITOR,
    "service": Role.SERVICE,
}
CODES = {Role.IRO: "IRO-01", Role.NOTE_TAKER: "NT-01", Role.POLICE_LIAISON: "POL-01"}


def table() -> dict[str, dict[Role, str]]:
    """The contract's table: right -> role -> what the cell says."""
    lines = [line for line in CONTRACT.splitlines() if line.startswith("|")]
    start = next(number for number, line in enumerate(lines) if "business support" in line)
    heads = [head.strip() for head in lines[start].strip("|").split("|")][1:]
    found: dict[str, dict[Role, str]] = {}
    for line in lines[start + 2 :]:
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        found[name] = {COLUMNS[head]: cell for head, cell in zip(heads, cells, strict=True)}
    return found


def reach(cell: str) -> str:
    """ALL, OWN or NONE for a read, as the cell says it."""
    words = re.split(r"[ ,']+", cell.lower())
    if cell == "–":
        return "NONE"
    return "OWN" if "own" in words else "ALL"


@dataclass(frozen=True, slots=True)
class Case:
    right: str
    role: Role
    whose: str

    @property
    def allowed(self) -> bool:
        far = reach(table()[self.right][self.role])
        return self.whose != "never" and (far == "ALL" or (far == "OWN" and self.whose == "own"))


CHILDREN = "children, obligations, weights"
MEETINGS = "meetings: time, place, state"
SUBJECTS = "meetings: whom they concern (`items`, `attendees`)"
CASELOADS = "caseloads, what if"


IMPORTS = "audit, import reports"


def may_record(role: Role, whose: str) -> bool:
    """Whether the table lets this role record something of such a child; of what is gone nothing is recorded."""
    cell = table()[CHILDREN][role]
    everything = cell == "all" or "record" in cell.split(", ")
    return whose in ("own", "other") and (everything or (cell == "own" and whose == "own"))


def cases(right: str) -> Iterator[Case]:
    for role in COLUMNS.values():
        for whose in ("own", "other", "never"):
            yield Case(right, role, whose)


async def ask(graph: Graph, case: Case, document: str, **variables: Any) -> Answer:
    children = ("CH001",) if case.role is Role.SOCIAL_WORKER else ()
    return await graph.ask(document, variables, role=case.role, code=CODES.get(case.role), children=children)

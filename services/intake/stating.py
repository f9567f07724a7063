"""What a diary file states, against what earlier ones stated: which row is about which meeting. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.kernel.window import civil_day
from services.kernel.words import MeetingKind, MeetingState, ResourceKind

CODED = (ResourceKind.IRO, ResourceKind.ROOM, ResourceKind.NOTE_TAKER, ResourceKind.POLICE)
"""The order in which a row states codes."""
_STANDING = frozenset({MeetingState.PROVISIONAL, MeetingState.CONFIRMED, MeetingState.ADJOURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRow:
    """One accepted row. `wanted`: what its codes name, by kind; `codes` in the order of `CODED`, '' where there is none."""

    line: int
    kind: MeetingKind
    children: tuple[str, ...]
    child_ids: tuple[UUID, ...]
    household_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    codes: tuple[str, ...]
    wanted: Mapping[ResourceKind, UUID]

    @property
    def about(self) -> tuple[MeetingKind, tuple[UUID, ...]]:
        """What tells one meeting from another, beside its time."""
        return self.kind, self.child_ids if self.household_id is None else (self.household_id,)

    @property
    def unknown(self) -> dict[ResourceKind, str]:
        """Codes that name nothing that the unit has."""
        return {kind: code for kind, code in zip(CODED, self.codes, strict=True) if code and kind not in self.wanted}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an earlier diary stated of a meeting; `state` and `lacks` are the meeting's now, `touched`: somebody has changed it since."""

    meeting_id: UUID
    reference: str
    kind: MeetingKind
    child_ids: tuple[UUID, ...]
    household_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    codes: tuple[str, ...]
    version: int
    touched: bool
    state: MeetingState
    lacks: tuple[str, ...]

    @property
    def about(self) -> tuple[MeetingKind, tuple[UUID, ...]]:
        return self.kind, self.child_ids if self.household_id is None else (self.household_id,)

    def says(self, row: StatedRow) -> bool:
        """Whether it is word for word what the row states."""
        return (self.starts_at, self.ends_at, self.codes) == (row.starts_at, row.ends_at, row.codes)

    def may_follow(self, today: date) -> bool:
        """Whether a corrected row may move its meeting: it stands, is to come, and is as the diary left it."""
        return self.state in _STANDING and not self.touched and civil_day(self.starts_at) >= today


def match(rows: Sequence[StatedRow], statements: Sequence[Statement], today: date) -> dict[int, Statement]:
    """Which meeting of an earlier diary each row (by its line) is about.

    One that says the same; else one that begins at the same time; else, of meetings that are to come and of rows that are new,
    the one that is next to it in the order of time.
    """
    found: dict[int, Statement] = {}
    of_subject: dict[object, list[Statement]] = defaultdict(list)
    for statement in statements:
        of_subject[statement.about].append(statement)
    groups: dict[object, list[StatedRow]] = defaultdict(list)
    for row in rows:
        groups[row.about].append(row)
    for about, stated in groups.items():
        left = of_subject[about]
        for same in (Statement.says, _same_start):
            for row in [each for each in stated if each.line not in found]:
                one = next((each for each in left if same(each, row)), None)
                if one is not None:
                    found[row.line] = one
                    left.remove(one)
        new = sorted((row for row in stated if row.line not in found and civil_day(row.starts_at) >= today), key=lambda row: row.starts_at)
        to_come = sorted((each for each in left if civil_day(each.starts_at) >= today), key=lambda each: each.starts_at)
        found.update((row.line, one) for row, one in zip(new, to_come, strict=False))
    return found


def _same_start(statement: Statement, row: StatedRow) -> bool:
    return statement.starts_at == row.starts_at


def in_order(rows: Sequence[StatedRow]) -> list[StatedRow]:
    """As in the file, but that of one child's meetings the earlier comes first: what is owed later follows from it."""
    of_child: dict[UUID, list[StatedRow]] = defaultdict(list)
    for row in rows:
        for child_id in row.child_ids:
            of_child[child_id].append(row)
    done: set[int] = set()
    ordered: list[StatedRow] = []
    for row in rows:
        before = _before(row, of_child, done)
        ordered += sorted(before, key=lambda each: (each.starts_at, each.line))
        done.update(each.line for each in before)
    return ordered


def _before(row: StatedRow, of_child: Mapping[UUID, Iterable[StatedRow]], done: set[int]) -> list[StatedRow]:
    """The row and every earlier one that it waits for."""
    if row.line in done:
        return []
    found, waiting = {row.line: row}, [row]
    while waiting:
        each = waiting.pop()
        for child_id in each.child_ids:
            for other in of_child[child_id]:
                if other.starts_at < each.starts_at and other.line not in found and other.line not in done:
                    found[other.line] = other
                    waiting.append(other)
    return list(found.values())

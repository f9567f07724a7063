"""The diary that stands when a unit begins: nothing of it is dealt anew, and what clashes in it is listed, not lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.booking import service as booking
from services.directory.store import load_settings
from services.intake import files, store
from services.intake.performing import Tally, perform, require_all, task_of
from services.intake.readers.diary import read_diary
from services.intake.report import Finding, ImportReport
from services.intake.rules import SEVERITIES
from services.intake.stating import CODED, StatedRow, Statement, in_order, match
from services.kernel.actor import Actor
from services.kernel.errors import NotEligible, Rejected, ResourceTaken
from services.kernel.permission import Act
from services.kernel.wall_clock import told
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import BlockerCode, MeetingKind, MeetingState
from services.platform.database import Connection
from services.platform.resources import Resources
from services.platform.sql import load_queries

_sql = load_queries(__file__, "diary.sql")


async def import_diary(resources: Resources, actor: Actor, path: Path, *, as_of: date, dry_run: bool, now: datetime) -> ImportReport:
    """Takes in the meetings that stand elsewhere on the day a unit begins, each confirmed here with all that can be held for it.

    Whoever is held for a meeting is owed its invitation, as of one booked here: it is the entry that later changes will change.
    """
    require_all(actor, Act.BOOK)
    task = task_of(resources, actor, "DIARY", path, as_of=as_of, dry_run=dry_run, now=now)
    today = resources.today(now)

    async def work(connection: Connection) -> Tally:
        await store.run(connection, "diary", "open_diary")
        await store.name_files(connection, {"child": path.name})
        with files.opened(path) as stream:
            await store.stage(connection, "staged_diary", read_diary(stream, path.name))
        read = await store.rows_of(connection, "diary", "diary")
        await store.run(connection, "diary", "judge_diary")
        settings = await load_settings(connection, today)
        desk = booking.Desk(connection=connection, actor=actor, now=now, today=today, settings=settings)
        taken, changed = await _Diary(desk=desk, file_name=path.name).take()
        refused = int(await _sql.refused_rows(connection))
        return Tally(rows=read, taken=taken, changed=changed, refused=refused)

    report = await perform(task, work)
    if not dry_run:
        await resources.doorbell.ring_delivery()
    return report


_AGAINST = {
    BlockerCode.OUTSIDE_HOURS: "DIARY_HOURS",
    BlockerCode.PANEL_TOO_SMALL: "DIARY_PANEL",
    BlockerCode.PANEL_NOT_INDEPENDENT: "DIARY_PANEL",
}


@dataclass(slots=True, kw_only=True)
class _Diary:
    """One file on its way into the diary. `lines`: of the rows that were placed, by meeting."""

    desk: booking.Desk
    file_name: str
    lines: dict[UUID, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    async def take(self) -> tuple[int, int]:
        """Places every accepted row; answers how many stand now, and how many of them were booked or moved."""
        rows = [_row(each) async for each in _sql.rows_to_place(self.desk.connection)]
        statements = await self._statements(rows)
        matched = match(rows, statements, self.desk.today)
        for line, statement in matched.items():
            self.lines[statement.meeting_id] = line
        outcomes = [await self._take_row(row, matched.get(row.line)) for row in in_order(rows)]
        mentioned = {statement.meeting_id for statement in matched.values()}
        for statement in statements:
            if statement.meeting_id not in mentioned and statement.may_follow(self.desk.today):
                self._tell(None, "DIARY_LEFT_OUT", f"{statement.reference} on {told(statement.starts_at)} is in this file no longer")
        await store.add_findings(self.desk.connection, self.findings)
        return sum(outcome is not None for outcome in outcomes), sum(outcome is True for outcome in outcomes)

    async def _statements(self, rows: Sequence[StatedRow]) -> list[Statement]:
        child_ids = sorted({child_id for row in rows for child_id in row.child_ids})
        household_ids = sorted({row.household_id for row in rows if row.household_id is not None})
        found = _sql.statements_of(self.desk.connection, child_ids=child_ids, household_ids=household_ids)
        return [_statement(row) async for row in found]

    async def _take_row(self, row: StatedRow, statement: Statement | None) -> bool | None:
        """True: booked or moved; False: it stood already; None: it is not in the diary."""
        if statement is not None and statement.says(row):
            if statement.lacks and not statement.touched:
                self._tell(row, "DIARY_STILL_LACKS", f"{statement.reference} still lacks {', '.join(statement.lacks)}")
            return False
        if civil_day(row.starts_at) < self.desk.today:
            self._tell(row, "DIARY_PAST", f"{told(row.starts_at)} is over")
            return None
        if statement is not None and not statement.may_follow(self.desk.today):
            message = f"{statement.reference} of {told(statement.starts_at)}, now {statement.state.value}"
            self._tell(row, "DIARY_CHANGED_SINCE", message)
            return False
        if statement is None and (standing := await self._standing_already(row)) is not None:
            self._tell(row, "DIARY_STANDS", f"{standing} stands here for this on that day")
            return False
        return await self._place(row, statement)

    async def _standing_already(self, row: StatedRow) -> str | None:
        found: str | None = await _sql.standing_already(
            self.desk.connection,
            kind=row.kind.value,
            child_ids=list(row.child_ids),
            household_id=row.household_id,
            day=civil_day(row.starts_at),
        )
        return found

    async def _place(self, row: StatedRow, statement: Statement | None) -> bool | None:
        meeting = booking.StandingMeeting(
            kind=row.kind,
            window=TimeWindow(row.starts_at, row.ends_at),
            child_ids=row.child_ids,
            household_id=row.household_id,
            wanted=row.wanted,
            unknown=frozenset(row.unknown),
        )
        try:
            async with self.desk.connection.transaction():
                if statement is None:
                    stood = await booking.stand_in(self.desk, meeting)
                else:
                    stood = await booking.stand_again_in(self.desk, statement.meeting_id, statement.version, meeting)
                await self._keep(row, stood)
        except Rejected as fault:
            self._tell(row, "DIARY_REFUSED", str(fault))
            return None
        self.lines[stood.meeting_id] = row.line
        self._tell_of(row, stood)
        return True

    async def _keep(self, row: StatedRow, stood: booking.Stood) -> None:
        await _sql.keep_statement(
            self.desk.connection,
            meeting_id=stood.meeting_id,
            kind=row.kind.value,
            child_ids=list(row.child_ids),
            household_id=row.household_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            codes=list(row.codes),
            version=stood.version,
        )

    def _tell_of(self, row: StatedRow, stood: booking.Stood) -> None:
        """Everything that is not as it is stated, or not as this unit would have it."""
        for left in stood.left_out:
            self._tell(row, _rule_of(left.fault), self._why(left))
        for kind, code in row.unknown.items():
            self._tell(row, "DIARY_RESOURCE_UNKNOWN", f"the establishment has no {kind.value} {code}")
        if stood.unstated:
            self._tell(row, "DIARY_UNSTATED", f"no {', '.join(kind.value for kind in stood.unstated)} is stated")
        for objection in stood.against:
            self._tell(row, _AGAINST.get(objection.code, "DIARY_ROOM"), objection.message)
        for reference in stood.not_owed:
            self._tell(row, "DIARY_NOT_OWED", f"the records owe no {row.kind.value} by then that is not booked", reference)
        if stood.late_for is not None:
            due = stood.late_for
            self._tell(row, "DIARY_LATE", f"the law's latest day is {due.statutory_due_on}, to be booked by {due.book_by_on}")

    def _why(self, left: booking.LeftOut) -> str:
        fault = left.fault
        if not isinstance(fault, ResourceTaken):
            return f"{left.kind.value}: {fault}"
        held_by = [f"line {self.lines[each]} ({reference})" if each in self.lines else reference for each, reference in left.holders]
        return f"{fault} by {' and '.join(held_by) or 'another meeting'}"

    def _tell(self, row: StatedRow | None, rule: str, message: str, reference: str | None = None) -> None:
        child = reference or (row.children[0] if row is not None else None)
        line = row.line if row is not None else None
        self.findings.append(
            Finding(
                file_name=self.file_name,
                line=line,
                element=None,
                child_reference=child,
                rule=rule,
                severity=SEVERITIES[rule],
                message=message,
            )
        )


def _rule_of(fault: Rejected) -> str:
    if isinstance(fault, ResourceTaken):
        return "DIARY_TAKEN"
    barred = isinstance(fault, NotEligible) and fault.code in {
        BlockerCode.INDEPENDENCE,
        BlockerCode.PARENT_AND_CHILD,
        BlockerCode.ON_SECURE_PANEL,
    }
    return "DIARY_CHAIR" if barred else "DIARY_AWAY"


def _row(stated: Any) -> StatedRow:
    ids = (stated["iro_id"], stated["room_id"], stated["note_taker_id"], stated["police_team_id"])
    return StatedRow(
        line=stated["line"],
        kind=MeetingKind(stated["kind"]),
        children=tuple(stated["children"]),
        child_ids=tuple(stated["child_ids"]),
        household_id=stated["household_id"],
        starts_at=stated["starts_at"],
        ends_at=stated["ends_at"],
        codes=tuple(stated["codes"]),
        wanted={kind: each for kind, each in zip(CODED, ids, strict=True) if each is not None},
    )


def _statement(stated: Any) -> Statement:
    return Statement(
        meeting_id=stated["meeting_id"],
        reference=stated["reference"],
        kind=MeetingKind(stated["kind"]),
        child_ids=tuple(stated["child_ids"]),
        household_id=stated["household_id"],
        starts_at=stated["starts_at"],
        ends_at=stated["ends_at"],
        codes=tuple(stated["codes"]),
        version=stated["version"],
        touched=stated["touched"],
        state=MeetingState(stated["state"]),
        lacks=tuple(stated["needs"]),
    )

"""`convene timeliness`: the figures of a period as a table for people, or all that they were counted from for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from deploy.tables import NONE, aligned
from services.history.indicators import TimelinessReport, TimelinessRow, timeliness_between
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import InvalidInput
from services.kernel.window import LONDON, local_instant
from services.platform.resources import Resources
from services.statutory.indicators import Indicator


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinessResult:
    """A report, told to people or to programs."""

    report: TimelinessReport

    def lines(self, *, with_meetings: bool = False) -> list[str]:
        """A line an indicator: in time, of, share, what it counts; then, if wanted, a line a meeting."""
        report = self.report
        known = "" if report.known_at is None else f", as known at {report.known_at.astimezone(LONDON):%Y-%m-%d %H:%M}"
        head = f"Timeliness from {report.first.isoformat()} to {report.last.isoformat()}{known}"
        table = aligned([("in time", "of", "share", "indicator"), *map(_cells, report.indicators)], right=range(3))
        if not with_meetings:
            return [head, *table]
        meetings = [("child", "meeting", "day 0", "due", "held", "completed", "timeliness"), *map(_meeting_cells, report.rows)]
        return [head, *table, "", *aligned(meetings, right=())]

    def as_json(self) -> dict[str, Any]:
        """Days as ISO texts, shares as decimal texts."""
        report = self.report
        return {
            "from": report.first,
            "to": report.last,
            "known_at": report.known_at,
            "indicators": [{**asdict(each), "share": each.share} for each in report.indicators],
            "meetings": [asdict(each) for each in report.rows],
        }


async def measure(resources: Resources, first: date, last: date, known_at: datetime | None) -> TimelinessResult:
    """The timeliness of a period, both days included, over the whole authority."""
    today = resources.today(datetime.now(UTC))
    async with resources.database.transaction(snapshot=True) as connection:
        report = await timeliness_between(connection, COMMAND_LINE, first, last, known_at=known_at, today=today)
    return TimelinessResult(report=report)


def as_known(stated: str | None) -> datetime | None:
    """The instant in England; of a day without a time, the end of it. Raises `InvalidInput` for what is neither."""
    if stated is None:
        return None
    day, _, clock = stated.partition("T")
    try:
        first = date.fromisoformat(day)
        return local_instant(first, time.fromisoformat(clock)) if clock else local_instant(first + timedelta(days=1), time.min)
    except ValueError:
        right = "a day such as 2026-06-30, or an instant such as 2026-06-30T16:30"
        raise InvalidInput(f"--as-known-at {stated}: give {right}", "as-known-at") from None


def _cells(each: Indicator) -> tuple[str, ...]:
    share = NONE if each.share is None else f"{each.share * 100:.1f} %"
    return str(each.numerator), str(each.denominator), share, f"{each.title} [{each.code} {each.version}]"


def _meeting_cells(row: TimelinessRow) -> tuple[str, ...]:
    days = (row.triggered_on, row.statutory_due_on, row.held_on, row.completed_on)
    return row.reference, row.kind.value, *(NONE if day is None else day.isoformat() for day in days), row.timeliness.value

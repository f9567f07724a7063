"""The timescales and the working days together: what a rule means from a day on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache

from services.statutory import counting
from services.statutory.counting import DueDates
from services.statutory.timescales import SHIPPED, Timescale, Timescales
from services.statutory.working_days import WorkingDays, england


@dataclass(frozen=True, slots=True)
class Law:
    """Every answer is None where no such rule was in force: what no rule demands is not owed.

    What was counted once is kept, since the days of a whole authority are few: one answer a rule and day.
    """

    timescales: Timescales
    working_days: WorkingDays
    _latest: dict[tuple[str, date], date | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    _dates: dict[tuple[str, date], tuple[Timescale, DueDates] | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def find(self, code: str, day: date) -> Timescale | None:
        """The rule in force on `day`."""
        return self.timescales.find(code, day)

    def latest(self, code: str, day0: date, *, on: date | None = None) -> date | None:
        """The last day within that timescale of `day0`, by the rule in force on `on` (by default on `day0`)."""
        if on is not None:
            return self._counted(code, day0, on)
        key = (code, day0)
        if key not in self._latest:
            self._latest[key] = self._counted(code, day0, day0)
        return self._latest[key]

    def dates(self, code: str, day0: date) -> tuple[Timescale, DueDates] | None:
        """The rule in force on `day0`, and what it means from there."""
        key = (code, day0)
        if key not in self._dates:
            rule = self.timescales.find(code, day0)
            self._dates[key] = None if rule is None else (rule, counting.due_dates(rule, day0, self.working_days))
        return self._dates[key]

    def ahead_of(self, code: str, day: date, *, on: date) -> date | None:
        """The day that lies that timescale before `day`, by the rule in force on `on`."""
        rule = self.timescales.find(code, on)
        return None if rule is None else counting.earlier_day(day, rule.amount, rule.unit, self.working_days)

    def days(self, code: str, day: date) -> int | None:
        """How many days, where the rule is a limit rather than an interval: of one in other units, as many as it has from `day`."""
        last = self.latest(code, day)
        return None if last is None else (last - day).days

    def _counted(self, code: str, day0: date, on: date) -> date | None:
        rule = self.timescales.find(code, on)
        return None if rule is None else counting.latest_day(day0, rule.amount, rule.unit, self.working_days)


@lru_cache(maxsize=8)
def law_of(timescales: Timescales, working_days: WorkingDays) -> Law:
    """The one law of these very timescales and working days, with what it has counted so far."""
    return Law(timescales, working_days)


@cache
def shipped() -> Law:
    """As this release brings it, with England's working days: of a unit that has stated nothing else."""
    return law_of(Timescales(SHIPPED), england())

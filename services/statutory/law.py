"""The timescales and the working days together: what a rule means from a day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from services.statutory import counting
from services.statutory.timescales import SHIPPED, Timescale, Timescales
from services.statutory.working_days import WorkingDays, england


@dataclass(frozen=True, slots=True)
class Law:
    """Every answer is None where no such rule was in force: what no rule demands is not owed."""

    timescales: Timescales
    working_days: WorkingDays

    def find(self, code: str, day: date) -> Timescale | None:
        """The rule in force on `day`."""
        return self.timescales.find(code, day)

    def latest(self, code: str, day0: date, *, on: date | None = None) -> date | None:
        """The last day within that timescale of `day0`, by the rule in force on `on` (by default on `day0`)."""
        rule = self.timescales.find(code, on or day0)
        return None if rule is None else counting.latest_day(day0, rule.amount, rule.unit, self.working_days)

    def ahead_of(self, code: str, day: date, *, on: date) -> date | None:
        """The day that lies that timescale before `day`, by the rule in force on `on`."""
        rule = self.timescales.find(code, on)
        return None if rule is None else counting.earlier_day(day, rule.amount, rule.unit, self.working_days)

    def days(self, code: str, day: date) -> int | None:
        """How many days, where the rule is a limit rather than an interval: of one in other units, as many as it has from `day`."""
        last = self.latest(code, day)
        return None if last is None else (last - day).days


@cache
def shipped() -> Law:
    """As this release brings it, with England's working days: of a unit that has stated nothing else."""
    return Law(Timescales(SHIPPED), england())

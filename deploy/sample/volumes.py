"""How much of everything the invented authority has: the figures of a real unit's annual report, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass

PARTICIPATION = (("PN1", 54.0), ("PN2", 0.4), ("PN3", 0.1), ("PN5", 29.0), ("PN6", 15.0), ("PN7", 1.5))
"""Per cent of reviews of children over four. The report leaves out PN2 and adds up to 99.6: the rest is PN2; nobody had PN4."""

WHITE_BRITISH_SHARE = 0.866
DISABLED_SHARE = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBand:
    """Children whose plans ended in the year after about the same time, by the report's table of durations.

    `reviews`: how many review conferences such a plan had, the last of which ended it. `started_within`: how many of
    the children came onto the plan within the same year (the report has no such column; it follows from its totals).
    """

    name: str
    months: tuple[int, int]
    boys: int
    girls: int
    started_within: int
    reviews: tuple[int, ...]

    @property
    def children(self) -> int:
        return self.boys + self.girls


PLAN_BANDS = (
    PlanBand(name="under 3 months", months=(0, 3), boys=31, girls=28, started_within=47, reviews=(1,)),
    PlanBand(name="3 to 6 months", months=(3, 6), boys=12, girls=6, started_within=11, reviews=(2,)),
    PlanBand(name="6 months to 1 year", months=(6, 12), boys=51, girls=47, started_within=25, reviews=(2,)),
    PlanBand(name="1 to 2 years", months=(12, 24), boys=43, girls=43, started_within=0, reviews=(3, 4)),
    PlanBand(name="2 to 3 years", months=(24, 36), boys=4, girls=5, started_within=0, reviews=(5, 6)),
    PlanBand(name="3 years and over", months=(36, 60), boys=4, girls=2, started_within=0, reviews=(8, 9)),
)

SHORTEST_PLANS_BY_CATEGORY = (("NEG", 26), ("EMO", 15), ("PHY", 10), ("SAB", 8))
"""Categories of abuse of the plans that lasted less than three months."""

CATEGORIES = (("NEG", 0.48), ("EMO", 0.34), ("PHY", 0.11), ("SAB", 0.07))
"""Of all others: neglect is the highest category, followed by emotional abuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBand:
    """Children in care on the day, by age in years (both ends included) and by when they came into care.

    `settled`: before the year; `entered`: within it, more than a month ago.
    """

    years: tuple[int, int]
    settled: int
    entered: int
    boys: int


AGE_BANDS = (
    AgeBand(years=(0, 0), settled=0, entered=9, boys=5),
    AgeBand(years=(1, 4), settled=31, entered=11, boys=22),
    AgeBand(years=(5, 9), settled=43, entered=11, boys=27),
    AgeBand(years=(10, 15), settled=135, entered=28, boys=88),
    AgeBand(years=(16, 17), settled=38, entered=9, boys=18),
)
"""With five new to care, aged 0, 3, 7, 12 and 16, 320 children: most of them 10 to 15, more boys there, evenly split overall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """What one authority of the report's size has in the twelve months to the day and on the day, times the scale."""

    scale: int = 1

    def times(self, count: int) -> int:
        return count * self.scale

    @property
    def initial_children(self) -> int:
        return self.times(197)

    @property
    def review_children(self) -> int:
        return self.times(677)

    @property
    def conferences(self) -> int:
        return self.times(484)

    @property
    def late_initial_children(self) -> int:
        """2.5 per cent of the children at initial conferences."""
        return self.times(5)

    @property
    def conferences_without_plan(self) -> int:
        """Children whose initial conference led to no plan."""
        return self.times(18)

    @property
    def on_plans(self) -> tuple[int, int]:
        """Children on plans on the day who came onto them before the year, and within it: 180 together, where 277 stood
        a year before (the report's fall of 35 per cent)."""
        return self.times(84), self.times(96)

    @property
    def open_enquiries(self) -> int:
        """Children whose section 47 enquiry is under way and whose conference is not held yet: two to three weeks' worth."""
        return self.times(10)

    @property
    def enquiries_without_conference(self) -> int:
        return self.times(60)

    @property
    def care_reviews(self) -> int:
        return self.times(702)

    @property
    def new_to_care(self) -> int:
        """Children who await their first review."""
        return self.times(5)

    @property
    def adopted(self) -> int:
        return self.times(27)

    @property
    def left_care(self) -> tuple[int, int]:
        """Children who left care within the year beside the adopted: having come before the year, and within it.
        With 88 coming, 302 in care a year before become 320 (the report's rise of 6 per cent)."""
        return self.times(28), self.times(15)

    @property
    def short_breaks(self) -> int:
        return self.times(6)

    @property
    def reviewed_late(self) -> int:
        """Children in care with a review of the year that was held late: with those overdue, two per cent."""
        return self.times(6) - self.overdue

    @property
    def overdue(self) -> int:
        """Children whose review is overdue on the day: rare at any scale."""
        return min(2, self.scale)

    @property
    def dual_status(self) -> int:
        return self.times(1)

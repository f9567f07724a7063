"""How long the law and the guidance allow, as dated rows with their legal basis.

`SHIPPED` is what this release brings; the database keeps the rows that are in force, so that a change of the law is a new
row from its day on, and what was owed before is still judged by the rule of its own time. A rule is chosen by day 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.kernel.window import DateSpan
from services.kernel.words import TimescaleUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Timescale:
    """`amount` units after day 0 is the law's latest day; `census_days` is the sector's day-count of the same rule."""

    code: str
    amount: int
    unit: TimescaleUnit
    census_days: int | None
    legal_basis: str
    in_force: DateSpan


class Timescales:
    """The rules in force, day by day."""

    __slots__ = ("_by_code",)

    def __init__(self, rows: Iterable[Timescale]) -> None:
        self._by_code: dict[str, list[tuple[date, date | None, Timescale]]] = {}
        for row in sorted(rows, key=lambda row: row.in_force.first, reverse=True):
            self._by_code.setdefault(row.code, []).append((row.in_force.first, row.in_force.until, row))

    def find(self, code: str, day: date) -> Timescale | None:
        """The rule in force on `day`; None where none was."""
        for first, until, row in self._by_code.get(code, ()):
            if first <= day and (until is None or day < until):
                return row
        return None

    def on(self, code: str, day: date) -> Timescale:
        """The rule in force on `day`; raises `LookupError` where none was."""
        found = self.find(code, day)
        if found is None:
            raise LookupError(f"no timescale {code} is in force on {day.isoformat()}")
        return found


_WORKING_DAYS, _DAYS, _WEEKS = TimescaleUnit.WORKING_DAYS, TimescaleUnit.DAYS, TimescaleUnit.WEEKS
_MONTHS, _YEARS = TimescaleUnit.MONTHS, TimescaleUnit.YEARS

_GUIDANCE = DateSpan(date(2000, 1, 1))  # Working Together, in this respect unchanged for as far back as records reach
_REVIEWS_1991 = DateSpan(date(1991, 10, 14), date(2011, 4, 1))
_CARE_PLANNING = DateSpan(date(2011, 4, 1))
_LASPO = DateSpan(date(2012, 12, 3))
_ADOPTION = DateSpan(date(2005, 12, 30))
_SECURE = DateSpan(date(1991, 10, 14))
_LONG_TERM = DateSpan(date(2015, 4, 1))
_FOSTERING_1991 = DateSpan(date(1991, 10, 14), date(2002, 4, 1))
_FOSTERING_2002 = DateSpan(date(2002, 4, 1), date(2011, 4, 1))
_FOSTERING = DateSpan(date(2011, 4, 1))

_WT = "Working Together to Safeguard Children"
_CPPCR = "Care Planning, Placement and Case Review (England) Regulations 2010"
_RCCR = "Review of Children's Cases Regulations 1991, reg. 3"
_AAR = "Adoption Agencies Regulations 2005, reg. 36"
_SAR = "Children (Secure Accommodation) Regulations 1991, reg. 15"
_LOCAL = "local practice, a unit's own to change"
_FPR = "Foster Placement (Children) Regulations 1991, reg. 4"
_FSR_2002 = "Fostering Services Regulations 2002, reg. 29"
_FSR = "Fostering Services (England) Regulations 2011, reg. 28"


def _rule(code: str, amount: int, unit: TimescaleUnit, basis: str, force: DateSpan, census: int | None = None) -> Timescale:
    return Timescale(code=code, amount=amount, unit=unit, census_days=census, legal_basis=basis, in_force=force)


SHIPPED: tuple[Timescale, ...] = (
    _rule("INITIAL_CONFERENCE", 15, _WORKING_DAYS, f"{_WT}: 15 working days after the discussion that initiated s.47", _GUIDANCE),
    _rule("PRE_BIRTH_CONFERENCE", 15, _WORKING_DAYS, f"{_WT}: as an initial conference; gestation by local practice", _GUIDANCE),
    _rule("TRANSFER_IN_CONFERENCE", 15, _WORKING_DAYS, f"{_WT}: 15 working days after notification of the move", _GUIDANCE),
    _rule("REVIEW_CONFERENCE_FIRST", 3, _MONTHS, f"{_WT}: within 3 months of the initial conference", _GUIDANCE, 91),
    _rule("REVIEW_CONFERENCE_NEXT", 6, _MONTHS, f"{_WT}: at intervals of not more than 6 months", _GUIDANCE, 183),
    _rule("CARE_REVIEW_FIRST", 4, _WEEKS, f"{_RCCR}: within 4 weeks", _REVIEWS_1991),
    _rule("CARE_REVIEW_SECOND", 3, _MONTHS, f"{_RCCR}: not more than 3 months after the first", _REVIEWS_1991, 91),
    _rule("CARE_REVIEW_NEXT", 6, _MONTHS, f"{_RCCR}: not more than 6 months after the last", _REVIEWS_1991, 183),
    _rule("CARE_REVIEW_FIRST", 20, _WORKING_DAYS, f"{_CPPCR}, reg. 33(1): within 20 working days", _CARE_PLANNING),
    _rule("CARE_REVIEW_SECOND", 3, _MONTHS, f"{_CPPCR}, reg. 33(2): not more than 3 months after the first", _CARE_PLANNING, 91),
    _rule("CARE_REVIEW_NEXT", 6, _MONTHS, f"{_CPPCR}, reg. 33(2): not more than 6 months after the last", _CARE_PLANNING, 183),
    _rule("REMAND_REVIEW_FIRST", 20, _WORKING_DAYS, f"{_CPPCR}, reg. 33(1), with LASPO Act 2012, s. 104", _LASPO),
    _rule("SHORT_BREAK_REVIEW_FIRST", 3, _MONTHS, f"{_CPPCR}, reg. 48(3): within 3 months of the first break", _CARE_PLANNING),
    _rule("SHORT_BREAK_REVIEW_NEXT", 6, _MONTHS, f"{_CPPCR}, reg. 48(3): not more than 6 months after the last", _CARE_PLANNING),
    _rule("ADOPTION_REVIEW_AUTHORISED_FIRST", 3, _MONTHS, f"{_AAR}(1): within 3 months of authority to place", _ADOPTION),
    _rule("ADOPTION_REVIEW_AUTHORISED_NEXT", 6, _MONTHS, f"{_AAR}(1): then every 6 months until placed", _ADOPTION),
    _rule("ADOPTION_REVIEW_PLACED_FIRST", 4, _WEEKS, f"{_AAR}(3): within 4 weeks of the placement", _ADOPTION),
    _rule("ADOPTION_REVIEW_PLACED_SECOND", 3, _MONTHS, f"{_AAR}(3): not more than 3 months after the first", _ADOPTION),
    _rule("ADOPTION_REVIEW_PLACED_NEXT", 6, _MONTHS, f"{_AAR}(3): not more than 6 months after the last", _ADOPTION),
    # One month in the regulations, 28 days in many authorities' practice: 28 days is never later than either.
    _rule("SECURE_CRITERIA_REVIEW_FIRST", 28, _DAYS, f"{_SAR}: within one month, judged at 28 days", _SECURE),
    _rule("SECURE_CRITERIA_REVIEW_NEXT", 3, _MONTHS, f"{_SAR}: at intervals of not more than 3 months", _SECURE),
    _rule("ADOPTION_REVIEW_DISRUPTED_EARLIEST", 28, _DAYS, f"{_AAR}: not before 28 days after the child's return", _ADOPTION),
    _rule("ADOPTION_REVIEW_DISRUPTED", 42, _DAYS, f"{_AAR}: not more than 42 days after the child's return", _ADOPTION),
    _rule("SHORT_BREAK_LONGEST", 17, _DAYS, f"{_CPPCR}, reg. 48(2): no break of more than 17 days", _CARE_PLANNING),
    _rule("SHORT_BREAK_TOTAL", 75, _DAYS, f"{_CPPCR}, reg. 48(2): no more than 75 days in 12 months", _CARE_PLANNING),
    _rule("SHORT_BREAK_SERIES", 12, _MONTHS, f"a break within 12 months of the last belongs to its series; {_LOCAL}", _CARE_PLANNING),
    _rule("LONG_TERM_SETTLED", 12, _MONTHS, f"{_CPPCR}, as amended by SI 2015/495, reg. 5: placed for over 12 months", _LONG_TERM),
    _rule("LONG_TERM_MEETING", 1, _YEARS, f"{_CPPCR}, as amended by SI 2015/495, reg. 5: a meeting at least once a year", _LONG_TERM),
    _rule("ADJOURNED_COMPLETION", 20, _WORKING_DAYS, f"{_CPPCR}, reg. 36(2): adjourned for not more than 20 working days", _CARE_PLANNING),
    _rule("INQUORATE_CONFERENCE", 10, _WORKING_DAYS, f"an inquorate conference meets again within 10 working days; {_LOCAL}", _GUIDANCE),
    _rule("POST_BIRTH_REVIEW", 20, _WORKING_DAYS, f"review after birth within 20 working days; {_LOCAL}", _GUIDANCE),
    _rule("PRE_BIRTH_LATEST", 6, _WEEKS, f"pre-birth conference by 34 weeks: 6 weeks before the expected birth; {_LOCAL}", _GUIDANCE),
    _rule("FOSTER_HOME_REVIEW_FIRST", 1, _YEARS, f"{_FPR}: at intervals of not more than a year", _FOSTERING_1991),
    _rule("FOSTER_HOME_REVIEW_NEXT", 1, _YEARS, f"{_FPR}: at intervals of not more than a year", _FOSTERING_1991),
    _rule("FOSTER_HOME_REVIEW_FIRST", 1, _YEARS, f"{_FSR_2002}: not more than a year after approval", _FOSTERING_2002),
    _rule("FOSTER_HOME_REVIEW_NEXT", 1, _YEARS, f"{_FSR_2002}: at intervals of not more than a year", _FOSTERING_2002),
    _rule("FOSTER_HOME_REVIEW_FIRST", 1, _YEARS, f"{_FSR}: not more than a year after approval", _FOSTERING),
    _rule("FOSTER_HOME_REVIEW_NEXT", 1, _YEARS, f"{_FSR}: at intervals of not more than a year", _FOSTERING),
)
"""Every rule of the field, with the sector's day-count (91, 183) where its data standards use one."""

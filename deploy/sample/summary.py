"""What the written files say, counted from the files themselves."""

from __future__ import annotations

import csv
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

from deploy.sample.calendar import Calendar
from deploy.sample.chains import CARE_REVIEWS, SETTLED

_FOUR_WEEKS = timedelta(days=28)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSummary:
    """Counts of a sample: over the twelve months that end on `as_of` (included), and on that day.

    `reviewed_in_time` of `reviewable` children in care for over four weeks had every review due in the year in time.
    """

    as_of: date
    scale: int
    children: int
    initial_children: int
    initial_in_time: int
    review_children: int
    conferences: int
    care_reviews: int
    plans_ended: int
    on_plans: int
    in_care: int
    adopted: int
    dual_status: int
    reviewable: int
    reviewed_in_time: int
    overdue: int
    awaiting_first_review: int
    open_enquiries: int
    sibling_groups: int
    looked_after_parents: int
    iros: int
    iro_wte: Decimal
    note_takers: int
    note_taker_wte: Decimal
    rooms: int
    police_capacity: int

    def lines(self) -> list[str]:
        """For people."""
        return [
            (
                f"An invented authority as of {self.as_of.isoformat()}, scale {self.scale}: {self.children} children, "
                f"{self.sibling_groups} sibling groups, {self.looked_after_parents} looked-after parents."
            ),
            (
                f"Twelve months: {self.initial_children} children at initial conferences ({self.initial_in_time} in time) and "
                f"{self.review_children} at review conferences, in {self.conferences} conferences; "
                f"{self.care_reviews} care reviews; {self.plans_ended} plans ended; {self.adopted} children adopted."
            ),
            (
                f"On the day: {self.in_care} children in care, {self.on_plans} on plans, {self.dual_status} both; "
                f"{self.reviewed_in_time} of {self.reviewable} reviewed in time, {self.overdue} overdue; "
                f"{self.awaiting_first_review} await a first review, {self.open_enquiries} an initial conference."
            ),
            (
                f"{self.iros} officers ({self.iro_wte} WTE), {self.note_takers} note-takers ({self.note_taker_wte} WTE), "
                f"{self.rooms} rooms, police at {self.police_capacity} conference{'s' if self.police_capacity > 1 else ''} at a time."
            ),
        ]

    def as_json(self) -> dict[str, Any]:
        """For programs: days as ISO texts, WTE as decimal texts."""
        return {key: value if isinstance(value, int) else str(value) for key, value in asdict(self).items()}


@dataclass(slots=True, kw_only=True)
class _Care:
    """One child of the return."""

    starts: list[date]
    exact: bool
    open: bool
    short_break: bool
    reviews: list[date]


def summarise(folder: Path, calendar: Calendar, scale: int) -> SampleSummary:
    """Reads back every file that was written to `folder`."""
    groups, parents = _family(folder / "family.csv")
    care, adopted = _read_care(folder / "ssda903", calendar)
    staying = {child: each for child, each in care.items() if each.open}
    message = parse(folder / "cin_census.xml").getroot()
    assert message is not None
    on_plans = {child for child, details in _details(message) for plan in details.iter("ChildProtectionPlans") if _is_open(plan)}
    known = {child for child, _ in _details(message)}
    waiting, overdue, late, reviewable = _timeliness(staying, calendar)
    return SampleSummary(
        as_of=calendar.as_of,
        scale=scale,
        children=len(known | set(care)),
        **_conferences(message, groups, calendar),
        care_reviews=sum(calendar.within_year(day) for each in care.values() for day in each.reviews),
        on_plans=len(on_plans),
        in_care=len(staying),
        adopted=adopted,
        dual_status=len(on_plans & set(staying)),
        reviewable=reviewable,
        reviewed_in_time=reviewable - late,
        overdue=overdue,
        awaiting_first_review=waiting,
        sibling_groups=len(set(groups.values())),
        looked_after_parents=len(parents),
        **_establishment(folder / "establishment.toml"),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _family(path: Path) -> tuple[dict[str, str], set[str]]:
    rows = _rows(path)
    return {row["CHILD"]: row["SIBLING_GROUP"] for row in rows if row["SIBLING_GROUP"]}, {row["PARENT"] for row in rows if row["PARENT"]}


def _read_care(folder: Path, calendar: Calendar) -> tuple[dict[str, _Care], int]:
    """Every child of the return, and how many were adopted within the year."""
    episodes, reviews = defaultdict[str, list[dict[str, str]]](list), defaultdict[str, list[date]](list)
    for row in _rows(folder / "episodes.csv"):
        episodes[row["CHILD"]].append(row)
    for row in _rows(folder / "reviews.csv"):
        reviews[row["CHILD"]].append(_uk(row["REVIEW"]))
    care = {
        child: _Care(
            starts=[_uk(row["DECOM"]) for row in rows],
            exact=rows[0]["RNE"] == "S",
            open=any(not row["DEC"] for row in rows),
            short_break=all(row["LS"] in ("V3", "V4") for row in rows),
            reviews=sorted(reviews[child]),
        )
        for child, rows in episodes.items()
    }
    ends = [_uk(row["DEC"]) for rows in episodes.values() for row in rows if row["REC"] in ("E11", "E12")]
    return care, sum(map(calendar.within_year, ends))


def _timeliness(staying: dict[str, _Care], calendar: Calendar) -> tuple[int, int, int, int]:
    """Children who await the first review; overdue; with a review of the year late or overdue; in care for over four weeks."""
    waiting = overdue = late = reviewable = 0
    for each in staying.values():
        waiting += not each.reviews
        if calendar.as_of - min(each.starts) <= _FOUR_WEEKS:
            continue
        reviewable += 1
        answers = [held for due, held in _duties(each, calendar) if due >= calendar.year_starts and (held or calendar.as_of) > due]
        late += bool(answers)
        overdue += answers[-1:] == [None]
    return waiting, overdue, late, reviewable


def _duties(care: _Care, calendar: Calendar) -> Iterator[tuple[date, date | None]]:
    """Each last day in time, and the day of the review that answers it."""
    previous, step, reviews = min(care.starts), 0, care.reviews
    if not care.exact:
        previous, step, reviews = care.reviews[0], SETTLED, care.reviews[1:]
    for place, held in enumerate([*reviews, None]):
        yield CARE_REVIEWS.due(calendar, step + place, previous)[0], held
        previous = held or previous


def _details(message: Element) -> Iterator[tuple[str, Element]]:
    for child in message.iter("Child"):
        for details in child.iter("CINdetails"):
            yield child.findtext("ChildIdentifiers/LAchildID", ""), details


def _is_open(plan: Element) -> bool:
    return not plan.findtext("CPPendDate")


def _conferences(message: Element, groups: dict[str, str], calendar: Calendar) -> dict[str, Any]:
    """A sibling group's children on one day and at one kind of conference are one conference."""
    initial, review, meetings = 0, 0, set[tuple[str, str, date]]()
    in_time = ended = under_way = 0
    for child, details in _details(message):
        for enquiry in details.iter("Section47"):
            held = _iso(enquiry.findtext("DateOfInitialCPC"))
            target = _iso(enquiry.findtext("InitialCPCtarget"))
            under_way += held is None and target is not None
            if held and target and calendar.within_year(held):
                initial, in_time = initial + 1, in_time + (held <= target)
                meetings.add(("initial", groups.get(child, child), held))
        for plan in details.iter("ChildProtectionPlans"):
            end = _iso(plan.findtext("CPPendDate"))
            ended += end is not None and calendar.within_year(end)
            for day in filter(calendar.within_year, (date.fromisoformat(each.text or "") for each in plan.iter("CPPreviewDate"))):
                review += 1
                meetings.add(("review", groups.get(child, child), day))
    return {
        "initial_children": initial,
        "initial_in_time": in_time,
        "review_children": review,
        "conferences": len(meetings),
        "plans_ended": ended,
        "open_enquiries": under_way,
    }


def _establishment(path: Path) -> dict[str, Any]:
    unit = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        "iros": len(unit["iro"]),
        "iro_wte": sum((Decimal(each["wte"]) for each in unit["iro"]), Decimal(0)),
        "note_takers": len(unit["note_taker"]),
        "note_taker_wte": sum((Decimal(each["wte"]) for each in unit["note_taker"]), Decimal(0)),
        "rooms": len(unit["room"]),
        "police_capacity": sum(each["capacity"] for each in unit["police_team"]),
    }


def _uk(text: str) -> date:
    day, month, year = map(int, text.split("/"))
    return date(year, month, day)


def _iso(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

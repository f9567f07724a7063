"""The files of a sample read back with the standard library alone: nothing of the code that wrote them."""

from __future__ import annotations

import csv
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET


def uk(text: str) -> date:
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))


def iso(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def months_after(day: date, months: int) -> date:
    """The corresponding day of a later month, or its last: counted down from the 31st."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month + 1, last)
            except ValueError:
                continue
    raise AssertionError


def age(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    child: str
    started_on: date
    ended_on: date | None
    category: str
    reviews: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry:
    child: str
    started_on: date
    target_on: date | None
    conference_on: date | None
    not_required: bool


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Everything in a folder, and the twelve months that end on `as_of`."""

    folder: Path
    as_of: date

    def within(self, day: date | None) -> bool:
        """Whether a day lies in the twelve months that end on `as_of`, that day included."""
        return day is not None and months_after(self.as_of, -12) < day <= self.as_of

    def _csv(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    @cached_property
    def header(self) -> list[dict[str, str]]:
        return self._csv("ssda903/header.csv")

    @cached_property
    def births(self) -> dict[str, date]:
        return {row["CHILD"]: uk(row["DOB"]) for row in self.header}

    @cached_property
    def episodes(self) -> dict[str, list[dict[str, str]]]:
        found = defaultdict(list)
        for row in self._csv("ssda903/episodes.csv"):
            found[row["CHILD"]].append(row)
        return dict(found)

    @cached_property
    def reviews(self) -> list[dict[str, str]]:
        return self._csv("ssda903/reviews.csv")

    @cached_property
    def family(self) -> list[dict[str, str]]:
        return self._csv("family.csv")

    @cached_property
    def groups(self) -> dict[str, str]:
        return {row["CHILD"]: row["SIBLING_GROUP"] or row["CHILD"] for row in self.family}

    @cached_property
    def in_care(self) -> set[str]:
        """Children with an episode that goes on."""
        return {child for child, rows in self.episodes.items() if any(not row["DEC"] for row in rows)}

    @cached_property
    def children(self) -> list[ET.Element]:
        return list(ET.parse(self.folder / "cin_census.xml").getroot().iter("Child"))

    @cached_property
    def plans(self) -> list[Plan]:
        return [
            Plan(
                child=child.findtext("ChildIdentifiers/LAchildID", ""),
                started_on=date.fromisoformat(plan.findtext("CPPstartDate", "")),
                ended_on=iso(plan.findtext("CPPendDate")),
                category=plan.findtext("LatestCategoryOfAbuse", ""),
                reviews=tuple(date.fromisoformat(each.text or "") for each in plan.findall("Reviews/CPPreviewDate")),
            )
            for child in self.children
            for plan in child.findall("CINdetails/ChildProtectionPlans")
        ]

    @cached_property
    def enquiries(self) -> list[Enquiry]:
        return [
            Enquiry(
                child=child.findtext("ChildIdentifiers/LAchildID", ""),
                started_on=date.fromisoformat(each.findtext("S47ActualStartDate", "")),
                target_on=iso(each.findtext("InitialCPCtarget")),
                conference_on=iso(each.findtext("DateOfInitialCPC")),
                not_required=each.findtext("ICPCnotRequired") == "true",
            )
            for child in self.children
            for each in child.findall("CINdetails/Section47")
        ]

    @cached_property
    def transfers(self) -> dict[str, date]:
        """Conferences that took over another authority's plan: the details name them, and no enquiry."""
        return {
            child.findtext("ChildIdentifiers/LAchildID", ""): date.fromisoformat(held)
            for child in self.children
            if (held := child.findtext("CINdetails/DateOfInitialCPC"))
        }

    @cached_property
    def unit(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "establishment.toml").read_text(encoding="utf-8"))

    def review_conferences(self) -> list[tuple[str, date]]:
        """(child, day) of the year."""
        return [(plan.child, day) for plan in self.plans for day in plan.reviews if self.within(day)]

    def conferences(self) -> set[tuple[str, str, date]]:
        """Kind, sibling group and day: one conference each."""
        initial = {("initial", self.groups.get(each.child, each.child), each.conference_on) for each in self.enquiries}
        review = {("review", self.groups.get(child, child), day) for child, day in self.review_conferences()}
        return {(kind, group, day) for kind, group, day in initial if day and self.within(day)} | review


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]

"""The census of children in need (XML, root `Message`): enquiries, conferences, plans and their reviews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import IO, NamedTuple

from services.intake.readers.days import NotADay, read_iso_day
from services.intake.readers.faults import Faults, clean_reference, clean_sex, clean_upn
from services.intake.readers.markup import Element, walk
from services.intake.readers.ssda903 import ChildRow

ROOT = "Message"
_CATEGORIES = frozenset({"NEG", "PHY", "SAB", "EMO", "MUL"})
_TRUE, _FALSE = frozenset({"1", "true", "yes", "y"}), frozenset({"", "0", "false", "no", "n"})


class ReturnRow(NamedTuple):
    """The last day of the census year, as the message states it."""

    reference_on: date


class DetailsRow(NamedTuple):
    line: int | None
    element: str | None
    child: str
    details: int
    conference_on: date | None
    transfer_in: bool | None
    closed_on: date | None
    faults: list[str] | None


class Section47Row(NamedTuple):
    line: int | None
    element: str | None
    child: str
    details: int
    started_on: date | None
    target_on: date | None
    conference_on: date | None
    not_required: bool
    faults: list[str] | None


class PlanRow(NamedTuple):
    line: int | None
    element: str | None
    child: str
    details: int
    started_on: date | None
    ended_on: date | None
    category: str | None
    faults: list[str] | None


class PlanReviewRow(NamedTuple):
    line: int | None
    element: str | None
    child: str
    plan_started_on: date | None
    held_on: date | None
    faults: list[str] | None


AnyRow = ReturnRow | ChildRow | DetailsRow | Section47Row | PlanRow | PlanReviewRow


def read_census(stream: IO[bytes], file_name: str) -> Iterator[AnyRow]:
    """The rows of the census, child by child; needs the memory of one child."""
    census = _Census()
    for _ in walk(stream, file_name, ROOT, census.ended):
        yield from census.ready
        census.ready.clear()


class _Census:
    """What has been read of the child at hand, and the rows that are ready."""

    def __init__(self) -> None:
        self.ready: list[AnyRow] = []
        self._details = 0
        self._pending: list[DetailsRow | Section47Row | PlanRow | PlanReviewRow] = []
        self._inner: list[Section47Row | PlanRow | PlanReviewRow] = []
        self._reviews: list[Element] = []
        self._identity: Element | None = None

    def ended(self, element: Element, around: list[Element]) -> None:
        """Takes in one element that has ended."""
        name = element.name.upper()
        if name == "REFERENCEDATE" and len(around) < 5:
            self._take_reference(element)
        elif name == "CPPREVIEWDATE":
            self._reviews.append(element)
        elif name == "CHILDIDENTIFIERS":
            self._identity = element
        elif name == "SECTION47":
            self._inner.append(_section47(element, self._details + 1))
        elif name in {"CHILDPROTECTIONPLANS", "CHILDPROTECTIONPLAN"} and "CPPSTARTDATE" in element.leaves | _nothing(self._reviews):
            self._take_plan(element)
        elif name == "CINDETAILS":
            self._take_details(element)
        elif name == "CHILD":
            self._take_child(element)

    def _take_reference(self, element: Element) -> None:
        try:
            day = read_iso_day(element.text)
        except NotADay:
            return
        if day is not None:
            self.ready.append(ReturnRow(day))

    def _take_plan(self, element: Element) -> None:
        plan = _plan(element, self._details + 1)
        self._inner.append(plan)
        self._inner += [_plan_review(review, plan.started_on) for review in self._reviews]
        self._reviews = []

    def _take_details(self, element: Element) -> None:
        self._details += 1
        leaves, faults = element.leaves, Faults()
        conference = faults.day(leaves.get("DATEOFINITIALCPC", ""), "DateOfInitialCPC", read_iso_day)
        closed = faults.day(leaves.get("CINCLOSUREDATE", ""), "CINclosureDate", read_iso_day)
        _note_stray(element, faults)
        self._pending.append(DetailsRow(element.line, element.path, "", self._details, conference, None, closed, faults.found))
        self._pending += self._inner
        self._inner, self._reviews = [], []

    def _take_child(self, element: Element) -> None:
        child = _child(self._identity or element, element)
        self.ready.append(child)
        self.ready += [row._replace(child=child.child) for row in [*self._pending, *self._inner]]
        self._pending, self._inner, self._reviews, self._identity = [], [], [], None


def _nothing(reviews: list[Element]) -> dict[str, str]:
    """A plan without a start still owns the reviews inside it, so that they are told as faults."""
    return {"CPPSTARTDATE": ""} if reviews else {}


def _child(identity: Element, whole: Element) -> ChildRow:
    leaves, faults = identity.leaves, Faults()
    reference = clean_reference(leaves.get("LACHILDID", ""), faults)
    born_on = faults.day(leaves.get("PERSONBIRTHDATE", ""), "PersonBirthDate", read_iso_day)
    expected_on = faults.day(leaves.get("EXPECTEDPERSONBIRTHDATE", ""), "ExpectedPersonBirthDate", read_iso_day)
    died_on = faults.day(leaves.get("PERSONDEATHDATE", ""), "PersonDeathDate", read_iso_day)
    sex = clean_sex(leaves.get("SEX", "") or leaves.get("GENDERCURRENT", "") or leaves.get("PERSONGENDERCURRENT", ""), faults)
    upn = clean_upn(leaves.get("UPN", ""))
    _note_stray(identity, faults)
    return ChildRow(whole.line, whole.path, reference, sex, born_on, expected_on, died_on, upn, faults.found)


def _section47(element: Element, details: int) -> Section47Row:
    leaves, faults = element.leaves, Faults()
    started = leaves.get("S47ACTUALSTARTDATE", "")
    started_on = faults.day(started, "S47ActualStartDate", read_iso_day)
    if not started:
        faults.add("8615", "S47ActualStartDate is missing: the day of the strategy discussion starts the clock")
    target_on = faults.day(leaves.get("INITIALCPCTARGET", ""), "InitialCPCtarget", read_iso_day)
    conference_on = faults.day(leaves.get("DATEOFINITIALCPC", ""), "DateOfInitialCPC", read_iso_day)
    stated = leaves.get("ICPCNOTREQUIRED", "").lower()
    if stated not in _TRUE | _FALSE:
        faults.add("FLAG", f"ICPCnotRequired: '{stated[:10]}' is neither true nor false")
    _note_stray(element, faults)
    row = (started_on, target_on, conference_on, stated in _TRUE)
    return Section47Row(element.line, element.path, "", details, *row, faults.found)


def _plan(element: Element, details: int) -> PlanRow:
    leaves, faults = element.leaves, Faults()
    started = leaves.get("CPPSTARTDATE", "")
    started_on = faults.day(started, "CPPstartDate", read_iso_day)
    if not started:
        faults.add("8720", "CPPstartDate is missing: a plan has a first day")
    ended_on = faults.day(leaves.get("CPPENDDATE", ""), "CPPendDate", read_iso_day)
    category = (leaves.get("LATESTCATEGORYOFABUSE", "") or leaves.get("INITIALCATEGORYOFABUSE", "")).upper()
    if category not in _CATEGORIES:
        faults.add("CATEGORY", f"category of abuse '{category[:10]}' is none of {', '.join(sorted(_CATEGORIES))}")
    _note_stray(element, faults)
    return PlanRow(element.line, element.path, "", details, started_on, ended_on, category[:10] or None, faults.found)


def _plan_review(element: Element, plan_started_on: date | None) -> PlanReviewRow:
    faults = Faults()
    held_on = faults.day(element.text, "CPPreviewDate", read_iso_day)
    if not element.text.strip():
        faults.add("8842Q", "CPPreviewDate is blank")
    return PlanReviewRow(element.line, element.path, "", plan_started_on, held_on, faults.found)


def _note_stray(element: Element, faults: Faults) -> None:
    if element.stray is not None:
        faults.add("STRAY_TEXT", f"text '{element.stray}' stands between the elements of {element.name}")

"""The children in need census of the sample, nested as the Department's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from xml.etree import ElementTree as ET

from deploy.sample.calendar import Calendar
from deploy.sample.people import FIGURES, LETTERS_FROM, Child
from deploy.sample.protection import Household

_INITIAL_CONFERENCE_WITHIN = 15
_FACTORS = {"NEG": ("19B", "4B"), "EMO": ("3B", "19C"), "PHY": ("18B", "3A"), "SAB": ("20", "22A")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one `CINdetails` says of one child."""

    child: Child
    household: Household
    category: str
    referred_on: date
    closed_on: date | None


def cases_of(households: Sequence[Household], calendar: Calendar, random: Random) -> list[Case]:
    """One a child, ordered by reference."""
    cases = [_case(household, place, calendar, random) for household in households for place in range(len(household.children))]
    return sorted(cases, key=lambda each: each.child.other_reference or each.child.reference)


def census(cases: Sequence[Case], calendar: Calendar, *, of_year: bool = False) -> ET.Element:
    """The whole message, every day as `yyyy-mm-dd`.

    `of_year`: as it is submitted, so that what was over before the twelve months (assessments, conferences, reviews) was told
    in the census before (rules 8696, 8715); else all that is known.
    """
    message = ET.Element("Message")
    _header(message, calendar.as_of)
    children = ET.SubElement(message, "Children")
    for case in cases:
        if not of_year or case.closed_on is None or calendar.within_year(case.closed_on):
            _child(children, case, calendar, calendar.year_starts if of_year else date.min)
    ET.indent(message, "    ")
    return message


def _case(household: Household, place: int, calendar: Calendar, random: Random) -> Case:
    referred_on = household.discussed_on - timedelta(days=random.randint(1, 25))
    over = household.plan_ended_on or (household.discussed_on if not household.has_plan else None)
    closed_on = over + timedelta(days=random.randint(45, 130)) if over and household.chain and random.random() < 0.5 else None
    if household.not_required and random.random() < 0.7:
        closed_on = household.discussed_on + timedelta(days=random.randint(15, 40))
    return Case(
        child=household.children[place],
        household=household,
        category=household.categories[place] if household.categories else "NEG",
        referred_on=referred_on,
        closed_on=closed_on if closed_on and closed_on <= calendar.as_of else None,
    )


def _header(message: ET.Element, as_of: date) -> None:
    header = ET.SubElement(message, "Header")
    details = ET.SubElement(header, "CollectionDetails")
    _texts(details, Collection="CIN", Year=str(as_of.year), ReferenceDate=as_of.isoformat())
    source = ET.SubElement(header, "Source")
    _texts(source, SourceLevel="L", LEA="999", SoftwareCode="Sample", Release="1", SerialNo="001")
    _texts(source, DateTime=f"{as_of.isoformat()}T09:00:00")


def _child(parent: ET.Element, case: Case, calendar: Calendar, since: date) -> None:
    element = ET.SubElement(parent, "Child")
    child = case.child
    identifiers = ET.SubElement(element, "ChildIdentifiers")
    _texts(identifiers, LAchildID=child.other_reference or child.reference)
    _texts(identifiers, **({"UPN": child.upn} if child.upn else {"UPNunknown": "UN1"}))
    _days(identifiers, PersonBirthDate=child.born_on, ExpectedPersonBirthDate=child.expected_on)
    if calendar.as_of >= LETTERS_FROM:
        _texts(identifiers, Sex=child.sex)
    else:
        _texts(identifiers, GenderCurrent=FIGURES[child.sex])
    characteristics = ET.SubElement(element, "ChildCharacteristics")
    _texts(characteristics, Ethnicity=child.ethnicity if child.born_on else "NOBT")
    disabilities = ET.SubElement(characteristics, "Disabilities")
    for code in child.disability.split():
        _texts(disabilities, Disability=code)
    _details(ET.SubElement(element, "CINdetails"), case, calendar, since)


def _details(details: ET.Element, case: Case, calendar: Calendar, since: date) -> None:
    household = case.household
    _days(details, CINreferralDate=case.referred_on)
    _texts(details, ReferralSource="1A", PrimaryNeedCode="N1")
    if case.closed_on:
        _days(details, CINclosureDate=case.closed_on)
        _texts(details, ReasonForClosure="RC1")
    if household.from_elsewhere and household.conference_on and household.conference_on >= since:
        _days(details, DateOfInitialCPC=household.conference_on)
    _assessment(details, case, calendar, since)
    after = household.plan_ended_on
    if after is not None and after < calendar.as_of:
        # no such plan runs beside a protection plan (rules 4001, 4016): it begins on the day after
        plan = ET.SubElement(details, "CINPlanDates")
        _days(plan, CINPlanStartDate=after + timedelta(days=1), CINPlanEndDate=case.closed_on)
    if not household.from_elsewhere and (household.conference_on or household.discussed_on) >= since:
        _section47(ET.SubElement(details, "Section47"), household, calendar)
    _texts(details, ReferralNFA="false")
    if household.has_plan:
        _plan(ET.SubElement(details, "ChildProtectionPlans"), case, since)


def _section47(section47: ET.Element, household: Household, calendar: Calendar) -> None:
    _days(
        section47,
        S47ActualStartDate=household.discussed_on,
        InitialCPCtarget=None if household.not_required else calendar.step(household.discussed_on, _INITIAL_CONFERENCE_WITHIN),
        DateOfInitialCPC=household.conference_on,
    )
    _texts(section47, ICPCnotRequired="true" if household.not_required else "false")


def _assessment(details: ET.Element, case: Case, calendar: Calendar, since: date) -> None:
    started_on = case.referred_on + timedelta(days=1)
    known_by = case.household.conference_on or case.household.discussed_on
    finished_on = min(max(started_on + timedelta(days=40), known_by), case.closed_on or date.max)
    if finished_on < since:
        return
    assessments = ET.SubElement(details, "Assessments")
    _days(assessments, AssessmentActualStartDate=started_on)
    if finished_on > calendar.as_of:
        return  # what was found is stated when the assessment is authorised (rule 8614)
    _days(assessments, AssessmentAuthorisationDate=finished_on)
    factors = ET.SubElement(assessments, "FactorsIdentifiedAtAssessment")
    for factor in _FACTORS[case.category]:
        _texts(factors, AssessmentFactors=factor)


def _plan(plan: ET.Element, case: Case, since: date) -> None:
    chain = case.household.chain
    assert chain is not None
    _days(plan, CPPstartDate=chain.started_on, CPPendDate=chain.ended_on)
    again = sum(map(ord, case.child.reference)) % 8 == 0  # about one plan in eight is a second one
    _texts(plan, InitialCategoryOfAbuse=case.category, LatestCategoryOfAbuse=case.category, NumberOfPreviousCPP=str(int(again)))
    for day in chain.held:
        if day >= since:
            _days(ET.SubElement(plan, "Reviews"), CPPreviewDate=day)


def _texts(parent: ET.Element, **values: str) -> None:
    for name, value in values.items():
        ET.SubElement(parent, name).text = value


def _days(parent: ET.Element, **values: date | None) -> None:
    _texts(parent, **{name: day.isoformat() for name, day in values.items() if day is not None})

"""The Standard Safeguarding Dataset (SSD) as CSV exports, one file a table: what of it concerns reviews and conferences.

Columns are named as the published specification has them. A database's export writes days as instants, an absent value as
NULL, and fills what an authority does not hold with marks; all of these are absent here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, NamedTuple

from services.intake.readers.days import NotADay, read_iso_day, read_uk_day
from services.intake.readers.faults import Faults, clean_reference, clean_sex, clean_upn
from services.intake.readers.lines import Columns, read_rows
from services.intake.readers.ssd_charge import had_charge, manages
from services.intake.readers.ssd_codes import ENDS, LEGAL_STATUSES, STARTS, read_category, read_code, read_participation, read_placement
from services.intake.readers.ssd_rows import (
    ConferenceRow,
    EnquiryRow,
    EpisodeRow,
    FamilyRow,
    IdentifierRow,
    InvolvementRow,
    LegalStatusRow,
    MotherRow,
    PlacementRow,
    PlanReviewRow,
    PlanRow,
    ProfessionalRow,
    ReviewRow,
)
from services.intake.readers.ssda903 import ChildRow

_ABSENT = frozenset({"", "NULL", "NONE", "NAN", "NAT", "PLACEHOLDER_DATA", "SSD_PH", "-1"})
_NO_DAY = frozenset({"1900-01-01", "01/01/1900"})
_CLOCK = re.compile(r"(?P<day>\S+?)(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_TRUE, _FALSE = frozenset({"Y", "YES", "T", "TRUE", "1"}), frozenset({"N", "NO", "F", "FALSE", "0"})
_CONFERENCE_FLAG = re.compile(r'"CP_CONFERENCE_FLAG"\s*:\s*"?\s*(\w+)', re.IGNORECASE)


Read = Callable[[int, Mapping[str, str], Faults], "NamedTuple | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SsdTable:
    """One table of the dataset. `prefix`: of its columns; `needed` and `optional` are what comes after it."""

    name: str
    prefix: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    read: Read
    without: str
    """What cannot be told where the table is missing."""

    def rows(self, stream: IO[bytes], file_name: str) -> Iterator[NamedTuple]:
        """The rows of its file that state anything of use here."""
        names = self.needed + self.optional
        full = Columns(
            needed=tuple(f"{self.prefix}_{name}".upper() for name in self.needed),
            optional=tuple(f"{self.prefix}_{name}".upper() for name in self.optional),
        )
        for line, values, fault in read_rows(stream, file_name, full):
            faults = Faults()
            if fault:
                faults.add("ROW", fault)
            row = self.read(line, {name: _stated(value) for name, value in zip(names, values, strict=True)}, faults)
            if row is not None:
                yield row


def _stated(text: str) -> str:
    return "" if text.upper() in _ABSENT else text


def read_ssd_day(text: str) -> date | None:
    """The day of an ISO day or instant, or of `dd/mm/yyyy`, with or without a time; raises `NotADay` for everything else."""
    found = _CLOCK.fullmatch(text.strip())
    day = found["day"] if found else text.strip()
    if day in _NO_DAY:
        return None
    try:
        return read_uk_day(day) if "/" in day else read_iso_day(day)
    except NotADay as fault:
        raise NotADay(f"{str(fault).split(' is not a day')[0]} is not a day in the form yyyy-mm-dd or dd/mm/yyyy"
                      if " is not a day" in str(fault) else str(fault)) from None  # fmt: skip


def _day(have: Mapping[str, str], name: str, faults: Faults) -> date | None:
    return faults.day(have[name], name, read_ssd_day)


def _flag(have: Mapping[str, str], name: str) -> bool | None:
    said = have[name].upper()
    return True if said in _TRUE else False if said in _FALSE else None


def _person(line: int, have: Mapping[str, str], faults: Faults) -> ChildRow:
    reference = clean_reference(have["person_id"], faults)
    born_on, expected_on = _day(have, "dob", faults), _day(have, "expected_dob", faults)
    sex = clean_sex(have["sex"][:1], faults)
    upn = clean_upn(have["upn"])
    return ChildRow(line, None, reference, sex, born_on, expected_on, _day(have, "death_date", faults), upn, faults.found)


def _episode(line: int, have: Mapping[str, str], faults: Faults) -> EpisodeRow:
    reference = clean_reference(have["person_id"], faults)
    started_on, ended_on = _day(have, "cla_episode_start_date", faults), _day(have, "cla_episode_ceased_date", faults)
    if not have["cla_episode_start_date"]:
        faults.add("141", "cla_episode_start_date: the day on which the episode began is missing")
    start = read_code(have["cla_episode_start_reason"], STARTS)
    if start is None:
        faults.add("143", f"cla_episode_start_reason: '{have['cla_episode_start_reason'][:30]}' is no reason for a new episode")
    stated = have["cla_episode_ceased_reason"]
    end = read_code(stated, ENDS) if stated else None
    if stated and end is None:
        faults.add("149", f"cla_episode_ceased_reason: '{stated[:30]}' is no reason for an end")
    care, placement = have["cla_id"] or None, have["cla_placement_id"] or None
    return EpisodeRow(
        line, reference, care, placement, started_on, start, ended_on, end, _day(have, "entered_care_date", faults), faults.found
    )


def _legal_status(line: int, have: Mapping[str, str], faults: Faults) -> LegalStatusRow | None:
    """None of one that is no reason for being looked after: the dataset holds those too."""
    status = read_code(have["legal_status"], LEGAL_STATUSES)
    if status is None:
        return None
    reference = clean_reference(have["person_id"], faults)
    return LegalStatusRow(
        line, reference, status, _day(have, "legal_status_start_date", faults), _day(have, "legal_status_end_date", faults), faults.found
    )


def _placement(line: int, have: Mapping[str, str], faults: Faults) -> PlacementRow | None:
    place = read_placement(have["cla_placement_type"])
    return PlacementRow(line, have["cla_placement_id"], place) if place and have["cla_placement_id"] else None


def _review(line: int, have: Mapping[str, str], faults: Faults) -> ReviewRow | None:
    """None of one that was cancelled, or that is only due."""
    if _flag(have, "cla_review_cancelled") or not have["cla_review_date"]:
        return None
    held_on = faults.day(have["cla_review_date"], "cla_review_date", read_ssd_day, rule="166")
    stated = have["cla_review_participation"]
    participation = read_participation(stated)
    if stated and participation is None:
        faults.add("167", f"cla_review_participation: '{stated[:30]}' is no code of participation (PN0 to PN7)")
    child = clean_reference(have["cla_person_id"], faults) if have["cla_person_id"] else None
    return ReviewRow(line, child, have["cla_id"] or None, held_on, participation, faults.found)


def _enquiry(line: int, have: Mapping[str, str], faults: Faults) -> EnquiryRow:
    """A conference is not required where nothing further was done, or where the enquiry has ended and says that none is."""
    reference = clean_reference(have["person_id"], faults)
    started_on = _day(have, "s47_start_date", faults)
    if not have["s47_start_date"]:
        faults.add("8615", "s47_start_date is missing: the day of the strategy discussion starts the clock")
    said = _CONFERENCE_FLAG.search(have["s47_outcome_json"])
    wanted = said[1].upper() if said else ""
    ended_without = bool(have["s47_end_date"]) and wanted in _FALSE
    not_required = wanted not in _TRUE and (_flag(have, "s47_nfa") is True or ended_without)
    return EnquiryRow(line, reference, have["s47_enquiry_id"] or None, started_on, not_required, faults.found)


def _conference(line: int, have: Mapping[str, str], faults: Faults) -> ConferenceRow:
    reference = clean_reference(have["person_id"], faults)
    return ConferenceRow(
        line,
        reference,
        have["icpc_id"] or None,
        have["s47_enquiry_id"] or None,
        _day(have, "icpc_date", faults),
        _day(have, "icpc_target_date", faults),
        _flag(have, "icpc_transfer_in") is True,
        faults.found,
    )


def _plan(line: int, have: Mapping[str, str], faults: Faults) -> PlanRow:
    reference = clean_reference(have["person_id"], faults)
    started_on, ended_on = _day(have, "cp_plan_start_date", faults), _day(have, "cp_plan_end_date", faults)
    if not have["cp_plan_start_date"]:
        faults.add("8720", "cp_plan_start_date is missing: a plan has a first day")
    stated = have["cp_plan_latest_category"] or have["cp_plan_initial_category"]
    category = read_category(stated)
    if category is None:
        faults.add("CATEGORY", f"category of abuse '{stated[:30]}' is none of neglect, physical, sexual, emotional, multiple")
    elsewhere = _flag(have, "cp_plan_ola") is True
    ids = (have["cp_plan_id"] or None, have["icpc_id"] or None)
    return PlanRow(line, reference, *ids, started_on, ended_on, category, elsewhere, faults.found)


def _plan_review(line: int, have: Mapping[str, str], faults: Faults) -> PlanReviewRow | None:
    """None of one that is only due."""
    if not have["cp_review_date"]:
        return None
    reference = clean_reference(have["person_id"], faults)
    held_on = _day(have, "cp_review_date", faults)
    return PlanReviewRow(line, reference, have["cp_plan_id"] or None, held_on, _flag(have, "cp_review_quorate") is False, faults.found)


def _involvement(line: int, have: Mapping[str, str], faults: Faults) -> InvolvementRow:
    reference = clean_reference(have["person_id"], faults)
    days = (_day(have, "involvement_start_date", faults), _day(have, "involvement_end_date", faults))
    role = have["professional_role_id"][:80]
    charge = (had_charge(role), manages(role))
    return InvolvementRow(line, reference, have["professional_id"] or None, role or None, *charge, *days, faults.found)


def _professional(line: int, have: Mapping[str, str], faults: Faults) -> ProfessionalRow | None:
    number = "".join(have["social_worker_registration_no"].upper().split())
    if not have["professional_id"]:
        return None
    title = have["professional_job_title"][:80]
    charge = (had_charge(title), manages(title))
    return ProfessionalRow(line, have["professional_id"], have["staff_id"] or None, number or None, title or None, *charge)


def _mother(line: int, have: Mapping[str, str], faults: Faults) -> MotherRow:
    return MotherRow(line, clean_reference(have["childs_person_id"], faults), have["person_id"] or None, faults.found)


def _family(line: int, have: Mapping[str, str], faults: Faults) -> FamilyRow:
    return FamilyRow(line, clean_reference(have["person_id"], faults), faults.found)


def _identifier(line: int, have: Mapping[str, str], faults: Faults) -> IdentifierRow | None:
    upn = clean_upn(have["identifier_value"])
    wanted = have["identifier_type"].upper() in {"UNIQUE PUPIL NUMBER", "UPN"}
    return IdentifierRow(line, have["person_id"], upn) if wanted and upn and have["person_id"] else None


def _table(name: str, prefix: str, read: Any, needed: str, optional: str = "", *, without: str) -> SsdTable:
    return SsdTable(name=name, prefix=prefix, needed=tuple(needed.split()), optional=tuple(optional.split()), read=read, without=without)


TABLES: tuple[SsdTable, ...] = (
    _table("person", "pers", _person, "person_id dob", "sex expected_dob death_date upn", without="no child can be told"),
    _table(
        "cla_episodes",
        "clae",
        _episode,
        "person_id cla_episode_start_date cla_episode_start_reason cla_episode_ceased_date cla_episode_ceased_reason",
        "cla_id cla_placement_id entered_care_date",
        without="care is not spoken of",
    ),
    _table(
        "cla_reviews",
        "clar",
        _review,
        "cla_id cla_review_date",
        "cla_person_id cla_review_cancelled cla_review_participation",
        without="reviews of children in care are not spoken of",
    ),
    _table(
        "legal_status",
        "lega",
        _legal_status,
        "person_id legal_status legal_status_start_date legal_status_end_date",
        without="short breaks, remands and placement orders cannot be told",
    ),
    _table(
        "cla_placement",
        "clap",
        _placement,
        "cla_placement_id cla_placement_type",
        without="placements for adoption, secure and long-term placements cannot be told",
    ),
    _table(
        "s47_enquiry",
        "s47e",
        _enquiry,
        "s47_enquiry_id person_id s47_start_date",
        "s47_end_date s47_nfa s47_outcome_json",
        without="enquiries are not spoken of",
    ),
    _table(
        "initial_cp_conference",
        "icpc",
        _conference,
        "icpc_id person_id icpc_date",
        "s47_enquiry_id icpc_transfer_in icpc_target_date",
        without="initial conferences are not spoken of",
    ),
    _table(
        "cp_plans",
        "cppl",
        _plan,
        "cp_plan_id person_id cp_plan_start_date cp_plan_end_date",
        "icpc_id cp_plan_ola cp_plan_initial_category cp_plan_latest_category",
        without="child protection plans are not spoken of",
    ),
    _table(
        "cp_reviews",
        "cppr",
        _plan_review,
        "person_id cp_plan_id cp_review_date",
        "cp_review_quorate",
        without="review conferences are not spoken of",
    ),
    _table(
        "involvements",
        "invo",
        _involvement,
        "professional_id professional_role_id person_id",
        "involvement_start_date involvement_end_date",
        without="who had charge of a case is not spoken of",
    ),
    _table(
        "professionals",
        "prof",
        _professional,
        "professional_id",
        "staff_id social_worker_registration_no professional_job_title",
        without="who had charge of a case is not spoken of",
    ),
    _table("family", "fami", _family, "person_id", without="families are not spoken of"),
    _table("mother", "moth", _mother, "person_id childs_person_id", without="parents are not spoken of"),
    _table(
        "linked_identifiers",
        "link",
        _identifier,
        "person_id identifier_type identifier_value",
        without="unique pupil numbers cannot be told",
    ),
)
"""The tables that are used, by the name of their file without `ssd_`."""

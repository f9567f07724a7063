"""The yearly return on children looked after (SSDA903), as three CSV files or as one XML file that nests the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import IO, NamedTuple

from services.intake.readers.days import read_uk_day
from services.intake.readers.faults import Faults, clean_reference, clean_sex, clean_upn
from services.intake.readers.lines import Columns, read_rows
from services.intake.readers.markup import Element, records

ROOT = "EXPSSDA903"
HEADER = Columns(needed=("CHILD", "SEX", "DOB"), optional=("UPN",))
EPISODES = Columns(needed=("CHILD", "DECOM", "RNE", "LS", "DEC", "REC"), optional=("PLACE",))
REVIEWS = Columns(needed=("CHILD", "REVIEW", "REVIEW_CODE"), optional=("DOB",))

_STARTS = frozenset("SLPTBU")
_END = re.compile(r"X1|E[0-9]{1,2}[A-Z]?")
_STATUS = re.compile(r"[A-Z][0-9][A-Z]?")
_PARTICIPATION = frozenset(f"PN{number}" for number in range(8))


class ChildRow(NamedTuple):
    line: int | None
    element: str | None
    child: str
    sex: str | None
    born_on: date | None
    expected_on: date | None
    died_on: date | None
    upn: str | None
    faults: list[str] | None


class EpisodeRow(NamedTuple):
    line: int | None
    element: str | None
    child: str
    started_on: date | None
    reason_started: str | None
    legal_status: str | None
    placement: str | None
    ended_on: date | None
    reason_ended: str | None
    faults: list[str] | None


class ReviewRow(NamedTuple):
    line: int | None
    element: str | None
    child: str
    born_on: date | None
    held_on: date | None
    code: str | None
    participation: str | None
    faults: list[str] | None


AnyRow = ChildRow | EpisodeRow | ReviewRow


def read_header(stream: IO[bytes], file_name: str) -> Iterator[ChildRow]:
    """One row a child, as `header.csv` states it."""
    for line, (child, sex, born, upn), fault in read_rows(stream, file_name, HEADER):
        yield _child(line, None, child, sex, born, upn, fault)


def read_episodes(stream: IO[bytes], file_name: str) -> Iterator[EpisodeRow]:
    """One row an episode, as `episodes.csv` states it."""
    for line, values, fault in read_rows(stream, file_name, EPISODES):
        yield _episode(line, None, values, fault)


def read_reviews(stream: IO[bytes], file_name: str) -> Iterator[ReviewRow]:
    """One row a review, as `reviews.csv` states it; rows without day and code state nothing and are left out."""
    for line, (child, held, code, born), fault in read_rows(stream, file_name, REVIEWS):
        if held or code or fault:
            yield _review(line, None, child, held, code, born, fault)


def read_xml(stream: IO[bytes], file_name: str) -> Iterator[AnyRow]:
    """The rows of all three tables in the order of the file; each element is told by the values it holds."""
    for element in records(stream, file_name, ROOT, _parts, _identity):
        have, inherited = element.leaves, element.inherited
        child = have.get("CHILD") or inherited.get("CHILD", "")
        where = (element.line, element.path)
        if _is_episode(have):
            names = EPISODES.needed[1:] + EPISODES.optional
            yield _episode(*where, [child, *(have.get(name, "") for name in names)], None)
        elif _is_review(have):
            born = have.get("DOB") or inherited.get("DOB", "")
            yield _review(*where, child, have.get("REVIEW", ""), have.get("REVIEW_CODE", ""), born, None)
        else:
            yield _child(*where, child, have.get("SEX", ""), have.get("DOB", ""), have.get("UPN", ""), None)


def _is_episode(leaves: Mapping[str, str]) -> bool:
    return "DECOM" in leaves or "RNE" in leaves


def _is_review(leaves: Mapping[str, str]) -> bool:
    return "REVIEW_CODE" in leaves or "REVIEW" in leaves


def _parts(element: Element) -> bool:
    return _is_episode(element.leaves) or _is_review(element.leaves) or ("DOB" in element.leaves and "SEX" in element.leaves)


def _identity(element: Element) -> Mapping[str, str]:
    """What the rows nested in or beside an element take from it."""
    if _is_episode(element.leaves) or _is_review(element.leaves):
        return {}
    return {name: element.leaves[name] for name in ("CHILD", "DOB") if name in element.leaves}


def _child(line: int, element: str | None, child: str, sex: str, born: str, upn: str, fault: str | None) -> ChildRow:
    faults = _row_faults(fault)
    reference = clean_reference(child, faults)
    born_on = faults.day(born, "DOB", read_uk_day, rule="102")
    if not born:
        faults.add("102", "DOB: the day of birth is missing (dd/mm/yyyy)")
    return ChildRow(line, element, reference, clean_sex(sex, faults), born_on, None, None, clean_upn(upn), faults.found)


def _episode(line: int, element: str | None, values: Sequence[str], fault: str | None) -> EpisodeRow:
    child, decom, rne, ls, dec, rec, place = values
    faults = _row_faults(fault)
    reference = clean_reference(child, faults)
    started_on = faults.day(decom, "DECOM", read_uk_day, rule="141")
    if not decom:
        faults.add("141", "DECOM: the day on which the episode began is missing (dd/mm/yyyy)")
    ended_on = faults.day(dec, "DEC", read_uk_day, rule="147")
    start, status, end = rne.upper(), ls.upper(), rec.upper()
    if start not in _STARTS:
        faults.add("143", f"RNE: '{rne[:10]}' is no reason for a new episode (S, L, P, T, B, U)")
    if not _STATUS.fullmatch(status):
        faults.add("144", f"LS: '{ls[:10]}' is no legal status (a letter and a figure, such as C2)")
    if end and not _END.fullmatch(end):
        faults.add("149", f"REC: '{rec[:10]}' is no reason for an end (X1, or E and a number)")
    placement = place.upper()[:10] or None
    return EpisodeRow(line, element, reference, started_on, start, status, placement, ended_on, end or None, faults.found)


def _review(line: int, element: str | None, child: str, held: str, code: str, born: str, fault: str | None) -> ReviewRow:
    faults = _row_faults(fault)
    reference = clean_reference(child, faults)
    held_on = faults.day(held, "REVIEW", read_uk_day, rule="166")
    born_on = faults.day(born, "DOB", read_uk_day)
    if not held:
        faults.add("166", "REVIEW: the day of the review is missing (dd/mm/yyyy)")
    stated = code.upper() if code else None
    participation = stated if stated in _PARTICIPATION else None
    if stated is None:
        faults.add("167", "REVIEW_CODE is missing (PN0 to PN7)")
    elif participation is None:
        faults.add("167", f"REVIEW_CODE: '{code[:10]}' is no code of participation (PN0 to PN7)")
    return ReviewRow(line, element, reference, born_on, held_on, stated and stated[:10], participation, faults.found)


def _row_faults(fault: str | None) -> Faults:
    faults = Faults()
    if fault is not None:
        faults.add("ROW", fault)
    return faults

"""Who comes to each kind of meeting, by role and agency, as the unit has it: never a name, never an address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.kernel.words import MeetingKind

FAMILY = "FAMILY"
SOCIAL_CARE = "SOCIAL_CARE"
INDEPENDENT = "INDEPENDENT"
REVIEW_UNIT = "REVIEW_UNIT"
POLICE = "POLICE"
PARENT = "PARENT"
PAEDIATRICIAN = "PAEDIATRICIAN"
PANEL_MEMBER = "PANEL_MEMBER"
WITHOUT_OWN_CONTACT = frozenset({FAMILY, INDEPENDENT, REVIEW_UNIT, "ADVOCACY", "LEGAL"})
"""Who comes of these is no professional in direct contact with the child, unless the unit says so."""
RESOURCES = frozenset({"CHAIR", "NOTE_TAKER", POLICE})
"""Roles that the diary itself fills, and whose time it holds."""
MOST_PEOPLE = 40
LONGEST_OFFSET = 240
_LONGEST_CODE = 40
_KEYS = ("role", "agency", "required", "invited", "direct_contact", "arrives")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One who usually comes. `arrives`: minutes before the meeting begins (after it where negative), None: for the pre-meet.

    `invited` False: expected, without an invitation. `direct_contact`: works with the child, so that the agency counts for a quorum.
    """

    role: str
    agency: str
    required: bool = False
    invited: bool = True
    direct_contact: bool = True
    arrives: int | None = 0


Attendance = Mapping[MeetingKind, tuple[Expected, ...]]


def _one(role: str, agency: str, **more: Any) -> Expected:
    more.setdefault("direct_contact", agency not in WITHOUT_OWN_CONTACT)
    return Expected(role=role, agency=agency, **more)


_PARENT_BEFORE = _one(PARENT, FAMILY, arrives=None)
_PARENT = _one(PARENT, FAMILY)
_CHILD_BEFORE = _one("CHILD", FAMILY, invited=False, arrives=None)
_ADVOCATE = _one("ADVOCATE", "ADVOCACY", invited=False, arrives=None)
_SOCIAL_WORKER = _one("SOCIAL_WORKER", SOCIAL_CARE, required=True)
_TEAM_MANAGER = _one("TEAM_MANAGER", SOCIAL_CARE)
_NURSE = _one("HEALTH_VISITOR_OR_SCHOOL_NURSE", "HEALTH", required=True)
_DOCTOR = _one("GENERAL_PRACTITIONER", "HEALTH", invited=False)
_SCHOOL = _one("SCHOOL", "EDUCATION")
_SUPERVISOR = _one("SUPERVISING_SOCIAL_WORKER", "FOSTERING")
_WHERE_INVOLVED = (_one("PROBATION_OFFICER", "PROBATION", invited=False), _one("ADULT_SERVICES_WORKER", "ADULT_SERVICES", invited=False))
_CONFERENCE = (_PARENT_BEFORE, _CHILD_BEFORE, _ADVOCATE, _SOCIAL_WORKER, _TEAM_MANAGER, _NURSE, _DOCTOR, _SCHOOL, *_WHERE_INVOLVED)
_UNBORN = (_PARENT_BEFORE, _SOCIAL_WORKER, _TEAM_MANAGER, _NURSE, _DOCTOR)

DEFAULT_ATTENDANCE: Attendance = {
    MeetingKind.INITIAL_CONFERENCE: _CONFERENCE,
    MeetingKind.PRE_BIRTH_CONFERENCE: (
        *_UNBORN,
        _one("MIDWIFE", "HEALTH", required=True),
        _one("NEONATAL_NURSE", "HEALTH"),
        *_WHERE_INVOLVED,
    ),
    MeetingKind.TRANSFER_IN_CONFERENCE: (*_CONFERENCE, _one("SOCIAL_WORKER", "OTHER_AUTHORITY", required=True)),
    MeetingKind.REVIEW_CONFERENCE: (_PARENT_BEFORE, _CHILD_BEFORE, _ADVOCATE, _SOCIAL_WORKER, _NURSE, _SCHOOL),
    MeetingKind.CARE_REVIEW: (
        _one("CHILD", FAMILY, arrives=None),
        _one("CARER", "FOSTERING"),
        _PARENT,
        _SOCIAL_WORKER,
        _SUPERVISOR,
        _SCHOOL,
        _one("LOOKED_AFTER_NURSE", "HEALTH"),
    ),
    MeetingKind.ADOPTION_REVIEW: (_one("ADOPTER", "ADOPTION"), _SOCIAL_WORKER, _one("ADOPTION_SOCIAL_WORKER", "ADOPTION")),
    MeetingKind.SHORT_BREAK_REVIEW: (_PARENT, _one("CHILD", FAMILY), _one("PROVIDER", "PROVIDER"), _SOCIAL_WORKER),
    MeetingKind.SECURE_CRITERIA_REVIEW: (
        _one(PANEL_MEMBER, SOCIAL_CARE, required=True, direct_contact=False, arrives=None),
        _one(PANEL_MEMBER, INDEPENDENT, required=True, arrives=None),
        _one("CHILD", FAMILY),
        _PARENT,
        _SOCIAL_WORKER,
        _one("KEY_WORKER", "SECURE_UNIT"),
    ),
    MeetingKind.FOSTER_HOME_REVIEW: (_one("CARER", "FOSTERING", required=True), _SUPERVISOR),
}
"""The usual people of each kind, after the practice of several authorities; all of it a unit's own to change."""

_MORE_ROLES = (
    "OTHER_PARENT",
    PAEDIATRICIAN,
    "FAMILY_SUPPORT_WORKER",
    "YOUTH_JUSTICE_WORKER",
    "HOUSING_OFFICER",
    "LEGAL_ADVISER",
    "INTERPRETER",
)
_MORE_AGENCIES = ("YOUTH_JUSTICE", "HOUSING", "LEGAL", "VOLUNTARY")


def known_roles(attendance: Attendance) -> frozenset[str]:
    """Every role that may be said to come: those that are shipped, and those that the unit states."""
    return frozenset({each.role for each in _all(attendance)} | set(_MORE_ROLES))


def known_agencies(attendance: Attendance) -> frozenset[str]:
    """As `known_roles`, of agencies; the unit itself is none of them: its people are the diary's."""
    return frozenset({each.agency for each in _all(attendance)} | set(_MORE_AGENCIES))


def _all(attendance: Attendance) -> Iterable[Expected]:
    return (each for stated in (DEFAULT_ATTENDANCE, attendance) for people in stated.values() for each in people)


def parse_attendance(value: object) -> Attendance:
    """The attendance of every kind: those that are stated in place of the shipped ones, whole. Raises `ValueError` or
    `TypeError`, which say what would be right."""
    if not isinstance(value, dict):
        raise TypeError("state for each kind of meeting a list of people")
    unknown = sorted(set(value) - set(MeetingKind))
    if unknown:
        raise ValueError(f'"{unknown[0]}" is no kind of meeting; there are: {", ".join(MeetingKind)}')
    return {**DEFAULT_ATTENDANCE, **{MeetingKind(name): _people(MeetingKind(name), stated) for name, stated in value.items()}}


def _people(kind: MeetingKind, stated: object) -> tuple[Expected, ...]:
    if not isinstance(stated, list) or len(stated) > MOST_PEOPLE:
        raise ValueError(f"{kind}: state a list of at most {MOST_PEOPLE} people")
    return tuple(_parse_one(f"{kind}, {number}.", each) for number, each in enumerate(stated, 1))


def _parse_one(where: str, stated: object) -> Expected:
    if not isinstance(stated, dict):
        raise TypeError(f'{where}: state a table such as {{ role = "SCHOOL", agency = "EDUCATION" }}')
    unknown = sorted(set(stated) - set(_KEYS))
    if unknown:
        raise ValueError(f'{where}: there is no "{unknown[0]}"; there are: {", ".join(_KEYS)}')
    role, agency = _code(where, "role", stated.get("role")), _code(where, "agency", stated.get("agency"))
    objection = object_to_person(role, agency)
    if objection is not None:
        raise ValueError(f"{where}: {objection}")
    return Expected(
        role=role,
        agency=agency,
        required=_yes_or_no(where, "required", stated.get("required", False)),
        invited=_yes_or_no(where, "invited", stated.get("invited", True)),
        direct_contact=_yes_or_no(where, "direct_contact", stated.get("direct_contact", agency not in WITHOUT_OWN_CONTACT)),
        arrives=_arrives(where, stated.get("arrives", "start")),
    )


def object_to_person(role: str, agency: str, roles: Collection[str] | None = None, agencies: Collection[str] | None = None) -> str | None:
    """Why nobody of that role and agency can be said to come; None: somebody can. `roles`, `agencies`: those that there are."""
    if role in RESOURCES:
        return f"{role} comes with the diary, which holds that person's time: book or move the meeting with another one"
    if agency == REVIEW_UNIT:
        return f"whoever comes of the unit itself ({REVIEW_UNIT}) is chair or note-taker, whose time the diary holds"
    if roles is not None and role not in roles:
        return f'"{role[:_LONGEST_CODE]}" is no role; there are: {", ".join(sorted(roles))}'
    if agencies is not None and agency not in agencies:
        return f'"{agency[:_LONGEST_CODE]}" is no agency; there are: {", ".join(sorted(agencies))}'
    return None


def _code(where: str, name: str, stated: object) -> str:
    plain = isinstance(stated, str) and stated.isascii() and stated.replace("_", "").isalpha() and stated == stated.upper()
    if not plain or not isinstance(stated, str) or not 2 <= len(stated) <= _LONGEST_CODE:
        raise ValueError(f'{where}: {name} is a code in capitals such as "{"SCHOOL" if name == "role" else "EDUCATION"}", never a name')
    return stated


def _yes_or_no(where: str, name: str, stated: object) -> bool:
    if not isinstance(stated, bool):
        raise TypeError(f"{where}: {name} is true or false")
    return stated


def _arrives(where: str, stated: object) -> int | None:
    if stated == "pre_meet":
        return None
    if stated == "start":
        return 0
    if isinstance(stated, int) and not isinstance(stated, bool) and abs(stated) <= LONGEST_OFFSET:
        return stated
    raise ValueError(
        f'{where}: arrives is "pre_meet", "start", or minutes before the meeting begins (negative: after), at most {LONGEST_OFFSET}'
    )

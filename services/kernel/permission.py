"""Who may do what: the table of the contract as data. What is not named is refused.

`reach(actor, act)` answers how far a role's right goes; the services turn OWN into a condition of their SQL,
so that what is refused looks exactly like what is not there.
"""

from __future__ import annotations

from enum import StrEnum

from services.kernel.actor import Actor
from services.kernel.errors import Forbidden
from services.kernel.words import Role


class Reach(StrEnum):
    NONE = "NONE"
    OWN = "OWN"
    ALL = "ALL"


class Act(StrEnum):
    READ_CHILDREN = "READ_CHILDREN"
    RECORD_CHILDREN = "RECORD_CHILDREN"
    READ_MEETINGS = "READ_MEETINGS"
    READ_MEETING_SUBJECTS = "READ_MEETING_SUBJECTS"
    BOOK = "BOOK"
    OVERRIDE = "OVERRIDE"
    READ_CASELOADS = "READ_CASELOADS"
    ALLOCATE = "ALLOCATE"
    REBALANCE = "REBALANCE"
    PLAN = "PLAN"
    SET_SCHEME = "SET_SCHEME"
    RECORD_ABSENCE = "RECORD_ABSENCE"
    RECORD_WORKING_TIME = "RECORD_WORKING_TIME"
    READ_ABSENCES = "READ_ABSENCES"
    USE_FEEDS = "USE_FEEDS"
    WORK_TASKS = "WORK_TASKS"
    DELIVER_REPLIES = "DELIVER_REPLIES"
    READ_AUDIT = "READ_AUDIT"
    READ_IMPORTS = "READ_IMPORTS"


_ALL, _OWN = Reach.ALL, Reach.OWN
_TABLE: dict[Role, dict[Act, Reach]] = {
    Role.BUSINESS_SUPPORT: {
        Act.READ_CHILDREN: _ALL,
        Act.RECORD_CHILDREN: _ALL,
        Act.READ_MEETINGS: _ALL,
        Act.READ_MEETING_SUBJECTS: _ALL,
        Act.BOOK: _ALL,
        Act.READ_CASELOADS: _ALL,
        Act.PLAN: _ALL,
        Act.RECORD_ABSENCE: _OWN,  # rooms and note-takers: the absence service says which kinds
        Act.READ_ABSENCES: _OWN,
        Act.USE_FEEDS: _OWN,  # rooms and the unit
        Act.WORK_TASKS: _ALL,
        Act.READ_IMPORTS: _ALL,
    },
    Role.IRO: {
        Act.READ_CHILDREN: _OWN,
        Act.RECORD_CHILDREN: _OWN,
        Act.READ_MEETINGS: _ALL,
        Act.READ_MEETING_SUBJECTS: _OWN,
        Act.BOOK: _OWN,
        Act.READ_CASELOADS: _OWN,
        Act.RECORD_ABSENCE: _OWN,
        Act.READ_ABSENCES: _OWN,
        Act.USE_FEEDS: _OWN,
        Act.WORK_TASKS: _OWN,  # what a meeting owes: the tasks service says which
    },
    Role.MANAGER: dict.fromkeys(Act, _ALL),
    Role.NOTE_TAKER: {
        Act.READ_MEETINGS: _OWN,
        Act.READ_MEETING_SUBJECTS: _OWN,
        Act.RECORD_ABSENCE: _OWN,
        Act.READ_ABSENCES: _OWN,
        Act.USE_FEEDS: _OWN,
        Act.WORK_TASKS: _OWN,
    },
    Role.POLICE_LIAISON: {
        Act.READ_MEETINGS: _OWN,
        Act.RECORD_ABSENCE: _OWN,
        Act.READ_ABSENCES: _OWN,
        Act.USE_FEEDS: _OWN,
    },
    Role.SOCIAL_WORKER: {
        Act.READ_CHILDREN: _OWN,
        Act.READ_MEETINGS: _OWN,
        Act.READ_MEETING_SUBJECTS: _OWN,
    },
    Role.AUDITOR: {
        Act.READ_CHILDREN: _ALL,
        Act.READ_MEETINGS: _ALL,
        Act.READ_MEETING_SUBJECTS: _ALL,
        Act.READ_CASELOADS: _ALL,
        Act.READ_ABSENCES: _ALL,
        Act.READ_AUDIT: _ALL,
        Act.READ_IMPORTS: _ALL,
    },
    Role.SERVICE: {
        Act.READ_CHILDREN: _ALL,
        Act.READ_MEETINGS: _ALL,
        Act.READ_MEETING_SUBJECTS: _ALL,
        Act.BOOK: _ALL,
        Act.READ_CASELOADS: _ALL,
        Act.ALLOCATE: _ALL,
        Act.PLAN: _ALL,
        Act.DELIVER_REPLIES: _ALL,
    },
}


def reach(actor: Actor, act: Act) -> Reach:
    """How far the actor's right to `act` goes; NONE where the table does not name it."""
    return _TABLE[actor.role].get(act, Reach.NONE)


def require(actor: Actor, act: Act) -> Reach:
    """The reach of a right that the actor has; raises `Forbidden` where there is none."""
    found = reach(actor, act)
    if found is Reach.NONE:
        raise Forbidden("your role may not do this")
    return found

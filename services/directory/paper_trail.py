"""What a unit has to send before a meeting and to write after it, how long before or after, and whose each is.

The law and the guidance leave most of it to the authority: every span is a setting, shipped after the usual practice. Sources: the IRO
Handbook, chapter 3 (decisions to the team manager within 5 working days, the record written within 15 and distributed within 20, reports
three days before a review); procedures of safeguarding partnerships (the decision letter after 1 working day, the record after 15, and with
everybody after 20; police reports 2 working days before an initial and 5 before a review conference); and the unit's own practice (the
RAG document within 24 hours of a review).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.kernel.words import CONFERENCES, MeetingKind, TaskKind, TaskOf

BEFORE = (TaskKind.POLICE_NOTICE, TaskKind.REPORT_REQUEST, TaskKind.REMINDER)
"""What is sent before a meeting."""
AFTER = (
    TaskKind.RAG_DOCUMENT,
    TaskKind.DECISION_LETTER,
    TaskKind.DECISIONS_TO_MANAGER,
    TaskKind.RECORD_WRITTEN,
    TaskKind.RECORD_DISTRIBUTED,
)
"""What is to be written once it has ended."""
OFF = "off"
_MOST = {"hours": 24 * 60, "working days": 60}
_SPAN = re.compile(r"([1-9][0-9]{0,3}) (hour|working day)s?")
_ROLE = re.compile(r"[A-Z][A-Z_]{1,63}")
_EXAMPLE = '"5 working days", "24 hours" or "off"'


class SpanUnit(StrEnum):
    HOURS = "hours"
    WORKING_DAYS = "working days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long before or after: hours that pass, or working days, of which the day of the meeting is day 0."""

    amount: int
    unit: SpanUnit


Spans = Mapping[MeetingKind, Span]


def _days(amount: int) -> Span:
    return Span(amount=amount, unit=SpanUnit.WORKING_DAYS)


_STARTING = sorted(CONFERENCES - {MeetingKind.REVIEW_CONFERENCE})
_REVIEWS = (MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW, MeetingKind.SHORT_BREAK_REVIEW)
_WRITTEN = (*sorted(CONFERENCES), *_REVIEWS, MeetingKind.SECURE_CRITERIA_REVIEW)
DEFAULT_SPANS: Mapping[TaskKind, Spans] = {
    TaskKind.POLICE_NOTICE: dict.fromkeys(sorted(CONFERENCES), _days(10)),
    TaskKind.REPORT_REQUEST: dict.fromkeys((*sorted(CONFERENCES), *_REVIEWS), _days(10)),
    TaskKind.REMINDER: dict.fromkeys(MeetingKind, _days(2)),
    TaskKind.RAG_DOCUMENT: {MeetingKind.CARE_REVIEW: Span(amount=24, unit=SpanUnit.HOURS)},
    TaskKind.DECISION_LETTER: dict.fromkeys(sorted(CONFERENCES), _days(1)),
    TaskKind.DECISIONS_TO_MANAGER: dict.fromkeys(_REVIEWS, _days(5)),
    TaskKind.RECORD_WRITTEN: dict.fromkeys(_WRITTEN, _days(15)),
    TaskKind.RECORD_DISTRIBUTED: dict.fromkeys(_WRITTEN, _days(20)),
}
DEFAULT_REPORTS: Spans = {
    **dict.fromkeys(_STARTING, _days(2)),
    MeetingKind.REVIEW_CONFERENCE: _days(5),
    **dict.fromkeys(_REVIEWS, _days(3)),
}
DEFAULT_OF: Mapping[TaskKind, TaskOf] = {
    **dict.fromkeys(BEFORE, TaskOf.BUSINESS_SUPPORT),
    TaskKind.RAG_DOCUMENT: TaskOf.CHAIR,
    TaskKind.DECISION_LETTER: TaskOf.CHAIR,
    TaskKind.DECISIONS_TO_MANAGER: TaskOf.CHAIR,
    TaskKind.RECORD_WRITTEN: TaskOf.NOTE_TAKER,
    TaskKind.RECORD_DISTRIBUTED: TaskOf.NOTE_TAKER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTrail:
    """`spans`: how long before or after each kind of meeting; a kind that is not named owes nothing of it. `reports`: how long before
    it reports are wanted. `of`: whose each is. `report_desks`: an address by role of those who come, from which its reports are asked.
    """

    spans: Mapping[TaskKind, Spans] = field(default_factory=lambda: dict(DEFAULT_SPANS))
    reports: Spans = field(default_factory=lambda: dict(DEFAULT_REPORTS))
    of: Mapping[TaskKind, TaskOf] = field(default_factory=lambda: dict(DEFAULT_OF))
    report_desks: Mapping[str, str] = field(default_factory=dict)


def parse_paper_trail(value: object) -> PaperTrail:
    """What a unit states, with what is shipped for the rest; `ValueError` or `TypeError` says what would be right."""
    if not isinstance(value, dict):
        raise TypeError('state it as a table, such as { RAG_DOCUMENT = { CARE_REVIEW = "24 hours" } }')
    spans, more = dict(DEFAULT_SPANS), dict[str, Any]()
    for name, stated in value.items():
        if name in DEFAULT_SPANS:
            spans[TaskKind(name)] = _spans(name, stated, DEFAULT_SPANS[TaskKind(name)])
        elif name in _PARTS:
            more[name] = _PARTS[name](stated)
        else:
            raise ValueError(f"there is no {name}; there are: {', '.join([*BEFORE, *AFTER, *_PARTS])}")
    return PaperTrail(spans=spans, **more)


def _spans(name: str, stated: object, shipped: Spans) -> Spans:
    if stated == OFF:
        return {}
    if not isinstance(stated, dict):
        raise TypeError(f'{name} is "{OFF}", or a table such as {{ CARE_REVIEW = "5 working days" }}')
    spans = dict(shipped)
    for kind, text in stated.items():
        if kind not in tuple(MeetingKind):
            raise ValueError(f"{name} names {kind!r}, which is no kind of meeting; there are: {', '.join(MeetingKind)}")
        spans.pop(MeetingKind(kind), None)
        if text != OFF:
            spans[MeetingKind(kind)] = _span(f"{name}.{kind}", text)
    return spans


def _span(where: str, text: object) -> Span:
    parts = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        raise ValueError(f"{where} is {_EXAMPLE}")
    span = Span(amount=int(parts[1]), unit=SpanUnit(f"{parts[2]}s"))
    if span.amount > _MOST[span.unit]:
        raise ValueError(f"{where} is {_MOST[span.unit]} {span.unit} at most")
    return span


def _of(stated: object) -> Mapping[TaskKind, TaskOf]:
    if not isinstance(stated, dict):
        raise TypeError('of is a table such as { RECORD_DISTRIBUTED = "BUSINESS_SUPPORT" }')
    found = dict(DEFAULT_OF)
    for name, whose in stated.items():
        if name not in AFTER or whose not in tuple(TaskOf):
            raise ValueError(f"of says of {', '.join(AFTER)} whose each is: one of {', '.join(TaskOf)}")
        found[TaskKind(name)] = TaskOf(whose)
    return found


def _desks(stated: object) -> Mapping[str, str]:
    if not isinstance(stated, dict):
        raise TypeError('report_desks is a table of roles such as { SOCIAL_WORKER = "desk@example.org" }')
    for role, address in stated.items():
        if not _ROLE.fullmatch(role) or not isinstance(address, str) or "@" not in address:
            raise ValueError('report_desks has addresses by role, such as { SOCIAL_WORKER = "desk@example.org" }')
    return dict(stated)


_PARTS: Mapping[str, Any] = {
    "reports": lambda stated: _spans("reports", stated, DEFAULT_REPORTS),
    "of": _of,
    "report_desks": _desks,
}

"""Two references that are one child: which of their records stand, when what is known of both becomes what is known of one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from services.kernel.errors import InvalidInput

Record: TypeAlias = Mapping[str, Any]
"""A version in force, column by column."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "care_period": ("started_on",),
    "care_episode": ("started_on",),
    "care_status": ("status", "started_on"),
    "protection_plan": ("started_on",),
    "section47": ("initiating_discussion_on",),
    "held_record": ("kind", "held_on"),
    "transfer": ("direction", "notified_on"),
    "earlier_review": ("kind", "called_on"),
}
"""What tells one record of a child from another, table by table."""
_EXCLUSIVE = {"care_period": "a period of care", "protection_plan": "a protection plan"}
"""A child has one at a time: two that overlap and are not the same contradict each other."""
_TELLING = ("ended_on", "conference_on", "meeting_id", "completed_on", "participation", "withdrawn_on")
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass(slots=True)
class Joined:
    """By table: the other's records that go to the child that is kept; those that it states already; and those of its own that
    give way, because the other's says more of the same."""

    moved: dict[str, list[Record]] = field(default_factory=dict)
    superseded: dict[str, list[Record]] = field(default_factory=dict)
    replaced: dict[str, list[Record]] = field(default_factory=dict)


def join(kept: Mapping[str, Sequence[Record]], other: Mapping[str, Sequence[Record]]) -> Joined:
    """What becomes of every record of `other`. Raises `InvalidInput` that names two periods or plans that contradict each other."""
    joined = Joined()
    for table in KEYS:
        own = list(kept.get(table, ()))
        for record in other.get(table, ()):
            known = _same(table, own, record)
            if known is None:
                _judge_alone(table, own, record)
                joined.moved.setdefault(table, []).append(record)
                continue
            own.remove(known)
            if _says_more(record, known):
                joined.replaced.setdefault(table, []).append(known)
                joined.moved.setdefault(table, []).append(record)
            else:
                joined.superseded.setdefault(table, []).append(record)
    return joined


def _same(table: str, own: Iterable[Record], record: Record) -> Record | None:
    """The record of the child that is kept which states the same thing."""
    for known in own:
        if all(known[name] == record[name] for name in KEYS[table]):
            _judge_ends(table, known, record)
            return known
        if table == "care_period" and _is_window_on(known, record) and _ends_agree(known, record):
            return known
    return None


def _is_window_on(one: Record, other: Record) -> bool:
    """Of one of two overlapping periods it is only known that it had begun by its first day; the other may be the whole of it."""
    if not _overlap(one, other):
        return False
    if one["started_on_exact"] and other["started_on_exact"]:
        return False
    exact, window = (one, other) if one["started_on_exact"] else (other, one)
    return not exact["started_on_exact"] or bool(exact["started_on"] <= window["started_on"])


def _says_more(record: Record, known: Record) -> bool:
    """Whether the other's record tells what the kept one's leaves open: its true first day, its end, its meeting."""
    if "started_on_exact" in record and record["started_on_exact"] != known["started_on_exact"]:
        return bool(record["started_on_exact"])
    if "started_on" in record and record["started_on"] != known["started_on"]:
        return bool(record["started_on"] < known["started_on"])
    return any(record.get(name) is not None and known.get(name) is None for name in _TELLING)


def _ends_agree(one: Record, other: Record) -> bool:
    return one["ended_on"] == other["ended_on"] or None in (one["ended_on"], other["ended_on"])


def _judge_ends(table: str, known: Record, record: Record) -> None:
    if table in _EXCLUSIVE and not _ends_agree(known, record):
        raise _contradiction(table, known, record)


def _judge_alone(table: str, own: Iterable[Record], record: Record) -> None:
    for known in own:
        if table in _EXCLUSIVE and _overlap(known, record):
            raise _contradiction(table, known, record)


def _contradiction(table: str, known: Record, record: Record) -> InvalidInput:
    return InvalidInput(
        f"{_EXCLUSIVE[table]} {_span(known)} (by {known['source']}) contradicts one {_span(record)} (by {record['source']}): "
        "correct the one that is wrong first, or reject the proposal",
        "id",
    )


def _span(record: Record) -> str:
    until = "still open" if record["ended_on"] is None else f"to {record['ended_on'].isoformat()}"
    return f"from {record['started_on'].isoformat()}, {until}"


def _overlap(one: Record, other: Record) -> bool:
    return bool(one["started_on"] < (other["ended_on"] or date.max) and other["started_on"] < (one["ended_on"] or date.max))


def join_facts(kept: Record | None, other: Record | None) -> dict[str, Any]:
    """What is known of the one child that both are. Raises `InvalidInput` where the two were born, or died, on different days, and
    for a child that was adopted: its identities are never linked."""
    one, two = kept or {}, other or {}
    for name, what in (("born_on", "were born"), ("died_on", "died")):
        if None not in (one.get(name), two.get(name)) and one[name] != two[name]:
            message = f"the two {what} on different days ({one[name].isoformat()} and {two[name].isoformat()})"
            raise InvalidInput(f"{message}: correct the one that is wrong first, or reject the proposal", "id")
    if one.get("adopted_on") is not None or two.get("adopted_on") is not None:
        raise InvalidInput(
            "one of the two was adopted: an adopted child's old and new identity are never linked; reject the proposal", "id"
        )
    names = ("born_on", "expected_on", "sex", "upn", "died_on", "adopted_on")
    facts = {name: one.get(name) if one.get(name) is not None else two.get(name) for name in names}
    if facts["sex"] == "U":
        facts["sex"] = two.get("sex") or "U"
    if facts["born_on"] is not None:
        facts["expected_on"] = None
    return facts


def is_upn(text: str) -> bool:
    """Whether it is a unique pupil number: a check letter and twelve digits, of which the last may be a letter (a temporary number).

    The letter checks the sum of the others, each times its place from 2 on, modulo 23; A is 0, and I, O and S are no letters of it
    (DfE: unique pupil numbers). UN1 to UN7 say why there is none.
    """
    if len(text) != 13 or text[0] not in _UPN_LETTERS or not (text[1:12].isascii() and text[1:12].isdigit()):
        return False
    last = text[12]
    if last.isascii() and last.isdigit():
        value = int(last)
    elif last in _UPN_LETTERS:
        value = _UPN_LETTERS.index(last)
    else:
        return False
    total = sum(int(digit) * place for place, digit in enumerate(text[1:12], start=2)) + value * 13
    return text[0] == _UPN_LETTERS[total % 23]

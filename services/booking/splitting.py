"""One meeting in several sittings: children asked that some reviews be a series of shorter ones."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.booking import rules, sitting_rules
from services.booking.changing import choices_of, lock_police, re_anchor, read_for_change, subjects_at, waived
from services.booking.choosing import day_of
from services.booking.commands import SplitMeeting
from services.booking.desk import Desk
from services.booking.entry import Entry
from services.booking.lapsing import lapse
from services.booking.placing import judge_day, judge_time, lapses_at
from services.booking.sitting import hold_rest
from services.kernel.errors import InvalidInput
from services.kernel.window import TimeWindow, civil_day
from services.statutory.working_days import england


async def split_in(desk: Desk, command: SplitMeeting) -> UUID:
    """The meeting has these sittings to come, and what is named, or else all that it has, is held for each of them; what it has lost is
    sought again. Everybody hears of what is new to them. Or nothing has changed.

    The first sitting is the one that counts: it is judged by the law's day. What took place stays as it is.
    """
    said = rules.judge_text(command.reason, "reason")
    if said is None:
        raise InvalidInput("say why: a meeting is not split without a reason", "reason")
    entry = await read_for_change(desk, command.id, command.version, rules.STANDING)
    to_come = tuple(rules.meeting_window(each.starts_at, each.ends_at, 0) for each in command.sittings)
    sittings = (*entry.sittings[: len(entry.sat)], *to_come)
    reason = _judge(desk, entry, sittings, rules.judge_text(command.override_reason, "overrideReason"))
    subjects = await subjects_at(desk, entry, to_come[0])
    choices = await choices_of(desk, entry, command, subjects, moved=to_come != tuple(window for _, window in entry.to_come))
    await lock_police(desk, entry, *to_come)
    for window in to_come:
        await lapse(desk, day_of(window), (), sparing=entry.id)
    until = lapses_at(desk, entry.provisional_until, sittings[0])
    split = replace(
        entry,
        sittings=sittings,
        lacks=tuple(kind for kind in entry.lacks if kind not in choices),
        provisional_until=until,
        override_reason=reason,
        police_waived_reason=waived(entry, command),
        version=entry.version + 1,
    )
    event = desk.event("SPLIT", said, before={"sittings": _starts(entry.sittings)}, after={"sittings": _starts(sittings)})
    await re_anchor(desk, entry, civil_day(entry.sittings[0].start), civil_day(sittings[0].start))
    await hold_rest(desk, entry, split, event, "SPLIT", choices, sittings=len(sittings))
    return entry.id


def _judge(desk: Desk, entry: Entry, sittings: tuple[TimeWindow, ...], override_reason: str | None) -> str | None:
    """Raises for sittings that cannot be; answers a manager's reason where the first comes after the law's day."""
    objection = sitting_rules.object_to_sittings(sittings, england().between)
    if objection is None and len(sittings) == len(entry.sat):
        objection = "state the sittings to come: one at least"
    if objection is not None:
        raise InvalidInput(objection, "sittings")
    for window in sittings[len(entry.sat) :]:
        judge_time(desk, entry.kind, window)
    first = civil_day(sittings[0].start)
    if first != civil_day(entry.sittings[0].start):
        override_reason = judge_day(desk, entry.items, sittings[0], override_reason)
    else:
        override_reason = entry.override_reason
    return override_reason


def _starts(sittings: tuple[TimeWindow, ...]) -> list[str]:
    return [window.start.isoformat() for window in sittings]

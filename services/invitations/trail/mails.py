"""What is sent before a meeting: notice to the police, requests for reports, reminders. A random reference, a time, a safe place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from services.directory.settings import Settings
from services.invitations.itip import spoken, spoken_day
from services.invitations.letters import OfSitting, owe_letter
from services.invitations.owe import AddresseeKind
from services.invitations.trail import store
from services.invitations.trail.rules import Step, TrailMeeting, due_from, reports_by
from services.invitations.trail.store import Told
from services.kernel.window import civil_day
from services.kernel.words import TaskKind
from services.platform.database import Connection
from services.statutory.working_days import england

_CLOSING = "Details are in Convene, under the reference above."
_OWN_TIMES = f"The times are your own: when you are expected, and until when. {_CLOSING}"
_REMINDED = (AddresseeKind.IRO, AddresseeKind.NOTE_TAKER, AddresseeKind.POLICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One letter before a meeting; `repeats`: the invitation of whoever it goes to, as it says when and where."""

    email: str
    subject: str
    text: str
    repeats: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The mails of one paper; `complete`: nobody is left to whom a person must write."""

    mails: tuple[Mail, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """Now, by the senders' clock and by that of the diary, which may stand on a fixed day."""

    now: datetime
    diary: datetime

    def of_senders(self, at: datetime) -> datetime:
        """An hour of the diary by the senders' clock."""
        return self.now + (at - self.diary)


async def owe_mails(
    connection: Connection, meeting: TrailMeeting, step: Step, number: int, settings: Settings, hour: Hour
) -> tuple[int, bool]:
    """A paper is owed by mail, once the caller's transaction commits, to each address that it concerns and that has not had it in the round
    of that number; answers how many mails are new, and whether nobody has to write any more. The meeting must be locked."""
    told = await _round(connection, meeting, step, settings, hour)
    had, owed = set(await store.mailed(connection, meeting.id, step.kind, number)), 0
    for mail in told.mails:
        if mail.email in had:
            continue
        of = OfSitting(
            meeting_id=meeting.id,
            starts_at=step.runs_from,
            until=hour.of_senders(step.runs_from),
            paper=step.kind.value,
            round=number,
            entry_uid=None if mail.repeats is None else mail.repeats.uid,
            entry_sequence=None if mail.repeats is None else mail.repeats.sequence,
        )
        await owe_letter(connection, meeting.reference, mail.email, mail.subject, mail.text, hour.now, settings=settings, of=of)
        had.add(mail.email)
        owed += 1
    return owed, told.complete


async def _round(connection: Connection, meeting: TrailMeeting, step: Step, settings: Settings, hour: Hour) -> Round:
    by = reports_by(meeting, settings.paper_trail, england())
    if step.kind is TaskKind.REPORT_REQUEST:
        roles, desks = await store.reporting_roles(connection, meeting.id), settings.paper_trail.report_desks
        addresses = sorted({desks[role] for role in roles if role in desks})
        mails = tuple(_request(meeting.reference, each, step.runs_from, by) for each in addresses)
        return Round(mails=mails, complete=roles <= desks.keys())
    if step.kind is TaskKind.POLICE_NOTICE:
        told = await store.invited(connection, meeting.id, [AddresseeKind.POLICE.value], step.runs_from)
        return Round(mails=tuple(_notice(meeting.reference, each, by) for each in told), complete=bool(told))
    told = await store.invited(connection, meeting.id, [each.value for each in _REMINDED], step.runs_from)
    begun = hour.of_senders(due_from(meeting, settings.paper_trail, step.kind, hour.diary, england()))
    return Round(mails=tuple(_reminders(meeting.reference, told, begun)), complete=True)


def _notice(reference: str, told: Told, by: date | None) -> Mail:
    lines = ["This is notice of a meeting to which you are asked.", "", *_facts(reference, told), ""]
    if by is not None:
        lines += [f"A written report is wanted by {spoken_day(by)}, the more so where none of you can come.", ""]
    return Mail(email=told.email, subject=f"Notice: Meeting {reference}", text="\n".join([*lines, _OWN_TIMES]), repeats=told)


def _reminders(reference: str, told: Iterable[Told], begun: datetime) -> Iterator[Mail]:
    """None to whoever was told of it, or of a change, only since reminders were due."""
    for each in told:
        if each.since < begun:
            lines = ["This is to remind you of a meeting to which you are asked.", "", *_facts(reference, each), "", _OWN_TIMES]
            yield Mail(email=each.email, subject=f"Reminder: Meeting {reference}", text="\n".join(lines), repeats=each)


def _facts(reference: str, told: Told) -> list[str]:
    return [f"Meeting: {reference}", f"When:    {spoken(told.window)}", f"Where:   {told.location}"]


def _request(reference: str, email: str, starts_at: datetime, by: date | None) -> Mail:
    wanted = [] if by is None else [f"Wanted:  by {spoken_day(by)}"]
    lines = [
        "A written report is wanted for a meeting.",
        "",
        f"Meeting: {reference}",
        f"On:      {spoken_day(civil_day(starts_at))}",
        *wanted,
        "",
        _CLOSING,
    ]
    return Mail(email=email, subject=f"Report wanted: Meeting {reference}", text="\n".join(lines))

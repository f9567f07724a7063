"""What `convene restored` says before it does anything, and what it did."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import typer

from services.directory.store import load_settings
from services.invitations.mailed import Mailed, read_mailed
from services.invitations.restoring import Lifting, foresee, lift
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import Rejected
from services.kernel.wall_clock import told
from services.kernel.window import civil_day
from services.platform.resources import Resources


async def restore_calendars(resources: Resources, log: Path | None, *, again: bool, yes: bool) -> None:
    """Says what will happen, asks unless `yes`, does it, and says what was done. Raises `Rejected` where there is nobody to ask."""
    mailed, now = await _mailed_by(resources, log), datetime.now(UTC)
    foreseen = await foresee(resources.database, mailed, now, again=again)
    print(*foretold(foreseen, now), sep="\n")
    if not _anything(foreseen):
        return
    if not yes:
        if not sys.stdin.isatty():
            raise Rejected("nothing was done: say --yes if that is to happen")
        if not typer.confirm("Do it?"):
            print("Nothing was done.")
            return
    print(*done(await lift(resources.database, COMMAND_LINE, mailed, now, again=again)), sep="\n")


async def _mailed_by(resources: Resources, log: Path | None) -> Mapping[str, Mailed]:
    """What a mail system's log tells; nothing without one."""
    if log is None:
        return {}
    async with resources.database.connection() as connection:
        organiser = (await load_settings(connection, civil_day(datetime.now(UTC)))).organiser
    with log.open(encoding="utf-8", errors="replace") as lines:
        return read_mailed(lines, organiser)


def foretold(lifting: Lifting, now: datetime) -> list[str]:
    """In words what would happen."""
    if lifting.done_at is None and not _anything(lifting):
        return ["This database knows of no mail: nothing is to be done."]
    if lifting.done_at is not None and not _anything(lifting):
        return [f"It was done for this restore on {told(lifting.done_at)}: nothing is left to do (--again does it anew)."]
    if lifting.done_at is not None:
        return [f"It was done for this restore on {told(lifting.done_at)}; of what the log tells, this is left:", *_deeds(lifting)]
    known = "knows of no mail" if lifting.since is None else f"knows of nothing after {told(lifting.since)}"
    return [
        f"This database {known}. What was mailed from then until {told(now)} it has forgotten. So this will happen:",
        *_deeds(lifting),
    ]


def done(lifting: Lifting) -> list[str]:
    """In words what has happened."""
    if not _anything(lifting):
        return ["Nothing was left to do."]
    owed = lifting.updates + lifting.cancellations + lifting.withdrawn
    return [f"Done: {_many(lifting.entries, 'SEQUENCE')} raised, {_many(owed, 'mail')} owed. Start the delivery worker to send them."]


def _anything(lifting: Lifting) -> bool:
    return bool(lifting.entries or lifting.withdrawn)


def _deeds(lifting: Lifting) -> list[str]:
    raised = f"by {lifting.step}" if lifting.done_at is None else "beyond what was mailed"
    lines = [
        f"- the SEQUENCE of {_many(lifting.entries, 'calendar entry', 'calendar entries')} rises {raised}",
        f"- {_many(lifting.updates, 'addressee is', 'addressees are')} mailed how a meeting stands that was to come then, changed or not",
        f"- {_many(lifting.cancellations, 'addressee is', 'addressees are')} mailed a cancellation again",
        "- mails that waited are withdrawn in favour of these, and every calendar feed is new",
    ]
    if lifting.withdrawn:
        lines.append(
            f"- {_many(lifting.withdrawn, 'meeting')} that the log names and this database does not know: cancelled with its addressee"
        )
    if lifting.unknown_to_whom:
        lines.append(
            f"- {_many(lifting.unknown_to_whom, 'invitation')} of such meetings cannot be cancelled: the log does not tell to whom it went"
        )
    return lines


def _many(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"

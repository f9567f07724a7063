"""Meetings with addressees, and what is needed to invite and deliver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from services.directory.settings import Settings
from services.invitations.owe import Addressee, AddresseeKind, DiaryMeeting
from services.invitations.service import owe_notices
from services.kernel.ids import new_reference
from services.kernel.window import TimeWindow
from services.platform.config import load_config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources

SETTINGS = Settings(organiser="conferences@unit.example.org")
_OWNERS = UUID("0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b10")


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def owner_of(code: str) -> UUID:
    return uuid5(_OWNERS, code)


def chair(starts_at: datetime, code: str = "IRO-01", **changes: Any) -> Addressee:
    whole = Addressee(
        kind=AddresseeKind.IRO,
        code=code,
        owner_id=owner_of(code),
        email=f"{code.lower()}@example.org",
        arrives_at=starts_at - timedelta(minutes=30),
        leaves_at=starts_at + timedelta(hours=2),
        meets=TimeWindow(starts_at, starts_at + timedelta(hours=2)),
    )
    return replace(whole, **changes)


def desk(starts_at: datetime, code: str = "ROOM-A") -> Addressee:
    return Addressee(
        kind=AddresseeKind.ROOM_DESK,
        code=code,
        owner_id=owner_of(code),
        email="rooms@example.org",
        arrives_at=starts_at - timedelta(minutes=30),
        leaves_at=starts_at + timedelta(minutes=150),
        meets=TimeWindow(starts_at, starts_at + timedelta(hours=2)),
    )


async def add_meeting(
    database: Database, starts_at: datetime, addressees: Sequence[Addressee] | None = None, *, reference: str | None = None
) -> DiaryMeeting:
    """A booked meeting of which nobody has been told yet: with a chair and a room, unless others are named."""
    meeting = DiaryMeeting(
        meeting_id=uuid4(),
        reference=reference or new_reference(),
        location="Meeting room A",
        addressees=tuple((chair(starts_at), desk(starts_at)) if addressees is None else addressees),
    )
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at) VALUES ($1, $2, 'CARE_REVIEW', 'CONFIRMED', $3, $4)",
            meeting.meeting_id,
            meeting.reference,
            starts_at,
            starts_at + timedelta(hours=2),
        )
    return meeting


def without_addressees(meeting: DiaryMeeting) -> DiaryMeeting:
    """The same meeting, cancelled."""
    return replace(meeting, addressees=())


def at(meeting: DiaryMeeting, starts_at: datetime) -> DiaryMeeting:
    """The same meeting at another time."""
    shift = starts_at - min(each.arrives_at for each in meeting.addressees)
    moved = tuple(
        replace(
            each,
            arrives_at=each.arrives_at + shift,
            leaves_at=each.leaves_at + shift,
            meets=each.meets and each.meets.widened(before=-shift, after=shift),
        )
        for each in meeting.addressees
    )
    return replace(meeting, addressees=moved)


async def tell(database: Database, meeting: DiaryMeeting, now: datetime) -> int:
    async with database.transaction() as connection:
        return await owe_notices(connection, meeting, SETTINGS, now)


async def notices(database: Database) -> list[Any]:
    """Every notice in order of addressee and SEQUENCE."""
    async with database.connection() as connection:
        return list(
            await connection.fetch(
                "SELECT e.addressee_code AS code, n.* FROM notice n JOIN calendar_entry e USING (uid) "
                "ORDER BY e.addressee_code, n.uid, n.sequence"
            )
        )


def brief(rows: Sequence[Any]) -> list[tuple[str, str, int, str]]:
    return [(row["code"], row["method"], row["sequence"], row["state"]) for row in rows]


def resources_for(database: Database, smtp_url: str | None = None, **settings: Any) -> Resources:
    config = load_config(smtp_url=smtp_url, public_url="https://convene.example.org", _env_file=None, **settings)
    return Resources(config=config, database=database, doorbell=Doorbell(None))

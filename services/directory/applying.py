"""Applies what an establishment states: set by set, only what differs, from today on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from services.directory import availability_store, store
from services.directory.availability_store import ResourceAbsence
from services.directory.establishment import (
    Establishment,
    EstablishmentFinding,
    FindingSeverity,
    StatedAbsence,
    StatedOffer,
    StatedPoliceTeam,
)
from services.directory.laying import LAID_BACK, lay_ahead
from services.directory.patterns import parse_pattern
from services.directory.restating import (
    ALWAYS,
    StandingTime,
    Taken,
    active_of,
    fresh_reductions,
    is_restated,
    recorded_since,
    reductions_of,
    statement_of,
)
from services.directory.settings import Settings, parse_setting
from services.directory.showing import CalendarPolicy
from services.directory.store import Reduction, ResourceRow
from services.directory.timescales import judge_timescales, lay_over
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.window import TimeWindow, hour_of, local_instant
from services.kernel.words import ResourceKind
from services.platform import audit
from services.platform.database import Connection

SOURCE = "ESTABLISHMENT"
_WRITE_UP = "write_up_a_week"

LetGo: TypeAlias = Callable[[Connection, Sequence[tuple[UUID, TimeWindow]]], Awaitable[None]]
"""Takes the resources out of the meetings for which they would have to be at work in these windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """One resource of the file, with what all kinds have in common. A police team is one such for each of its places."""

    element: str
    kind: ResourceKind
    row: ResourceRow
    works: tuple[str, ...]
    absences: tuple[StatedAbsence, ...]
    offers: tuple[StatedOffer, ...]


async def apply_establishment(
    connection: Connection,
    establishment: Establishment,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    release: bool = False,
    let_go: LetGo | None = None,
) -> tuple[EstablishmentFinding, ...]:
    """The directory is as the establishment states it, from today on; the same file again changes nothing.

    What it names no longer is in use no longer. Working time of which it says what it said before stays as a person has recorded
    it since. An absence over meetings that stand is refused and listed with them; with
    `release` it is recorded, and `let_go` (given by who knows the meetings) takes the resource out of them first. Raises
    `InvalidInput` before anything is written where a pattern, a setting or a code is wrong.
    """
    if release and let_go is None:
        raise TypeError("releasing needs to be told how: let_go")
    everyone = _everyone(establishment)
    settings = _judge(establishment, everyone)
    await store.lock_establishment(connection)
    await store.state_at(connection, now)
    standing = await store.load_standing_times(connection, today)
    everyone = _as_recorded(establishment, everyone, standing)
    await store.write_settings(connection, settings, today)
    await store.write_timescales(connection, lay_over(establishment.timescales))
    await store.write_teams(connection, [(team.code, team.name, team.email, team.capacity) for team in establishment.police_teams])
    ids: dict[tuple[ResourceKind, str], UUID] = {}
    findings = [*recorded_since(establishment.iros, standing), *_on_show(settings)]
    for kind in ResourceKind:
        stated = [each.row for each in everyone if each.kind is kind]
        ids.update({(kind, code): key for code, key in (await store.write_resources(connection, kind, stated)).items()})
        retired = await store.retire_others(connection, kind, [row.code for row in stated], today)
        findings.extend(_retired(kind, code, today) for code in retired)
    await _write_particulars(connection, establishment, ids, standing, today)
    await store.write_patterns(connection, {ids[each.kind, each.row.code]: each.works for each in everyone}, today)
    await _write_offers(connection, {ids[each.kind, each.row.code]: each.offers for each in everyone}, now=now, today=today)
    findings += await _write_absences(connection, everyone, ids, now=now, today=today, let_go=let_go if release else None)
    findings += [_held_outside(held) for held in await lay_ahead(connection, today, over_by=hour_of(today, now))]
    await audit.record(connection, actor, "APPLY_ESTABLISHMENT", details={"resources": len(everyone), "findings": len(findings)})
    return tuple(findings)


def _everyone(establishment: Establishment) -> list[_Stated]:
    kinds = ResourceKind
    found = [
        _Stated(
            element=f"iro {iro.code}",
            kind=kinds.IRO,
            row=ResourceRow(code=iro.code, name=iro.name, email=iro.email, active=active_of(iro)),
            works=iro.works,
            absences=iro.absences,
            offers=iro.offers,
        )
        for iro in establishment.iros
    ]
    for room in establishment.rooms:
        row = ResourceRow(code=room.code, name=room.name, email=None, active=ALWAYS)
        element, closures, offers = f"room {room.code}", room.closures, room.offers
        found.append(_Stated(element=element, kind=kinds.ROOM, row=row, works=room.open, absences=closures, offers=offers))
    for taker in establishment.note_takers:
        row = ResourceRow(code=taker.code, name=taker.name, email=taker.email, active=ALWAYS)
        element, absences, offers = f"note_taker {taker.code}", taker.absences, taker.offers
        found.append(_Stated(element=element, kind=kinds.NOTE_TAKER, row=row, works=taker.works, absences=absences, offers=offers))
    for team in establishment.police_teams:
        found.extend(_place(team, number) for number in range(1, team.capacity + 1))
    return found


def _place(team: StatedPoliceTeam, number: int) -> _Stated:
    row = ResourceRow(code=f"{team.code}/{number}", name=f"{team.name}, place {number}", email=team.email, active=ALWAYS)
    element, absences, offers = f"police_team {team.code}", team.absences, team.offers
    return _Stated(element=element, kind=ResourceKind.POLICE, row=row, works=team.on_duty, absences=absences, offers=offers)


def _as_recorded(establishment: Establishment, everyone: Sequence[_Stated], standing: Mapping[str, StandingTime]) -> list[_Stated]:
    """The same, where the file says of an officer's days in the unit what it said before with the days that are recorded."""
    kept = {iro.code: standing[iro.code].active for iro in establishment.iros if is_restated(iro, "active", standing.get(iro.code))}
    return [
        replace(each, row=replace(each.row, active=kept[each.row.code]))
        if each.kind is ResourceKind.IRO and each.row.code in kept
        else each
        for each in everyone
    ]


def _judge(establishment: Establishment, everyone: Sequence[_Stated]) -> dict[str, object]:
    """Raises `InvalidInput` for what is wrong; answers the settings to be written, as they were stated."""
    seen: set[tuple[ResourceKind, str]] = set()
    for each in everyone:
        if (each.kind, each.row.code) in seen:
            raise InvalidInput(f"{each.element}: this code is there twice; every code of a kind stands once")
        seen.add((each.kind, each.row.code))
        try:
            parse_pattern(each.works)
        except InvalidInput as fault:
            raise InvalidInput(f"{each.element}: {fault}") from fault
    judge_timescales(establishment.timescales)
    unit = {"unit_name": establishment.unit_name, "organiser": establishment.organiser, "room_desk": establishment.room_desk}
    settings: dict[str, object] = {**establishment.settings, **unit}
    for name, value in settings.items():
        parse_setting(name, value)
    return settings


async def _write_particulars(
    connection: Connection,
    establishment: Establishment,
    ids: dict[tuple[ResourceKind, str], UUID],
    standing: Mapping[str, StandingTime],
    today: date,
) -> None:
    iros = {ids[ResourceKind.IRO, iro.code]: iro for iro in establishment.iros}
    takers = {ids[ResourceKind.NOTE_TAKER, taker.code]: taker for taker in establishment.note_takers}
    rooms = {ids[ResourceKind.ROOM, room.code]: (room.seats, room.features) for room in establishment.rooms}
    await store.write_iros(connection, iros)
    await store.write_rooms(connection, rooms)
    full_time = parse_setting(_WRITE_UP, establishment.settings.get(_WRITE_UP, getattr(Settings(), _WRITE_UP)))
    await store.write_note_takers(connection, {key: taker.writes_up(full_time) for key, taker in takers.items()})
    places = [(team.code, number) for team in establishment.police_teams for number in range(1, team.capacity + 1)]
    await store.write_places(connection, [(ids[ResourceKind.POLICE, f"{code}/{number}"], code, number) for code, number in places])
    wtes: dict[UUID, Decimal] = {key: iro.wte for key, iro in iros.items() if not is_restated(iro, "wte", standing.get(iro.code))}
    await store.write_contracts(connection, wtes | {key: taker.wte for key, taker in takers.items()}, today)
    fresh = {key: fresh_reductions(iro, standing.get(iro.code)) for key, iro in iros.items()}
    stated = {key: reductions_of(iro) for key, iro in iros.items()}
    await store.write_reductions(connection, iros, _reductions(stated), _reductions(fresh), today)
    await store.write_statements(connection, {key: statement_of(iro) for key, iro in iros.items()})
    await store.write_may_not_chair(connection, iros)


def _reductions(taken: Mapping[UUID, Sequence[Taken]]) -> list[Reduction]:
    return [Reduction(resource_id=key, in_force=span, wte=wte, reason=reason) for key, some in taken.items() for span, wte, reason in some]


async def _write_absences(
    connection: Connection,
    everyone: Sequence[_Stated],
    ids: dict[tuple[ResourceKind, str], UUID],
    *,
    now: datetime,
    today: date,
    let_go: LetGo | None,
) -> list[EstablishmentFinding]:
    owners = {ids[each.kind, each.row.code]: each for each in everyone}
    stated = list(dict.fromkeys(absence for key, each in owners.items() for absence in _absences(key, each.absences)))
    await availability_store.drop_unstated_absences(connection, list(owners), stated, local_instant(today - LAID_BACK, time.min))
    new = await availability_store.unrecorded(connection, stated)
    spans = [(each.resource_id, each.during) for each in new]
    if let_go is not None:
        await let_go(connection, spans)
    refused: dict[tuple[str, TimeWindow], set[UUID]] = {}
    for (resource, window), meetings in (await availability_store.meetings_under(connection, spans, hour_of(today, now))).items():
        refused.setdefault((owners[resource].element, window), set()).update(meetings)
    # a police team is away as a whole or not at all
    recorded = [each for each in new if (owners[each.resource_id].element, each.during) not in refused]
    await availability_store.add_absences(connection, recorded, SOURCE, now)
    return [_refused(element, window, tuple(sorted(meetings))) for (element, window), meetings in refused.items()]


async def _write_offers(connection: Connection, stated: Mapping[UUID, Sequence[StatedOffer]], *, now: datetime, today: date) -> None:
    offered = [
        (owner, TimeWindow(local_instant(each.day, each.since), local_instant(each.day, each.until)))
        for owner, some in stated.items()
        for each in some
    ]
    await availability_store.drop_unstated_offers(connection, list(stated), offered, local_instant(today - LAID_BACK, time.min))
    await availability_store.add_offers(connection, list(dict.fromkeys(offered)), SOURCE, now)


def _absences(owner: UUID, stated: Iterable[StatedAbsence]) -> list[ResourceAbsence]:
    return [
        ResourceAbsence(
            resource_id=owner,
            during=TimeWindow(local_instant(each.first_day, time.min), local_instant(each.last_day + timedelta(days=1), time.min)),
            reason=each.reason,
        )
        for each in stated
    ]


def _refused(element: str, window: TimeWindow, meetings: tuple[UUID, ...]) -> EstablishmentFinding:
    return EstablishmentFinding(
        element=element,
        rule="ABSENCE_OVER_MEETINGS",
        severity=FindingSeverity.REFUSED,
        message=f"absent from {window.start.isoformat()} to {window.end.isoformat()}, but {len(meetings)} meeting(s) stand then: "
        "not recorded; move them first, or release them",
        meeting_ids=meetings,
    )


def _on_show(settings: Mapping[str, object]) -> Iterator[EstablishmentFinding]:
    policy: CalendarPolicy = parse_setting("calendar", settings.get("calendar", {}))
    for warning in policy.warnings:
        yield EstablishmentFinding(
            element="settings.calendar", rule="SHOWN_IN_CALENDARS", severity=FindingSeverity.DOUBTFUL, message=warning
        )


def _retired(kind: ResourceKind, code: str, today: date) -> EstablishmentFinding:
    return EstablishmentFinding(
        element=f"{kind.value.lower()} {code}",
        rule="NAMED_NO_LONGER",
        severity=FindingSeverity.DOUBTFUL,
        message=f"the file does not name it any more: not in use from {today.isoformat()} on",
    )


def _held_outside(held: availability_store.HeldOutside) -> EstablishmentFinding:
    return EstablishmentFinding(
        element=f"{held.kind.value.lower()} {held.code}",
        rule="MEETINGS_OUTSIDE_HOURS",
        severity=FindingSeverity.DOUBTFUL,
        message=f"{len(held.meeting_ids)} meeting(s) stand outside its new hours and were left as they are: move them, or cancel them",
        meeting_ids=held.meeting_ids,
    )

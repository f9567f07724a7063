"""Who and what a unit has (TOML): strictly what the file may say, each fault with line, table and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import time
from typing import IO, Any

from services.directory.establishment import (
    WEEKDAYS_NINE_TO_FIVE,
    Establishment,
    StatedAbsence,
    StatedIro,
    StatedNoteTaker,
    StatedOffer,
    StatedPoliceTeam,
    StatedReduction,
    StatedRoom,
    StatedTimescale,
)
from services.directory.patterns import parse_pattern
from services.directory.settings import parse_setting
from services.directory.timescales import judge_timescales
from services.intake.readers.toml_table import Table
from services.kernel.errors import InvalidInput
from services.kernel.window import DateSpan
from services.kernel.words import AbsenceReason, IndependenceGround, TimescaleUnit

_MINUTES_A_WEEK = 7 * 24 * 60

LARGEST_FILE = 4 << 20
LONGEST_CODE = 40
_LISTS = ("iro", "room", "note_taker", "police_team")
_TABLES = ("unit", "settings", *_LISTS, "timescale")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_REGISTRATION = re.compile(r"[A-Z0-9]{4,20}")
_UNIT = {"name": "unit_name", "organiser": "organiser", "room_desk": "room_desk"}


def read_establishment(stream: IO[bytes], file_name: str) -> Establishment:
    """What the file states; raises `InvalidInput` for the first thing in it that is not as the contract has it."""
    text, values = _parse(stream, file_name)
    for key in values:
        if key not in _TABLES:
            raise InvalidInput(f"{file_name}: there is no table '{key}'; there are: {', '.join(_TABLES)}", key)
    unit = _single(file_name, text, values, "unit")
    unit.check_keys(tuple(_UNIT))
    settings = _single(file_name, text, values, "settings")
    rows = {name: _many(file_name, text, values, name) for name in _LISTS}
    for name, tables in rows.items():
        _check_codes(name, tables)
    _check_registrations(rows["iro"])
    timescales = _many(file_name, text, values, "timescale")
    return Establishment(
        unit_name=unit.word("name"),
        organiser=unit.email("organiser"),
        room_desk=unit.email("room_desk"),
        settings=_settings(settings),
        iros=tuple(_iro(table) for table in rows["iro"]),
        rooms=tuple(_room(table) for table in rows["room"]),
        note_takers=tuple(_note_taker(table) for table in rows["note_taker"]),
        police_teams=tuple(_police_team(table) for table in rows["police_team"]),
        timescales=tuple(_timescale(table, timescales[:number]) for number, table in enumerate(timescales)),
    )


def _parse(stream: IO[bytes], file_name: str) -> tuple[str, dict[str, Any]]:
    raw = stream.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise InvalidInput(f"{file_name} is larger than {LARGEST_FILE >> 20} MB: this is no establishment")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise InvalidInput(f"{file_name}, line {line} is not UTF-8: an establishment is a TOML file in UTF-8") from None
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InvalidInput(f"{file_name} is no TOML: {fault}") from None
    except RecursionError:
        raise InvalidInput(f"{file_name} is no establishment: it is nested too deeply") from None


def _single(file_name: str, text: str, values: Mapping[str, Any], name: str) -> Table:
    value = values.get(name, {})
    if not isinstance(value, dict):
        raise InvalidInput(f"{file_name}: '{name}' must be one table: write [{name}]", name)
    return Table(file_name=file_name, text=text, name=f"[{name}]", number=None, values=value)


def _many(file_name: str, text: str, values: Mapping[str, Any], name: str) -> tuple[Table, ...]:
    value = values.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise InvalidInput(f"{file_name}: '{name}' must be tables, one for each: write [[{name}]]", name)
    return tuple(
        Table(file_name=file_name, text=text, name=f"[[{name}]]", number=number, values=each) for number, each in enumerate(value, 1)
    )


def _check_codes(name: str, tables: tuple[Table, ...]) -> None:
    seen: dict[str, Table] = {}
    for table in tables:
        code = table.word("code")
        if len(code) > LONGEST_CODE or (name == "police_team" and "/" in code):
            table.fail("code", f'"{code[:60]}" is not a code: at most {LONGEST_CODE} characters, for a police team without "/"')
        if code in seen:
            first = seen[code].line() or "above"
            table.fail("code", f'"{code}" is the code of another {name} (line {first}): every {name} needs a code of its own')
        seen[code] = table


def _check_registrations(tables: tuple[Table, ...]) -> None:
    seen: dict[str, Table] = {}
    for table in tables:
        number = _registration(table)
        if number is not None and number in seen:
            table.fail("registration", f'"{number}" is the number of another officer (line {seen[number].line() or "above"})')
        seen |= {number: table} if number is not None else {}


def _registration(table: Table) -> str | None:
    if "registration" not in table.values:
        return None
    number = "".join(table.word("registration").upper().split())
    if not _REGISTRATION.fullmatch(number):
        table.fail("registration", f'"{number[:40]}" is no number in the register of social workers, such as "SW123456"')
    return number


def _timescale(table: Table, before: tuple[Table, ...]) -> StatedTimescale:
    table.check_keys(("code", "amount", "unit", "legal_basis", "from", "until", "census_days"))
    first, until = table.day("from"), table.day("until", needed=False)
    assert first is not None
    if until is not None and until <= first:
        table.fail("until", f"{until} does not come after from {first}: it is the first day on which the rule holds no longer")
    stated = StatedTimescale(
        code=table.word("code"),
        amount=table.whole("amount", at_least=1, at_most=1000),
        unit=_unit(table),
        legal_basis=table.word("legal_basis"),
        in_force=DateSpan(first, until),
        census_days=table.whole("census_days", at_least=1, at_most=1000) if "census_days" in table.values else None,
    )
    earlier = [_timescale(each, ()) for each in before]
    table.judged("code", lambda: judge_timescales([*earlier, stated]))
    return stated


def _unit(table: Table) -> TimescaleUnit:
    word = table.word("unit")
    try:
        return TimescaleUnit(word.upper().replace(" ", "_"))
    except ValueError:
        table.fail("unit", f'"{word}" is no unit; there are: {", ".join(each.value.lower() for each in TimescaleUnit)}')


def _settings(table: Table) -> dict[str, object]:
    for key, value in table.values.items():
        if key in _UNIT.values():
            table.fail(key, "this is stated in [unit]")
        table.judged(key, lambda key=key, value=value: parse_setting(key, value))  # type: ignore[misc]
    return dict(table.values)


def _iro(table: Table) -> StatedIro:
    table.check_keys(
        (
            *("code", "name", "email", "wte", "works", "specialities", "areas", "absences", "offers"),
            *("may_not_chair", "reductions", "starts_on", "leaves_on", "registration"),
        )
    )
    starts_on, leaves_on = table.day("starts_on", needed=False), table.day("leaves_on", needed=False)
    if starts_on and leaves_on and leaves_on < starts_on:
        table.fail("leaves_on", f"{leaves_on} lies before starts_on {starts_on}")
    barred = _may_not_chair(table)
    return StatedIro(
        code=table.word("code"),
        name=table.word("name"),
        email=table.email("email"),
        wte=table.decimal("wte", at_most=1),
        works=_pattern(table, "works", WEEKDAYS_NINE_TO_FIVE),
        specialities=table.words("specialities"),
        absences=_absences(table, "absences"),
        offers=_offers(table),
        areas=tuple(dict.fromkeys(table.words("areas"))),
        may_not_chair=tuple(barred),
        grounds={reference: ground for reference, ground in barred.items() if ground is not None},
        reductions=tuple(_reduction(each) for each in table.tables("reductions")),
        starts_on=starts_on,
        leaves_on=leaves_on,
        registration=_registration(table),
    )


def _may_not_chair(table: Table) -> dict[str, IndependenceGround | None]:
    """By reference of a child: the ground, where the entry states one. Of two entries about one child the one with a ground holds."""
    found: dict[str, IndependenceGround | None] = {}
    for each in table.words_or_tables("may_not_chair"):
        if isinstance(each, str):
            found.setdefault(each, None)
            continue
        each.check_keys(("child", "ground"))
        reference, ground = each.word("child"), _ground(each)
        if found.get(reference, ground) not in (None, ground):
            each.fail("ground", f'"{reference}" is there with another ground: one officer and child have one')
        found[reference] = ground
    return found


def _ground(table: Table) -> IndependenceGround:
    word = table.word("ground")
    try:
        return IndependenceGround(word.upper().replace(" ", "_"))
    except ValueError:
        table.fail("ground", f'"{word}" is no ground; there are: {", ".join(each.value for each in IndependenceGround)}')


def _room(table: Table) -> StatedRoom:
    table.check_keys(("code", "name", "seats", "features", "open", "closures", "offers"))
    return StatedRoom(
        code=table.word("code"),
        name=table.word("name"),
        seats=table.whole("seats", at_least=1, at_most=1000),
        features=table.words("features"),
        open=_pattern(table, "open", ("Mon-Fri 09:00-17:30",)),
        closures=_absences(table, "closures"),
        offers=_offers(table),
    )


def _note_taker(table: Table) -> StatedNoteTaker:
    table.check_keys(("code", "name", "email", "wte", "works", "absences", "offers", "write_up_a_week"))
    return StatedNoteTaker(
        code=table.word("code"),
        name=table.word("name"),
        email=table.email("email"),
        wte=table.decimal("wte", at_most=1),
        works=_pattern(table, "works", WEEKDAYS_NINE_TO_FIVE),
        absences=_absences(table, "absences"),
        offers=_offers(table),
        write_up_a_week=table.whole("write_up_a_week", at_least=0, at_most=_MINUTES_A_WEEK) if "write_up_a_week" in table.values else None,
    )


def _police_team(table: Table) -> StatedPoliceTeam:
    table.check_keys(("code", "name", "email", "capacity", "on_duty", "absences", "offers"))
    return StatedPoliceTeam(
        code=table.word("code"),
        name=table.word("name"),
        email=table.email("email"),
        capacity=table.whole("capacity", at_least=0, at_most=100),
        on_duty=_pattern(table, "on_duty", WEEKDAYS_NINE_TO_FIVE),
        absences=_absences(table, "absences"),
        offers=_offers(table),
    )


def _pattern(table: Table, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    lines = table.words(key, default)
    table.judged(key, lambda: parse_pattern(lines))
    return lines


def _absences(table: Table, key: str) -> tuple[StatedAbsence, ...]:
    found = []
    for each in table.tables(key):
        each.check_keys(("first_day", "last_day", "reason"))
        first_day, last_day = each.day("first_day"), each.day("last_day")
        assert first_day is not None
        assert last_day is not None
        if last_day < first_day:
            each.fail("last_day", f"{last_day} lies before first_day {first_day}")
        found.append(StatedAbsence(first_day=first_day, last_day=last_day, reason=_reason(each)))
    return tuple(found)


def _offers(table: Table) -> tuple[StatedOffer, ...]:
    found = []
    for each in table.tables("offers"):
        each.check_keys(("day", "hours"))
        day, hours = each.day("day"), each.word("hours")
        assert day is not None
        since, dash, until = hours.partition("-")
        if not (dash and _CLOCK.fullmatch(since) and _CLOCK.fullmatch(until) and since < until):
            each.fail("hours", f'"{hours[:40]}" are no hours of a day, from and to: write "17:00-20:00"')
        found.append(StatedOffer(day=day, since=time.fromisoformat(since), until=time.fromisoformat(until)))
    return tuple(found)


def _reason(table: Table) -> AbsenceReason:
    word = table.word("reason")
    try:
        return AbsenceReason(word.upper().replace(" ", "_"))
    except ValueError:
        table.fail("reason", f'"{word}" is no reason; there are: {", ".join(each.value.lower() for each in AbsenceReason)}')


def _reduction(table: Table) -> StatedReduction:
    table.check_keys(("wte", "reason", "first_day", "last_day"))
    first_day, last_day = table.day("first_day"), table.day("last_day", needed=False)
    assert first_day is not None
    if last_day is not None and last_day < first_day:
        table.fail("last_day", f"{last_day} lies before first_day {first_day}")
    return StatedReduction(wte=table.decimal("wte", at_most=1), reason=table.word("reason"), first_day=first_day, last_day=last_day)

"""An establishment file is strict: each fault is one line that names line, table and key."""

from __future__ import annotations

import io
import re
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from services.directory.settings import SETTING_NAMES, Settings, parse_setting
from services.intake.readers.establishment import read_establishment
from services.kernel.errors import InvalidInput
from services.kernel.window import DateSpan
from services.kernel.words import AbsenceReason, TimescaleUnit

GOOD = """\
[unit]
name = "Conference and Review Unit"
organiser = "conferences@example.org"
room_desk = "rooms@example.org"

[settings]
limit_per_wte = "90"
police_at = ["INITIAL_CONFERENCE"]

[[iro]]
code = "IRO-01"
name = "First Officer"
email = "iro01@example.org"
wte = "1.0"
specialities = ["neglect"]
absences = [{ first_day = 2026-12-21, last_day = 2026-12-31, reason = "leave" }]
may_not_chair = ["CH0012"]
reductions = [{ wte = "0.2", reason = "induction", first_day = 2026-09-01 }]

[[iro]]
code = "IRO-02"
name = "Second Officer"
email = "iro02@example.org"
wte = "0.6"
works = ["Mon-Wed 09:00-17:00"]

[[room]]
code = "ROOM-A"
name = "Meeting room A"
seats = 14
features = ["step_free"]

[[note_taker]]
code = "NT-01"
name = "Note-taker"
email = "nt01@example.org"
wte = "1.0"
write_up_a_week = 900

[[police_team]]
code = "POL-01"
name = "Team"
email = "pol01@example.org"
capacity = 1
"""


TIMESCALE = """
[[timescale]]
code = "CARE_REVIEW_NEXT"
amount = 4
unit = "months"
legal_basis = "Care Planning Regulations, as amended"
from = 2026-04-01
census_days = 122

[[timescale]]
code = "POST_BIRTH_REVIEW"
amount = 4
unit = "weeks"
legal_basis = "our procedures"
from = 2026-01-01
until = 2027-01-01
"""


def test_timescales_and_registrations_are_read() -> None:
    read = read_establishment(
        io.BytesIO((GOOD.replace('wte = "0.6"', 'wte = "0.6"\nregistration = "sw 123456"') + TIMESCALE).encode()), "e.toml"
    )
    assert [iro.registration for iro in read.iros] == [None, "SW123456"]
    law, ours = read.timescales
    assert (law.code, law.amount, law.unit, law.census_days) == ("CARE_REVIEW_NEXT", 4, TimescaleUnit.MONTHS, 122)
    assert law.in_force == DateSpan(date(2026, 4, 1))
    assert (ours.unit, ours.in_force) == (TimescaleUnit.WEEKS, DateSpan(date(2026, 1, 1), date(2027, 1, 1)))


@pytest.mark.parametrize(
    ("replaced", "by", "told"),
    [
        (
            '"CARE_REVIEW_NEXT"',
            '"CARE_REVIEW_LAST"',
            r"line 47, \[\[timescale\]\] number 1, key 'code': timescale CARE_REVIEW_LAST: there is no",
        ),
        ('amount = 4\nunit = "months"', 'amount = 0\nunit = "months"', "'amount': 0 is not a whole number from 1 to 1000"),
        ('amount = 4\nunit = "months"', 'amount = 4\nunit = "moons"', "'unit': \"moons\" is no unit; there are: working_days, days"),
        ("until = 2027-01-01", "until = 2026-01-01", "'until': 2026-01-01 does not come after from 2026-01-01"),
        ("from = 2026-04-01", "", "'from': is missing"),
        ('legal_basis = "our procedures"', "", "'legal_basis': is missing"),
        ('"POST_BIRTH_REVIEW"', '"CARE_REVIEW_NEXT"', "CARE_REVIEW_NEXT is stated twice for one day"),
        ("census_days", "census_day", "there is no such key here"),
    ],
)
def test_a_timescale_that_is_none_is_one_clear_line(replaced: str, by: str, told: str) -> None:
    assert replaced in TIMESCALE
    with pytest.raises(InvalidInput, match=told):
        read_establishment(io.BytesIO((GOOD + TIMESCALE.replace(replaced, by, 1)).encode()), "e.toml")


def test_two_officers_have_no_number_in_common() -> None:
    twice = GOOD.replace('wte = "0.6"', 'wte = "0.6"\nregistration = "SW1234"').replace(
        'wte = "1.0"\nspec', 'wte = "1.0"\nregistration = "sw 1234"\nspec'
    )
    with pytest.raises(InvalidInput, match='"SW1234" is the number of another officer'):
        read_establishment(io.BytesIO(twice.encode()), "e.toml")
    with pytest.raises(InvalidInput, match="is no number in the register"):
        read_establishment(io.BytesIO(twice.replace("SW1234", "S-1").encode()), "e.toml")


def test_a_good_file_is_read_with_its_defaults() -> None:
    told = read_establishment(io.BytesIO(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()), "e.toml")
    assert (told.unit_name, told.room_desk) == ("Conference and Review Unit", "rooms@example.org")
    first, second = told.iros
    assert (first.wte, first.works, first.may_not_chair) == (Decimal("1.0"), ("Mon-Fri 09:00-17:00",), ("CH0012",))
    (absence,) = first.absences
    assert (absence.first_day, absence.last_day, absence.reason) == (date(2026, 12, 21), date(2026, 12, 31), AbsenceReason.LEAVE)
    assert (first.reductions[0].wte, first.reductions[0].last_day) == (Decimal("0.2"), None)
    assert second.works == ("Mon-Wed 09:00-17:00",)
    assert (told.rooms[0].seats, told.rooms[0].open) == (14, ("Mon-Fri 09:00-17:30",))
    assert (told.note_takers[0].code, told.note_takers[0].write_up_a_week) == ("NT-01", 900)
    assert told.police_teams[0].capacity == 1
    assert told.settings == {"limit_per_wte": "90", "police_at": ["INITIAL_CONFERENCE"]}


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        (
            'code = "IRO-02"',
            'code = "IRO-01"',
            "e.toml, line 21, [[iro]] number 2, key 'code': \"IRO-01\" is the code of another iro (line 10)",
        ),
        ('wte = "0.6"', "wte = 0.6", "e.toml, line 24, [[iro]] number 2 (IRO-02), key 'wte': 0.6 is not a decimal in quotes"),
        ('wte = "0.6"', 'wte = "six"', "key 'wte': \"six\" is not a decimal in quotes"),
        ('wte = "0.6"', 'wte = "60"', "more than 0 and at most 1"),
        ('wte = "0.6"', "", "line 20, [[iro]] number 2 (IRO-02), key 'wte': is missing"),
        ('wte = "0.6"', 'wte = "0.6"\nwage = 3', "key 'wage': there is no such key here; there are: code, name, email, wte"),
        ("[[room]]", "[[rooms]]", "there is no table 'rooms'; there are: unit, settings, iro, room, note_taker, police_team"),
        ("[[room]]", "[room]", "'room' must be tables, one for each: write [[room]]"),
        ("[unit]", "[[unit]]", "'unit' must be one table: write [unit]"),
        ('name = "Conference and Review Unit"\n', "", "[unit], key 'name': is missing"),
        ("seats = 14", 'seats = "14"', "line 30, [[room]] number 1 (ROOM-A), key 'seats': \"14\" is not a whole number from 1 to 1000"),
        ("seats = 14", "seats = true", "key 'seats': True is not a whole number"),
        ("capacity = 1", "capacity = -1", "key 'capacity': -1 is not a whole number from 0 to 100"),
        ('"POL-01"', '"POL/01"', "key 'code': \"POL/01\" is not a code"),
        ("iro02@example.org", "iro02", "key 'email': \"iro02\" is not an address for mail"),
        ("Mon-Wed 09:00-17:00", "Mon-Wed 17:00-09:00", "line 25, [[iro]] number 2 (IRO-02), key 'works': working time"),
        ('["Mon-Wed 09:00-17:00"]', '"Mon-Wed 09:00-17:00"', "is not a list of texts"),
        ('reason = "leave"', 'reason = "holiday"', "key 'absences[1].reason': \"holiday\" is no reason; there are: leave, sickness"),
        ("last_day = 2026-12-31", "last_day = 2026-12-01", "line 16, [[iro]] number 1, key 'absences[1].last_day': 2026-12-01 lies before"),
        ("last_day = 2026-12-31", 'last_day = "2026-12-31"', "is not a day without quotes such as 2026-12-21"),
        ("last_day = 2026-12-31", "last_day = 2026-12-31T09:00:00", "is not a day without quotes"),
        (
            'absences = [{ first_day = 2026-12-21, last_day = 2026-12-31, reason = "leave" }]',
            "absences = [3]",
            "a list of tables in braces",
        ),
        ('limit_per_wte = "90"', "limit_per_wte = 90", "line 7, [settings], key 'limit_per_wte': setting limit_per_wte"),
        ('limit_per_wte = "90"', 'limits = "90"', "key 'limits': there is no setting 'limits'"),
        ('limit_per_wte = "90"', 'organiser = "x@y"', "key 'organiser': this is stated in [unit]"),
        ('limit_per_wte = "90"', "limit_per_wte = ", "e.toml is no TOML: Invalid value (at line 7, column 17)"),
    ],
)
def test_each_fault_is_one_clear_line(wrong: str, right: str, told: str) -> None:
    assert wrong in GOOD
    with pytest.raises(InvalidInput) as fault:
        read_establishment(io.BytesIO(GOOD.replace(wrong, right).encode()), "e.toml")
    assert told in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_file_in_another_encoding_is_one_clear_line() -> None:
    with pytest.raises(InvalidInput, match=r"e\.toml, line 2 is not UTF-8"):
        read_establishment(io.BytesIO(GOOD.replace("Conference", "Confér").encode("cp1252")), "e.toml")


def test_dated_offers_are_read_and_a_wrong_one_is_named() -> None:
    offers = 'offers = [{ day = 2026-09-12, hours = "10:00-13:00" }]\n'
    stated = read_establishment(io.BytesIO((GOOD + offers).encode()), "e.toml")
    (offer,) = stated.police_teams[0].offers
    assert (offer.day, offer.since, offer.until) == (date(2026, 9, 12), time(10), time(13))
    for wrong in ("13:00-10:00", "10-13", "10:00-25:00", "10:00"):
        with pytest.raises(InvalidInput, match="hours"):
            read_establishment(io.BytesIO((GOOD + offers.replace("10:00-13:00", wrong)).encode()), "e.toml")


def test_the_page_on_files_states_every_setting_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "files.md").read_text()
    example = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    stated = read_establishment(io.BytesIO(example[1].encode()), "files.md").settings
    told_elsewhere = {"unit_name", "organiser", "room_desk", "provisional_minutes"}  # in [unit]; nothing asks for the last
    assert SETTING_NAMES - told_elsewhere == set(stated)
    defaults = Settings()
    examples = {"school_terms", "attendance"}
    assert {name for name in stated if parse_setting(name, stated[name]) != getattr(defaults, name)} == examples

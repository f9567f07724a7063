"""Two processes want the same: whoever commits first has it, the other is told who has it, or gets another, in both orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.directory.establishment import Establishment
from services.platform.database import Connection
from tests.booking.world import World, at, key, most_at_once, overlaps, unit
from tests.races.conftest import Runner, until_waiting

pytestmark = pytest.mark.slow

DAY = date(2026, 9, 8)


def booking(reference: str, clock: str = "10:00", kind: str = "CARE_REVIEW", day: date = DAY, **more: Any) -> dict[str, Any]:
    return {"request_key": key(), "kind": kind, "child_references": [reference], "starts_at": at(day, clock).isoformat(), **more}


@pytest.mark.parametrize("first", [0, 1])
async def test_the_slot_goes_to_who_commits_first_and_the_other_hears_who_has_it(
    world: World, owner: Connection, racers: tuple[Runner, Runner], first: int
) -> None:
    await world.establish()
    await world.review("CH1")
    await world.review("CH2")
    one, other = racers[first], racers[1 - first]
    one.tell(book=booking("CH1"), pause=True)
    assert await one.hear() == {"paused": True}
    other.tell(book=booking("CH2", "10:30"))
    await until_waiting(owner)
    one.tell(go=True)
    assert "booked" in await one.hear()
    assert await other.hear() == {"refused": "ResourceTaken", "kind": "IRO", "code": "IRO-01"}
    assert await overlaps(world.database) == 0


@pytest.mark.parametrize("first", [0, 1])
async def test_who_waited_gets_the_slot_of_who_gave_up(world: World, owner: Connection, racers: tuple[Runner, Runner], first: int) -> None:
    await world.establish()
    await world.review("CH1")
    await world.review("CH2")
    one, other = racers[first], racers[1 - first]
    one.tell(book=booking("CH1"), pause=True)
    assert await one.hear() == {"paused": True}
    other.tell(book=booking("CH2", "10:30"))
    await until_waiting(owner)
    one.tell(go=False)
    assert await one.hear() == {"refused": "GaveUp", "message": ""}
    assert "booked" in await other.hear()
    assert await overlaps(world.database) == 0


async def test_a_room_that_was_chosen_and_lost_meanwhile_is_replaced(
    world: World, owner: Connection, racers: tuple[Runner, Runner]
) -> None:
    without_police = replace(unit(), settings={"police_at": []})
    await world.establish(without_police)
    await world.conference("CH1")
    await world.conference("CH2", "IRO-02")
    one, other = racers
    one.tell(book=booking("CH1", kind="INITIAL_CONFERENCE"), pause=True)
    assert await one.hear() == {"paused": True}
    other.tell(book=booking("CH2", kind="INITIAL_CONFERENCE"))
    await until_waiting(owner)
    one.tell(go=True)
    taken = [(await world.meeting(each["booked"]))["room"] for each in (await one.hear(), await other.hear())]
    assert taken == ["ROOM-A", "ROOM-B"]


async def test_without_its_constraint_the_same_race_double_books(world: World, owner: Connection, racers: tuple[Runner, Runner]) -> None:
    """The control: it shows that the count of overlaps sees what the constraint keeps out."""
    await world.establish()
    await world.review("CH1")
    await world.review("CH2")
    await owner.execute("ALTER TABLE hold DROP CONSTRAINT hold_no_overlap")
    one, other = racers
    one.tell(book=booking("CH1"), pause=True)
    assert await one.hear() == {"paused": True}
    other.tell(book=booking("CH2", "10:30"))
    await until_waiting(owner)  # for the version of the officer's diary, long after it has held her
    one.tell(go=True)
    assert "booked" in await one.hear()
    assert "booked" in await other.hear()
    assert await overlaps(world.database) == 1


async def crowd(owner: Connection, number: int, officers: int) -> list[str]:
    """Children who are owed an initial conference, dealt to the officers."""
    references = [f"CH{each:03}" for each in range(number)]
    await owner.execute(
        "INSERT INTO child (id, reference) SELECT gen_random_uuid(), unnest($1::text[])",
        references,
    )
    await owner.execute(
        """INSERT INTO allocation (id, child_id, held, iro_id)
           SELECT gen_random_uuid(), c.id, '[2026-01-01,)', r.id FROM child c
           JOIN resource r ON r.code = 'IRO-' || lpad((1 + substr(c.reference, 3)::int % $1)::text, 2, '0')""",
        officers,
    )
    await owner.execute(
        """INSERT INTO obligation (id, child_id, kind, triggered_on, triggered_by, rule_code, rule_amount, rule_unit, legal_basis,
                                   statutory_due_on, book_by_on, state)
           SELECT gen_random_uuid(), id, 'INITIAL_CONFERENCE', '2026-09-01', 'test', 'INITIAL_CONFERENCE', 15, 'WORKING_DAYS', 'test',
                  '2026-09-22', '2026-09-22', 'OPEN' FROM child"""
    )
    return references


CLOCKS = ("09:30", "10:00", "10:45", "11:30", "12:15", "13:00", "14:00")


@pytest.mark.parametrize("capacity", [1, 2, 3])
async def test_a_crowd_on_few_slots_is_never_double_booked_and_never_refused_what_is_free(
    world: World, owner: Connection, racers: tuple[Runner, Runner], capacity: int
) -> None:
    large: Establishment = unit(iros=8, rooms=4, note_takers=5, police=capacity)
    await world.establish(large)
    references = await crowd(owner, 108, 8)
    wanted = [booking(each, CLOCKS[at % len(CLOCKS)], "INITIAL_CONFERENCE") for at, each in enumerate(references)]
    for runner, half in zip(racers, (wanted[::2], wanted[1::2]), strict=True):
        runner.tell(attempts=half)
    answers = [each for runner in racers for each in (await runner.hear())["answers"]]
    refused = [asked for asked, answer in zip([*wanted[::2], *wanted[1::2]], answers, strict=True) if "refused" in answer]
    assert {answer["refused"] for answer in answers if "refused" in answer} == {"ResourceTaken"}

    assert await overlaps(world.database) == 0
    rows = await owner.fetch(
        "SELECT kind, code, lower(blocked) AS since, upper(blocked) AS until FROM hold JOIN resource ON resource.id = resource_id"
    )
    held = [(row["kind"], row["code"], row["since"], row["until"]) for row in rows]
    police = [(since, until) for kind, _, since, until in held if kind == "POLICE"]
    assert most_at_once(police) == capacity
    assert await owner.fetchval("SELECT count(*) FROM meeting") == len(wanted) - len(refused) == len(police)
    free = [asked for asked in refused if fits(held, asked, large, capacity)]
    assert free == [], "refused although everything is free"


def fits(held: list[tuple[str, str, datetime, datetime]], asked: dict[str, Any], stated: Establishment, capacity: int) -> bool:
    """Whether a conference of two hours could still be, by the holds alone: what is refused must not fit even at the end."""
    start = datetime.fromisoformat(asked["starts_at"])
    end, half = start + timedelta(hours=2), timedelta(minutes=30)
    number = 1 + int(asked["child_references"][0][2:]) % len(stated.iros)

    def taken(code: str, since: datetime, until: datetime) -> bool:
        return any(code == other and since < ends and begins < until for _, other, begins, ends in held)

    police = [(max(begins, start), min(ends, end)) for kind, _, begins, ends in held if kind == "POLICE" and begins < end and start < ends]
    return (
        not taken(f"IRO-{number:02}", start - half, end + half)
        and not all(taken(room.code, start - half, end + half) for room in stated.rooms)
        and not all(taken(taker.code, start - half, end) for taker in stated.note_takers)
        and most_at_once(police) < capacity
    )

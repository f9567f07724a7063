"""The worklist: a task is there while its cause is, and mail that was refused goes out again as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.invitations.delivery import deliver_owed
from services.invitations.letters import OfSitting, owe_letter
from services.invitations.owe import AddresseeKind
from services.invitations.replies import POSTBOX, take_reply
from services.invitations.resending import Resend, resend
from services.invitations.service import owe_notices
from services.invitations.tasks import SeeToTask, Task, open_tasks, see_to, tasks
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.words import Role, TaskKind
from services.platform.database import Database
from tests.invitations.meetings import (
    SETTINGS,
    Clock,
    add_meeting,
    at,
    brief,
    chair,
    notices,
    owner_of,
    resources_for,
    tell,
    without_addressees,
)
from tests.invitations.replies import outlook, reply
from tests.support.smtp import Mail, ScriptedSmtp, running

WHEN = timedelta(days=14)
OFFICER = "iro-01@example.org"
DESK = Actor(subject="desk", role=Role.BUSINESS_SUPPORT, name="desk")


def refuse(_: str) -> str:
    return "550 5.1.1 no such user"


async def send(database: Database, now: datetime, answer: Callable[[str], str] = lambda _: "250 fine") -> list[Mail]:
    async with running(ScriptedSmtp(on_rcpt=answer)) as server:
        await deliver_owed(resources_for(database, server.url), Clock(now))
    return server.accepted


async def invited(
    database: Database, now: datetime, answer: Callable[[str], str] = lambda _: "250 fine", **of_chair: Any
) -> tuple[Any, str]:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN, **{"email": OFFICER, **of_chair})])
    await tell(database, meeting, now)
    await send(database, now, answer)
    return meeting, (await notices(database))[0]["uid"]


async def answer(database: Database, mail: bytes, now: datetime) -> None:
    await take_reply(resources_for(database), POSTBOX, mail, now)


async def waiting(database: Database, today: date = date(2026, 9, 1)) -> list[Task]:
    async with database.connection() as connection:
        return await tasks(connection, DESK, today)


async def kinds(database: Database, today: date = date(2026, 9, 1)) -> list[TaskKind]:
    return [each.kind for each in await waiting(database, today)]


async def send_again(database: Database, task: Task, now: datetime, key: str = "k") -> UUID:
    return await resend(resources_for(database), DESK, Resend(request_key=key, id=task.id), now)


# ----------------------------------------------------------------------------------------------- replies


async def test_a_decline_waits_until_somebody_has_seen_to_it(database: Database, now: datetime) -> None:
    meeting, uid = await invited(database, now)
    assert await waiting(database) == []
    await answer(database, reply(uid, OFFICER, now, answer="DECLINED"), now)
    (task,) = await waiting(database)
    assert (task.kind, task.attendee, task.about, task.meeting_id) == (
        TaskKind.DECLINED,
        "IRO IRO-01",
        meeting.reference,
        meeting.meeting_id,
    )
    assert (task.raised_at, task.proposed_starts_at, task.refusal) == (now, None, None)
    assert await see_to(resources_for(database), DESK, SeeToTask(request_key="k", id=task.id), now) == task.id
    assert await waiting(database) == []
    assert await see_to(resources_for(database), DESK, SeeToTask(request_key="k", id=task.id), now) == task.id
    with pytest.raises(NotFound):
        await see_to(resources_for(database), DESK, SeeToTask(request_key="another", id=task.id), now)
    async with database.connection() as connection:
        (event,) = await connection.fetch("SELECT * FROM audit_event WHERE action = 'SEE_TO_TASK'")
    assert (event["subject"], event["details"]) == (f"meeting:{meeting.meeting_id}", {"task": "DECLINED", "attendee": "IRO IRO-01"})


@pytest.mark.parametrize("kind", list(AddresseeKind))
async def test_whoever_declines_is_named_by_role_and_code(database: Database, now: datetime, kind: AddresseeKind) -> None:
    _, uid = await invited(database, now, kind=kind, code="X-01")
    await answer(database, reply(uid, OFFICER, now, answer="DECLINED"), now)
    assert [(each.kind, each.attendee) for each in await waiting(database)] == [(TaskKind.DECLINED, f"{kind.value} X-01")]


async def test_another_time_that_is_asked_for_waits_with_that_time_or_without(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now)
    await answer(database, outlook(uid, OFFICER, now, answer="TENTATIVE", proposed=datetime(2026, 9, 16, 14, 0)), now)  # noqa: DTZ001
    (task,) = await waiting(database)
    assert task.kind is TaskKind.TIME_PROPOSED
    assert (str(task.proposed_starts_at), str(task.proposed_ends_at)) == ("2026-09-16 13:00:00+00:00", "2026-09-16 15:00:00+00:00")
    later = now + timedelta(minutes=1)
    await answer(database, reply(uid, OFFICER, later, method="COUNTER", answer="DECLINED", extra="DTSTART:someday\n"), later)
    (task,) = await waiting(database)
    assert (task.kind, task.proposed_starts_at) == (TaskKind.DECLINED, None)


async def test_who_accepts_or_may_come_raises_nothing(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now)
    for seconds, said in enumerate(("ACCEPTED", "TENTATIVE")):
        at_once = now + timedelta(seconds=seconds)
        await answer(database, reply(uid, OFFICER, at_once, answer=said), at_once)
        assert await waiting(database) == []


async def test_another_answer_ends_a_task_and_the_same_again_does_not_raise_it_anew(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now)
    times = [now + timedelta(minutes=minutes) for minutes in range(4)]
    await answer(database, reply(uid, OFFICER, times[0], answer="DECLINED"), times[0])
    (task,) = await waiting(database)
    await see_to(resources_for(database), DESK, SeeToTask(request_key="k", id=task.id), now)
    await answer(database, reply(uid, OFFICER, times[1], answer="DECLINED"), times[1])
    assert await waiting(database) == []
    await answer(database, reply(uid, OFFICER, times[2], answer="ACCEPTED"), times[2])
    assert await waiting(database) == []
    await answer(database, reply(uid, OFFICER, times[3], answer="DECLINED"), times[3])
    (again,) = await waiting(database)
    assert again.id != task.id
    assert again.raised_at == times[3]


@pytest.mark.parametrize("change", [at, lambda meeting, _: without_addressees(meeting)])
async def test_a_change_of_the_meeting_ends_the_task(database: Database, now: datetime, change: Callable[..., Any]) -> None:
    meeting, uid = await invited(database, now)
    await answer(database, reply(uid, OFFICER, now, answer="DECLINED"), now)
    assert await kinds(database) == [TaskKind.DECLINED]
    await tell(database, change(meeting, now + WHEN + timedelta(days=1)), now)
    assert await waiting(database) == []


async def test_of_a_meeting_whose_day_is_over_nothing_waits(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now)
    await answer(database, reply(uid, OFFICER, now, answer="DECLINED"), now)
    day = (now + WHEN).date()
    assert await kinds(database, day) == [TaskKind.DECLINED]
    assert await kinds(database, day + timedelta(days=1)) == []


# ------------------------------------------------------------------------------------------- undeliverable


async def test_refused_mail_waits_and_goes_out_again_byte_for_byte(database: Database, now: datetime) -> None:
    meeting, _ = await invited(database, now, refuse)
    (task,) = await waiting(database)
    assert (task.kind, task.attendee, task.about, task.refusal) == (TaskKind.UNDELIVERABLE, "IRO IRO-01", meeting.reference, "550")
    (before,) = await notices(database)
    later = now + timedelta(days=2)
    assert await send_again(database, task, later) == task.id
    assert await send_again(database, task, later) == task.id  # the same key: nothing more
    assert await waiting(database) == []
    (sent,) = await send(database, later)
    (after,) = await notices(database)
    assert sent.content == before["message"] == after["message"]
    assert (after["state"], after["refusal"], after["sequence"], after["owed_at"]) == ("SENT", None, 0, later)


async def test_mail_that_is_refused_once_more_waits_once_more(database: Database, now: datetime) -> None:
    await invited(database, now, refuse)
    (task,) = await waiting(database)
    await send_again(database, task, now)
    await send(database, now, refuse)
    assert [each.id for each in await waiting(database)] == [task.id]
    await see_to(resources_for(database), DESK, SeeToTask(request_key="k2", id=task.id), now)
    assert await waiting(database) == []
    with pytest.raises(NotFound):
        await send_again(database, task, now, "k3")


@pytest.mark.parametrize("never_composed", [True, False])
async def test_with_another_address_by_now_it_goes_there_under_the_next_sequence(
    database: Database, now: datetime, never_composed: bool
) -> None:
    await invited(database, now, refuse, email="two words@example.org" if never_composed else OFFICER)
    (task,) = await waiting(database)
    assert task.refusal == ("ADDRESS" if never_composed else "550")
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO resource (id, kind, code, name, email) VALUES ($1, 'IRO', 'IRO-01', 'x', 'new@example.org')", owner_of("IRO-01")
        )
    await send_again(database, task, now)
    (sent,) = await send(database, now)
    assert sent.recipient == "new@example.org"
    text = sent.content.replace(b"\r\n ", b"")
    assert (b"SEQUENCE:1\r\n" in text, b"mailto:new@example.org\r\n" in text) == (True, True)
    assert brief(await notices(database)) == [("IRO-01", "REQUEST", 0, "REFUSED"), ("IRO-01", "REQUEST", 1, "SENT")]
    assert await waiting(database) == []


async def test_an_address_that_is_none_says_what_to_correct_and_waits(database: Database, now: datetime) -> None:
    await invited(database, now, email="two words@example.org")
    (task,) = await waiting(database)
    with pytest.raises(InvalidInput, match="IRO IRO-01 has no address that mail can carry: correct it in the establishment"):
        await send_again(database, task, now)
    assert await waiting(database) == [task]


async def test_something_newer_to_that_addressee_ends_it(database: Database, now: datetime) -> None:
    meeting, _ = await invited(database, now, refuse)
    (task,) = await waiting(database)
    await tell(database, at(meeting, now + WHEN + timedelta(days=1)), now)
    assert await waiting(database) == []
    with pytest.raises(NotFound):
        await send_again(database, task, now)


async def test_a_cancellation_that_did_not_arrive_waits_too(database: Database, now: datetime) -> None:
    meeting, _ = await invited(database, now)
    await tell(database, without_addressees(meeting), now)
    await send(database, now, refuse)
    (task,) = await waiting(database)
    assert task.kind is TaskKind.UNDELIVERABLE
    await send_again(database, task, now)
    (sent,) = await send(database, now)
    assert b"METHOD:CANCEL" in sent.content


async def test_whoever_answers_has_got_it(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now, refuse)
    await answer(database, reply(uid, OFFICER, now), now)
    assert await waiting(database) == []


async def test_a_letter_waits_goes_out_again_and_is_no_more_where_a_newer_one_is_owed(database: Database, now: datetime) -> None:
    async def owe(about: str, email: str = OFFICER) -> None:
        async with database.transaction() as connection:
            await owe_letter(connection, about, email, "s", "t", now, settings=SETTINGS)

    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO resource (id, kind, code, name, email) VALUES ($1, 'IRO', 'IRO-01', 'x', $2)", uuid4(), OFFICER
        )
    await owe("rebalancing:1")
    await owe("rebalancing:2", "b@example.org")
    await send(database, now, refuse)
    first, second = await waiting(database)
    assert (first.attendee, first.about, first.meeting_id, first.refusal) == ("IRO IRO-01", "rebalancing:1", None, "550")
    assert second.attendee is None
    await owe("rebalancing:1")
    assert await waiting(database) == [second]
    await send_again(database, second, now)
    assert len(await send(database, now)) == 2
    assert await waiting(database) == []


async def test_a_letter_that_repeats_an_invitation_waits_for_whom_that_invites(database: Database, now: datetime) -> None:
    """As notice to the police does: a team is no resource."""
    starts_at = now + WHEN
    meeting, uid = await invited(database, now, kind=AddresseeKind.POLICE, code="POL-01")
    of = OfSitting(
        meeting_id=meeting.meeting_id, starts_at=starts_at, until=starts_at, paper="POLICE_NOTICE", round=1, entry_uid=uid, entry_sequence=0
    )
    async with database.transaction() as connection:
        await owe_letter(connection, meeting.reference, OFFICER, "s", "t", now, settings=SETTINGS, of=of)
    await send(database, now, refuse)
    (task,) = await waiting(database)
    assert (task.kind, task.attendee, task.about) == (TaskKind.UNDELIVERABLE, "POLICE POL-01", meeting.reference)
    await send_again(database, task, now)
    assert [mail.recipient for mail in await send(database, now)] == [OFFICER]


async def test_a_letter_that_was_never_written_says_so(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        await owe_letter(connection, "rebalancing:1", "two words@example.org", "s", "t", now, settings=SETTINGS)
    (task,) = await waiting(database)
    with pytest.raises(InvalidInput, match="see to the task"):
        await send_again(database, task, now)
    await see_to(resources_for(database), DESK, SeeToTask(request_key="k", id=task.id), now)
    assert await waiting(database) == []


async def test_a_resend_that_meets_a_move_is_refused_and_nothing_old_goes_out(database: Database, now: datetime) -> None:
    meeting, _ = await invited(database, now, refuse)
    (task,) = await waiting(database)
    async with database.connection() as moving:
        transaction = moving.transaction()
        await transaction.start()
        await owe_notices(moving, at(meeting, now + WHEN + timedelta(days=1)), SETTINGS, now)
        sending = asyncio.create_task(send_again(database, task, now))
        while not await moving.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            assert not sending.done()
        await transaction.commit()
    with pytest.raises(NotFound, match="newer"):
        await sending
    assert [b"SEQUENCE:1\r\n" in mail.content for mail in await send(database, now)] == [True]


# ------------------------------------------------------------------------------------------------- rights


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.MANAGER, Role.BUSINESS_SUPPORT}))
async def test_whoever_does_not_work_on_tasks_sees_none_and_does_none(database: Database, now: datetime, role: Role) -> None:
    await invited(database, now, refuse)
    (task,) = await waiting(database)
    actor = Actor(subject="x", role=role, name="x")
    async with database.connection() as connection:
        assert await tasks(connection, actor, now.date()) == []
        assert await tasks(connection, COMMAND_LINE, now.date()) == await open_tasks(connection, now.date()) == [task]
    own = role in (Role.IRO, Role.NOTE_TAKER)  # work on what their own meetings owe, and on nothing else
    with pytest.raises(NotFound if own else Forbidden):
        await see_to(resources_for(database), actor, SeeToTask(request_key="k", id=task.id), now)
    with pytest.raises(Forbidden):
        await resend(resources_for(database), actor, Resend(request_key="k", id=task.id), now)
    assert await waiting(database) == [task]

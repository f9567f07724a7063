"""Answers taken in against what was asked, on a real PostgreSQL: what counts stands, what does not changes nothing and is in no log."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invitations.delivery import deliver_owed
from services.invitations.reading import invitations_of
from services.invitations.replies import POSTBOX, take_reply
from services.invitations.reply_mail import ReplyMail
from services.invitations.reply_rules import Answered, Asked, Entered, judge
from services.invitations.service import owe_notices
from services.invitations.tasks import open_tasks
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Forbidden
from services.kernel.window import TimeWindow
from services.kernel.words import ReplyAnswer, ReplyOutcome, Role, TaskKind
from services.platform.database import Database
from services.platform.telemetry import configure_logging
from tests.invitations.meetings import SETTINGS, Clock, add_meeting, at, brief, chair, notices, resources_for, tell, without_addressees
from tests.invitations.replies import apple, calendar, google, mailed, outlook, reply
from tests.support.smtp import ScriptedSmtp, running

WHEN = timedelta(days=14)
OFFICER = "iro-01@example.org"
Outcome = ReplyOutcome


async def send(database: Database, now: datetime) -> None:
    async with running(ScriptedSmtp()) as server:
        await deliver_owed(resources_for(database, server.url), Clock(now))


async def invited(database: Database, now: datetime) -> tuple[Any, str]:
    """A meeting whose chair has been invited, and the UID of that invitation."""
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    await send(database, now)
    (notice,) = await notices(database)
    return meeting, notice["uid"]


async def take(database: Database, mail: bytes, now: datetime, actor: Actor = POSTBOX) -> ReplyOutcome:
    return await take_reply(resources_for(database), actor, mail, now)


async def standing(database: Database) -> list[tuple[int, str, bool]]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT sequence, answer, counters FROM invitation_reply ORDER BY sequence")
    return [(row["sequence"], row["answer"], row["counters"]) for row in rows]


async def dump(database: Database) -> dict[str, list[str]]:
    """Every row of every table."""
    async with database.connection() as connection:
        names = [row["tablename"] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        readable = [each for each in names if await connection.fetchval("SELECT has_table_privilege($1, 'SELECT')", each)]
        return {each: sorted(row["t"] for row in await connection.fetch(f"SELECT t::text AS t FROM {each} AS t")) for each in readable}


# ------------------------------------------------------------------------------------------------ taken


@pytest.mark.parametrize("client", [outlook, google, apple, reply])
async def test_an_answer_of_any_client_stands_on_its_invitation(database: Database, now: datetime, client: Callable[..., bytes]) -> None:
    meeting, uid = await invited(database, now)
    assert await take(database, client(uid, OFFICER, now, answer="DECLINED"), now) is Outcome.TAKEN
    async with database.connection() as connection:
        (shown,) = (await invitations_of(connection, COMMAND_LINE, [meeting.meeting_id], now.date()))[meeting.meeting_id]
        (event,) = await connection.fetch("SELECT * FROM audit_event WHERE action = 'REPLY'")
    assert (shown.attendee, shown.answer, shown.proposed) == ("IRO IRO-01", ReplyAnswer.DECLINED, None)
    assert (event["actor"], event["subject"]) == ("service:replies", f"meeting:{meeting.meeting_id}")
    assert event["details"] == {"attendee": "IRO IRO-01", "sequence": 0, "answer": "DECLINED", "counters": False}


async def test_another_time_that_is_asked_for_is_kept_with_the_answer(database: Database, now: datetime) -> None:
    meeting, uid = await invited(database, now)
    proposed = datetime(2026, 9, 16, 14, 0)  # noqa: DTZ001 on a wall in England
    assert await take(database, outlook(uid, OFFICER, now, answer="TENTATIVE", proposed=proposed), now) is Outcome.TAKEN
    async with database.connection() as connection:
        (shown,) = (await invitations_of(connection, COMMAND_LINE, [meeting.meeting_id], now.date()))[meeting.meeting_id]
    begins = datetime(2026, 9, 16, 13, 0, tzinfo=UTC)
    assert (shown.answer, shown.proposed) == (ReplyAnswer.TENTATIVE, TimeWindow(begins, begins + timedelta(hours=2)))


@pytest.mark.parametrize(
    "times",
    [
        "DTSTART:00010101T000000Z\nDTEND:00010102T000000Z\n",
        "DTSTART:99991231T225959Z\nDTEND:99991231T235959Z\n",
        "DTSTART:20260916T140000Z\nDTEND:99991231T235959Z\n",
    ],
)
async def test_no_time_that_is_asked_for_keeps_the_worklist_or_the_next_answer_back(database: Database, now: datetime, times: str) -> None:
    _, uid = await invited(database, now)
    mail = mailed(calendar(uid, OFFICER, now, answer="DECLINED", method="COUNTER", extra=times), OFFICER)
    assert await take(database, mail, now) is Outcome.TAKEN
    async with database.connection() as connection:
        (task,) = await open_tasks(connection, now.date())
    assert (task.kind, task.proposed_starts_at, task.proposed_ends_at) == (TaskKind.DECLINED, None, None)
    assert await take(database, reply(uid, OFFICER, now + timedelta(seconds=1)), now + timedelta(seconds=1)) is Outcome.TAKEN


async def test_an_answer_by_a_clock_that_was_never_set_can_be_answered_anew(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now)
    unset = mailed(calendar(uid, OFFICER, now).replace(f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}", "DTSTAMP:00010101T000000Z"), OFFICER)
    assert [await take(database, each, now) for each in (unset, unset, reply(uid, OFFICER, now, answer="DECLINED"))] == [
        Outcome.TAKEN,
        Outcome.REPEATED,
        Outcome.TAKEN,
    ]


async def test_a_change_of_the_meeting_asks_anew_and_the_old_answer_stays_with_the_old_invitation(
    database: Database, now: datetime
) -> None:
    meeting, uid = await invited(database, now)
    await take(database, reply(uid, OFFICER, now), now)
    await tell(database, at(meeting, now + WHEN + timedelta(days=1)), now)
    await send(database, now)
    async with database.connection() as connection:
        shown = (await invitations_of(connection, COMMAND_LINE, [meeting.meeting_id], now.date()))[meeting.meeting_id]
    assert [(each.sequence, each.answer) for each in shown] == [(0, ReplyAnswer.ACCEPTED), (1, None)]
    assert await take(database, reply(uid, OFFICER, now, sequence=1, answer="TENTATIVE"), now) is Outcome.TAKEN
    assert await standing(database) == [(0, "ACCEPTED", False), (1, "TENTATIVE", False)]


async def test_a_later_answer_replaces_the_earlier_one_in_whatever_order_they_arrive(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now)
    early, late = (reply(uid, OFFICER, now + timedelta(seconds=each), answer=answer) for each, answer in ((1, "ACCEPTED"), (2, "DECLINED")))
    later = now + timedelta(minutes=5)
    assert [await take(database, mail, later) for mail in (late, early, late)] == [Outcome.TAKEN, Outcome.STALE, Outcome.REPEATED]
    assert await standing(database) == [(0, "DECLINED", False)]


async def test_the_address_counts_in_whatever_case_it_was_sent_to(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN, email="IRO-01@Example.org")])
    await tell(database, meeting, now)
    await send(database, now)
    (notice,) = await notices(database)
    assert await take(database, reply(notice["uid"], "iro-01@EXAMPLE.org", now), now) is Outcome.TAKEN


# ---------------------------------------------------------------------------------------------- ignored


async def test_what_is_forged_stale_unasked_oversized_or_malformed_changes_nothing_and_is_not_logged(
    database: Database, now: datetime, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("DEBUG")
    meeting, uid = await invited(database, now)
    await tell(database, at(meeting, now + WHEN + timedelta(days=1)), now)
    await send(database, now)
    await take(database, reply(uid, OFFICER, now, sequence=1), now)
    await tell(database, at(meeting, now + WHEN + timedelta(days=2)), now)  # sequence 2: owed, and never tried
    canary = "canary@example.org"
    mails = {
        Outcome.FORGED: reply(uid, OFFICER, now, sequence=1, answer="DECLINED", sender=canary),
        Outcome.NOT_THE_ADDRESSEE: reply(uid, canary, now, sequence=1, answer="DECLINED"),
        Outcome.UNKNOWN: reply("canary-uid", OFFICER, now, answer="DECLINED"),
        Outcome.NEVER_SENT: reply(uid, OFFICER, now, sequence=2, answer="DECLINED", extra="COMMENT:canary\n"),
        Outcome.STALE: reply(uid, OFFICER, now + timedelta(hours=1), sequence=0, answer="DECLINED", extra="COMMENT:canary\n"),
        Outcome.TOO_LARGE: b"From: canary@example.org\r\n" + b"canary " * 200_000,
        Outcome.MALFORMED: reply(uid, OFFICER, now, extra="SEQUENCE:canary\n"),
        Outcome.NO_ANSWER: reply(uid, OFFICER, now, answer="CANARY"),
        Outcome.NO_REPLY: reply(uid, OFFICER, now, method="CANARY"),
    }
    before = await dump(database)
    capfd.readouterr()
    assert {outcome: await take(database, mail, now) for outcome, mail in mails.items()} == {each: each for each in mails}
    assert await dump(database) == before
    logged = "".join(capfd.readouterr())
    assert logged.count("reply.judged") == len(mails)
    told = [each for each in ("canary", uid, OFFICER, str(meeting.meeting_id), meeting.reference) if each.lower() in logged.lower()]
    assert told == []


async def test_an_answer_to_what_is_cancelled_is_stale(database: Database, now: datetime) -> None:
    meeting, uid = await invited(database, now)
    await tell(database, without_addressees(meeting), now)
    await send(database, now)
    assert brief(await notices(database))[-1] == ("IRO-01", "CANCEL", 1, "SENT")
    for sequence in (0, 1):
        assert await take(database, reply(uid, OFFICER, now, sequence=sequence), now) is Outcome.STALE
    assert await standing(database) == []


async def test_a_sequence_that_was_never_owed_is_never_taken(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now)
    assert await take(database, reply(uid, OFFICER, now, sequence=999_999_999), now) is Outcome.NEVER_SENT


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.MANAGER, Role.SERVICE}))
async def test_whoever_does_not_deliver_replies_delivers_none(database: Database, now: datetime, role: Role) -> None:
    _, uid = await invited(database, now)
    with pytest.raises(Forbidden):
        await take(database, reply(uid, OFFICER, now), now, Actor(subject="x", role=role, name="x"))
    assert await standing(database) == []


# ------------------------------------------------------------------------------------------------- race


async def test_a_reply_that_meets_a_move_waits_for_it_and_is_stale_then(database: Database, now: datetime) -> None:
    meeting, uid = await invited(database, now)
    async with database.connection() as moving:
        transaction = moving.transaction()
        await transaction.start()
        await owe_notices(moving, at(meeting, now + WHEN + timedelta(days=1)), SETTINGS, now)
        taking = asyncio.create_task(take(database, reply(uid, OFFICER, now, answer="DECLINED"), now))
        while not await moving.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            assert not taking.done()
        await transaction.commit()
    assert await taking is Outcome.STALE
    assert await standing(database) == []


async def test_many_replies_at_once_leave_the_latest(database: Database, now: datetime) -> None:
    _, uid = await invited(database, now)
    mails = [reply(uid, OFFICER, now - timedelta(seconds=each), answer="DECLINED" if each == 0 else "ACCEPTED") for each in range(12)]
    resources = resources_for(database)
    outcomes = await asyncio.gather(*(take_reply(resources, POSTBOX, mail, now) for mail in [*mails[::-1], *mails]))
    assert set(outcomes) <= {Outcome.TAKEN, Outcome.STALE, Outcome.REPEATED}
    assert await standing(database) == [(0, "DECLINED", False)]


# ------------------------------------------------------------------------------------------------ rules

_NINE = datetime(2026, 9, 2, 9, tzinfo=UTC)
_EARLY, _LATE = (TimeWindow(_NINE + timedelta(hours=each), _NINE + timedelta(hours=each + 1)) for each in (0, 1))
_SAID = st.builds(
    ReplyMail,
    uid=st.just("u"),
    sequence=st.just(1),
    attendee=st.just(OFFICER),
    answer=st.sampled_from(ReplyAnswer),
    counters=st.booleans(),
    proposed=st.sampled_from([None, _EARLY, _LATE]),
    stamped_at=st.sampled_from([datetime(2026, 9, 1, 9, second, tzinfo=UTC) for second in range(2)]),
)


def _after(replies: tuple[ReplyMail, ...]) -> Answered | None:
    standing: Answered | None = None
    for each in replies:
        if judge(each, Entered(sequence=1, cancelled=False), Asked(email=OFFICER, tried=True), standing) is Outcome.TAKEN:
            standing = Answered(answer=each.answer, counters=each.counters, proposed=each.proposed, stamped_at=each.stamped_at)
    return standing


@given(st.lists(_SAID, min_size=1, max_size=4))
def test_what_stands_at_the_end_does_not_hang_on_the_order_of_arrival_or_on_repetition(replies: list[ReplyMail]) -> None:
    ends = {_after(order) for order in itertools.permutations(replies)}
    assert len(ends) == 1
    assert ends == {_after((*replies, *replies))}


def test_of_one_second_what_needs_a_person_more_stands_and_then_what_is_later() -> None:
    said = [
        *((answer, False, None) for answer in (ReplyAnswer.ACCEPTED, ReplyAnswer.TENTATIVE, ReplyAnswer.DECLINED)),
        *((ReplyAnswer.TENTATIVE, True, proposed) for proposed in (None, _EARLY, _LATE)),
        (ReplyAnswer.DECLINED, True, None),
    ]
    order = [
        ReplyMail(uid="u", sequence=1, attendee=OFFICER, answer=answer, counters=counters, proposed=proposed, stamped_at=_NINE)
        for answer, counters, proposed in said
    ]
    for less, more in itertools.pairwise(order):
        assert _after((less, more)) == _after((more, less)) == _after((more,)) != _after((less,))


@pytest.mark.parametrize(
    ("entered", "asked", "outcome"),
    [
        (None, None, Outcome.UNKNOWN),
        (Entered(sequence=1, cancelled=False), None, Outcome.NEVER_SENT),
        (Entered(sequence=1, cancelled=False), Asked(email=OFFICER, tried=False), Outcome.NEVER_SENT),
        (Entered(sequence=1, cancelled=False), Asked(email="b@example.org", tried=True), Outcome.NOT_THE_ADDRESSEE),
        (Entered(sequence=2, cancelled=False), Asked(email=OFFICER, tried=True), Outcome.STALE),
        (Entered(sequence=1, cancelled=True), Asked(email=OFFICER, tried=True), Outcome.STALE),
        (Entered(sequence=1, cancelled=False), Asked(email=OFFICER.upper(), tried=True), Outcome.TAKEN),
    ],
)
def test_a_reply_counts_where_its_addressee_answers_what_is_asked_now(
    entered: Entered | None, asked: Asked | None, outcome: ReplyOutcome
) -> None:
    said = ReplyMail(
        uid=str(uuid4()), sequence=1, attendee=OFFICER, answer=ReplyAnswer.ACCEPTED, counters=False, proposed=None,
        stamped_at=datetime(2026, 9, 1, tzinfo=UTC),
    )  # fmt: skip
    assert judge(said, entered, asked, None) is outcome

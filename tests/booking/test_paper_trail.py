"""What meetings owe on paper: mailed once before them, asked of whose it is after them, shown in calendars, done or lapsed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID, uuid4

import icalendar
import pytest

from services.booking.commands import ChildOutcome, Sitting, SplitMeeting
from services.booking.service import split
from services.directory.store import write_settings
from services.invitations.delivery import deliver_owed
from services.invitations.feeds import IssueFeed, fetch_feed, issue_feed
from services.invitations.letters import owe_letter
from services.invitations.restoring import lift
from services.invitations.tasks import SeeToTask, Task, TasksWanted, open_tasks, see_to, tasks, tasks_count, tasks_page
from services.invitations.trail import store as trail_store
from services.invitations.trail.following import BY_ITSELF, follow_some, look_at_all
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import NotFound
from services.kernel.paging import Window
from services.kernel.window import civil_day
from services.kernel.words import FeedScope, Role, TaskKind, TaskOf
from tests.booking.world import SUPPORT, TODAY, World, at, key
from tests.invitations.meetings import Clock, add_meeting, resources_for
from tests.support.smtp import Mail, ScriptedSmtp, running
from workers.delivery import deliver
from workers.sweeps import DailySweep

DAY = date(2026, 9, 21)
"""A Monday; ten working days before it is Monday 7 September, two are Thursday 17."""
START, END = at(DAY, "10:00"), at(DAY, "12:00")
ASKED, REMINDED = at(date(2026, 9, 7), "08:00"), at(date(2026, 9, 17), "08:00")
POLICE, CHAIR, TAKER = "pol@example.org", "iro1@example.org", "nt1@example.org"
_BLOCKED_BY = "SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))"
REPORTS = ("POLICE_NOTICE", "REPORT_REQUEST")


async def follow(world: World, now: datetime) -> int:
    """What has come of it, once there is nothing left to be looked at."""
    changed, looked = 0, 1
    while looked:
        looked, different = await follow_some(world.resources, now)
        changed += different
    return changed


async def sent(world: World, now: datetime, on_data: Callable[[str], str] = lambda _: "250 fine") -> list[Mail]:
    async with running(ScriptedSmtp(on_data=on_data)) as server:
        await deliver_owed(resources_for(world.database, server.url), Clock(now))
    return server.accepted


async def letters(world: World) -> list[tuple[str, str, str]]:
    """Which paper, to whom, in which state, in the order in which they were owed."""
    return [tuple(row) for row in await world.sql("SELECT paper, email, state FROM letter WHERE paper IS NOT NULL ORDER BY number")]


async def papers(world: World) -> dict[str, str]:
    """Each paper of the one meeting: what has become of it."""
    rows = await world.sql(
        "SELECT kind, CASE WHEN lapsed THEN 'lapsed' WHEN done_at IS NULL THEN 'open' ELSE done_by END AS state FROM paper_task ORDER BY 1"
    )
    return {row["kind"]: row["state"] for row in rows}


async def waiting(world: World, today: date = DAY, actor: Actor = SUPPORT) -> list[Task]:
    async with world.database.connection() as connection:
        return await tasks(connection, actor, today)


async def own(world: World, role: Role, code: str) -> Actor:
    ((identifier,),) = await world.sql("SELECT id FROM resource WHERE code = $1", code)
    return Actor(subject=f"{role}:{code}", role=role, name="x", code=code, resource_id=identifier)


async def conference(world: World) -> UUID:
    """Booked and told of, on the first day: with a chair, a note-taker and police."""
    await world.conference("CH001")
    meeting = await world.book("CH001", starts_at=START)
    await world.sql("UPDATE calendar_entry SET changed_at = $1", world.now)
    return meeting


async def review(world: World) -> UUID:
    await world.review("CH001")
    return await world.book_review("CH001", starts_at=at(DAY, "10:00"), venue="the school", venue_confidential=False)


async def held(world: World, meeting: UUID, now: datetime, **more: Any) -> None:
    world.now = now
    await world.held(meeting, held_on=DAY, **more)


async def feed_of(world: World, code: str, scope: FeedScope = FeedScope.IRO) -> str:
    issued = await issue_feed(resources_for(world.database), COMMAND_LINE, IssueFeed(request_key=key(), scope=scope, code=code), world.now)
    assert issued.url is not None
    return issued.url.rsplit("/", 1)[1].removesuffix(".ics")


async def events(world: World, token: str, now: datetime) -> list[tuple[str, str, int]]:
    """The tasks of a feed: the summary, the status, the SEQUENCE."""
    answer = await fetch_feed(resources_for(world.database), token, None, None, now)
    found = [each for each in icalendar.Calendar.from_ical(answer.body).walk("VEVENT") if str(each["SUMMARY"]).startswith("Task")]
    assert all(each["TRANSP"] == "TRANSPARENT" for each in found)
    return [(str(each["SUMMARY"]), str(each["STATUS"]), each.decoded("SEQUENCE")) for each in found]


def text_of(mail: Mail) -> str:
    message = message_from_bytes(mail.content, policy=policy.default)
    return f"{message['Subject']}\n{message.get_content()}"


async def state(world: World, **settings: object) -> None:
    """The unit states this of its paper trail."""
    async with world.database.transaction() as connection:
        await write_settings(connection, {"paper_trail": settings}, TODAY)
        await look_at_all(connection, TODAY)


# ------------------------------------------------------------------------------------------------------- before it


async def test_each_mail_before_a_meeting_is_owed_once_however_often_and_however_many_look(world: World) -> None:
    await conference(world)
    await follow(world, ASKED - timedelta(minutes=1))
    assert (await letters(world), await papers(world)) == ([], {})
    for now in (ASKED, ASKED + timedelta(hours=1), REMINDED, REMINDED + timedelta(hours=1)):
        await asyncio.gather(*(follow(world, now) for _ in range(6)))
        await world.sql("UPDATE paper_trail SET look_at = '-infinity'")
        await asyncio.gather(*(follow(world, now) for _ in range(6)))
    assert await letters(world) == [
        ("POLICE_NOTICE", POLICE, "OWED"),
        ("REMINDER", CHAIR, "OWED"),
        ("REMINDER", TAKER, "OWED"),
        ("REMINDER", POLICE, "OWED"),
    ]
    assert await papers(world) == {"POLICE_NOTICE": BY_ITSELF, "REMINDER": BY_ITSELF, "REPORT_REQUEST": "open"}


async def test_what_is_mailed_says_when_and_where_for_that_addressee_and_nothing_of_the_child(world: World) -> None:
    meeting = await world.meeting(await conference(world))
    await state(world, report_desks={"SOCIAL_WORKER": "workers@example.org"})
    await follow(world, REMINDED)
    mails = {mail.recipient: text_of(mail) for mail in await sent(world, REMINDED) if b"text/calendar" not in mail.content}
    assert sorted(mails) == sorted({POLICE, CHAIR, TAKER, "workers@example.org"})
    for text in mails.values():
        assert meeting["reference"] in text
        for word in ("CH001", "conference", "review", "INITIAL", "protection", "child"):
            assert word.lower() not in text.lower()
    assert "Wanted:  by Thursday 17 September 2026" in mails["workers@example.org"]
    assert "When:    Monday 21 September 2026, 09:30 to 12:00 (time in England)" in mails[CHAIR]
    assert f"Where:   {(await world.sql('SELECT name FROM resource WHERE id = $1', meeting['room_id']))[0]['name']}" in mails[CHAIR]


async def test_reports_are_asked_for_where_the_unit_has_an_address_and_else_by_a_person(world: World) -> None:
    await conference(world)
    await state(world, report_desks={"SOCIAL_WORKER": "workers@example.org", "MIDWIFE": "nobody@example.org"})
    await follow(world, ASKED)
    assert ("REPORT_REQUEST", "workers@example.org", "OWED") in await letters(world)
    (task,) = await waiting(world)
    assert (task.kind, task.whose, task.due_on) == (TaskKind.REPORT_REQUEST, TaskOf.BUSINESS_SUPPORT, date(2026, 9, 7))
    roles = [row["role"] for row in await world.sql("SELECT DISTINCT role FROM attendee WHERE required OR invited")]
    await state(world, report_desks=dict.fromkeys(roles, "workers@example.org"))
    await follow(world, ASKED)
    assert (await papers(world))["REPORT_REQUEST"] == BY_ITSELF
    assert len(await letters(world)) == 2, "one address is asked once"


async def test_a_meeting_that_moves_is_told_of_anew_and_an_unsent_mail_of_its_old_time_is_never_sent(world: World) -> None:
    meeting = await conference(world)
    await follow(world, ASKED)
    world.now = ASKED
    await world.move(meeting, starts_at=at(DAY + timedelta(days=1), "10:00"))
    assert [each.recipient for each in await sent(world, ASKED) if b"Notice:" in each.content] == []
    await follow(world, ASKED + timedelta(days=1, hours=1))
    assert await letters(world) == [("POLICE_NOTICE", POLICE, "SUPERSEDED"), ("POLICE_NOTICE", POLICE, "OWED")]
    (mail,) = [each for each in await sent(world, ASKED + timedelta(days=1, hours=1)) if b"Notice:" in each.content]
    assert "Tuesday 22 September 2026" in text_of(mail)


async def test_a_meeting_that_moves_away_and_back_is_told_of_at_last_as_it_stands(world: World) -> None:
    meeting = await conference(world)
    await follow(world, ASKED)
    world.now = ASKED
    await world.move(meeting, starts_at=at(DAY + timedelta(days=1), "10:00"))
    assert [each for each in await sent(world, ASKED) if b"Notice:" in each.content] == [], "and nobody has looked yet"
    await world.move(meeting, 2, starts_at=START)
    await follow(world, ASKED)
    assert [each.recipient for each in await sent(world, ASKED) if b"Notice:" in each.content] == [POLICE]
    for version, starts_at in ((3, at(DAY + timedelta(days=1), "10:00")), (4, START)):
        await world.move(meeting, version, starts_at=starts_at)
        await follow(world, ASKED + timedelta(days=1))
    (mail,) = [each for each in await sent(world, ASKED + timedelta(days=1)) if b"Notice:" in each.content]
    assert "Monday 21 September 2026" in text_of(mail)


async def test_a_change_that_is_no_move_mails_nobody_again(world: World) -> None:
    meeting = await conference(world)
    await follow(world, ASKED)
    await sent(world, ASKED)
    world.now = ASKED
    await world.move(meeting, room_code="ROOM-B")
    await follow(world, ASKED + timedelta(days=1))
    assert [state for _, _, state in await letters(world)] == ["SENT"]


async def test_a_mail_that_waits_never_tells_of_a_room_after_the_next_one_was_told_of(world: World) -> None:
    meeting = await conference(world)
    await follow(world, REMINDED)
    assert await sent(world, REMINDED, on_data=lambda _: "451 4.3.0 later") == []
    world.now = REMINDED + timedelta(minutes=1)
    room = (await world.meeting(meeting))["room"]
    await world.move(meeting, room_code="ROOM-B" if room == "ROOM-A" else "ROOM-A")
    first = [text_of(each) for each in await sent(world, world.now + timedelta(hours=1)) if b"text/calendar" not in each.content]
    assert first == [], "what waited told of the room before"
    await follow(world, world.now + timedelta(hours=1))
    ((name,),) = await world.sql("SELECT r.name FROM resource r JOIN meeting m ON m.room_id = r.id")
    (notice,) = [text_of(each) for each in await sent(world, world.now + timedelta(hours=2)) if b"text/calendar" not in each.content]
    assert notice.startswith("Notice: ")
    assert f"Where:   {name}" in notice
    assert [each for each in await letters(world) if each[2] == "OWED"] == [], "who was just told of a change needs no reminder"


@pytest.mark.parametrize("verb", ["cancel", "postpone"])
async def test_nobody_is_mailed_of_a_meeting_that_is_not_to_be(world: World, verb: str) -> None:
    meeting = await conference(world)
    await follow(world, ASKED)
    world.now = ASKED
    await world.act(verb, meeting)
    assert await waiting(world) == [], "from the moment of its cancellation"
    assert [each for each in await sent(world, ASKED) if b"Notice:" in each.content] == []
    await follow(world, REMINDED)
    assert await letters(world) == [("POLICE_NOTICE", POLICE, "SUPERSEDED")]
    assert (await papers(world))["REPORT_REQUEST"] == "lapsed"


async def test_nothing_is_mailed_before_a_meeting_once_it_has_begun(world: World) -> None:
    await conference(world)
    await follow(world, REMINDED)
    assert await sent(world, REMINDED, on_data=lambda _: "451 4.3.0 later") == []
    assert [each for each in await sent(world, START) if b"Reminder:" in each.content or b"Notice:" in each.content] == []
    assert {state for _, _, state in await letters(world)} == {"SUPERSEDED"}


async def test_a_mail_that_waits_goes_out_as_the_very_bytes_that_were_owed(world: World) -> None:
    await conference(world)
    await follow(world, ASKED)
    ((owed,),) = await world.sql("SELECT message FROM letter WHERE paper = 'POLICE_NOTICE'")
    assert await sent(world, ASKED, on_data=lambda _: "451 4.3.0 later") == []
    later = ASKED + timedelta(hours=1)
    await follow(world, later)
    (mail,) = [each for each in await sent(world, later) if b"Notice:" in each.content]
    assert mail.content.rstrip() == owed.rstrip()


async def test_whoever_is_told_of_a_meeting_after_reminders_were_due_needs_none(world: World) -> None:
    await conference(world)
    await world.sql("UPDATE calendar_entry SET changed_at = $1 WHERE email = $2", REMINDED + timedelta(minutes=1), TAKER)
    await follow(world, REMINDED + timedelta(hours=2))
    assert [email for paper, email, _ in await letters(world) if paper == "REMINDER"] == [CHAIR, POLICE]


async def test_police_who_come_in_place_of_others_have_notice_too(world: World) -> None:
    meeting = await conference(world)
    await follow(world, ASKED)
    await world.sql("UPDATE police_team SET email = 'other@example.org'")
    await world.sql("UPDATE calendar_entry SET email = 'other@example.org' WHERE addressee_kind = 'POLICE'")
    await world.sql("UPDATE meeting SET version = version + 1 WHERE id = $1", meeting)
    await follow(world, ASKED)
    assert [each.recipient for each in await sent(world, ASKED) if b"Notice:" in each.content] == ["other@example.org"]
    assert await letters(world) == [("POLICE_NOTICE", POLICE, "SUPERSEDED"), ("POLICE_NOTICE", "other@example.org", "SENT")]


async def test_police_who_come_in_place_of_others_and_have_no_address_are_given_notice_by_a_person(world: World) -> None:
    meeting = await conference(world)
    await follow(world, ASKED)
    assert (await papers(world))["POLICE_NOTICE"] == BY_ITSELF
    later = ASKED + timedelta(days=1)
    for address, state, due_on in ((None, "open", date(2026, 9, 8)), (POLICE, BY_ITSELF, None)):
        await world.sql("UPDATE calendar_entry SET email = $1 WHERE addressee_kind = 'POLICE'", address)
        await world.sql("UPDATE meeting SET version = version + 1 WHERE id = $1", meeting)
        await follow(world, later)
        assert (await papers(world))["POLICE_NOTICE"] == state
        due = [each.due_on for each in await waiting(world, civil_day(later)) if each.kind is TaskKind.POLICE_NOTICE]
        assert due == ([due_on] if due_on else [])
    assert [each for each in await letters(world) if each[0] == "POLICE_NOTICE"] == [("POLICE_NOTICE", POLICE, "OWED")]


async def test_each_mail_can_be_switched_off(world: World) -> None:
    await conference(world)
    await state(world, REMINDER="off", POLICE_NOTICE={"INITIAL_CONFERENCE": "off"}, REPORT_REQUEST="off")
    await follow(world, REMINDED)
    assert (await letters(world), await papers(world)) == ([], {})


async def test_on_a_fixed_day_papers_go_by_that_day_and_mails_by_the_clock(world: World) -> None:
    await conference(world)
    fixed = resources_for(world.database, today=date(2026, 9, 17))
    real = at(date(2027, 5, 3), "11:00")
    await follow_some(fixed, real)
    assert len(await letters(world)) == 4
    async with running(ScriptedSmtp()) as server:
        await deliver_owed(resources_for(world.database, server.url, today=date(2026, 9, 17)), Clock(real))
    assert sum(b"Reminder:" in each.content for each in server.accepted) == 3


# -------------------------------------------------------------------------------------------------------- after it


async def test_the_chair_owes_what_follows_a_review_from_its_end_on_and_her_calendar_says_so(world: World) -> None:
    meeting = await review(world)
    row = await world.meeting(meeting)
    chair = await own(world, Role.IRO, row["chair"])
    token = await feed_of(world, row["chair"])
    await follow(world, row["ends_at"] - timedelta(seconds=1))
    assert await waiting(world, actor=chair) == []
    await follow(world, row["ends_at"])
    found = await waiting(world, actor=chair)
    assert [(each.kind, each.attendee, each.about) for each in found] == [
        (kind, f"IRO {row['chair']}", row["reference"])
        for kind in (TaskKind.RAG_DOCUMENT, TaskKind.DECISIONS_TO_MANAGER, TaskKind.RECORD_WRITTEN, TaskKind.RECORD_DISTRIBUTED)
    ]
    assert await events(world, token, row["ends_at"]) == [(f"Task {row['reference']}", "CONFIRMED", 0)] * 4
    answer = await fetch_feed(resources_for(world.database), token, None, None, row["ends_at"])
    shown = icalendar.Calendar.from_ical(answer.body).walk("VEVENT")
    days = {each.decoded("DTSTART") for each in shown if str(each["SUMMARY"]).startswith("Task")}
    assert days == {
        row["ends_at"] + timedelta(hours=23, minutes=30), date(2026, 9, 28), date(2026, 10, 12), date(2026, 10, 19)
    }  # fmt: skip


async def test_what_is_done_leaves_the_worklist_and_is_cancelled_in_the_calendar_under_the_next_sequence(world: World) -> None:
    meeting = await review(world)
    row = await world.meeting(meeting)
    chair, token = await own(world, Role.IRO, row["chair"]), await feed_of(world, row["chair"])
    await held(world, meeting, row["ends_at"])
    await follow(world, row["ends_at"])
    before = await fetch_feed(resources_for(world.database), token, None, None, row["ends_at"])
    (first, *rest) = await waiting(world, actor=chair)
    later = row["ends_at"] + timedelta(hours=1)
    for _ in range(2):
        assert await see_to(world.resources, chair, SeeToTask(request_key="k", id=first.id), later) == first.id
    assert await waiting(world, actor=chair) == rest
    with pytest.raises(NotFound):
        await see_to(world.resources, chair, SeeToTask(request_key="another", id=first.id), later)
    shown = [(status, sequence) for _, status, sequence in await events(world, token, later)]
    assert sorted(shown) == [("CANCELLED", 1), ("CONFIRMED", 0), ("CONFIRMED", 0), ("CONFIRMED", 0)]
    after = await fetch_feed(resources_for(world.database), token, before.headers["ETag"], None, later)
    assert (after.status, after.headers["ETag"] != before.headers["ETag"]) == (200, True)
    await follow(world, later)
    assert (await fetch_feed(resources_for(world.database), token, after.headers["ETag"], None, later)).status == 304
    ((event,),) = await world.sql("SELECT details FROM audit_event WHERE action = 'SEE_TO_TASK'")
    assert event["task"] == "RAG_DOCUMENT"


async def test_letter_and_record_of_a_conference_are_in_the_calendars_of_whose_they_are_and_in_no_other(world: World) -> None:
    meeting = await conference(world)
    row = await world.meeting(meeting)
    feeds = {
        code: await feed_of(world, code, scope)
        for code, scope in (
            (row["chair"], FeedScope.IRO),
            (row["note_taker"], FeedScope.NOTE_TAKER),
            (row["room"], FeedScope.ROOM),
            ("POL-01", FeedScope.POLICE_TEAM),
        )
    }
    await held(world, meeting, END, outcomes=(ChildOutcome(reference="CH001", on_plan=False),))
    await follow(world, END)
    assert {code: len(await events(world, token, END)) for code, token in feeds.items()} == {
        row["chair"]: 1, row["note_taker"]: 2, row["room"]: 0, "POL-01": 0
    }  # fmt: skip
    taker = await own(world, Role.NOTE_TAKER, row["note_taker"])
    assert [each.kind for each in await waiting(world, actor=taker)] == [TaskKind.RECORD_WRITTEN, TaskKind.RECORD_DISTRIBUTED]
    (letter,) = [each for each in await waiting(world) if each.kind is TaskKind.DECISION_LETTER]
    with pytest.raises(NotFound):
        await see_to(world.resources, taker, SeeToTask(request_key="k", id=letter.id), END)
    await see_to(world.resources, SUPPORT, SeeToTask(request_key="k", id=letter.id), END)


async def test_what_was_called_off_at_the_door_owes_nothing_and_leaves_the_calendar(world: World) -> None:
    meeting = await review(world)
    row = await world.meeting(meeting)
    token = await feed_of(world, row["chair"])
    await follow(world, row["ends_at"])
    world.now = row["ends_at"] + timedelta(hours=1)
    await world.act("cancel", meeting)
    assert await waiting(world) == []
    await follow(world, world.now)
    assert {state for kind, state in (await papers(world)).items() if kind not in (*REPORTS, "REMINDER")} == {"lapsed"}
    assert {status for _, status, _ in await events(world, token, world.now)} == {"CANCELLED"}
    assert await events(world, token, world.now + timedelta(days=40)) == [], "kept for 30 days"


async def test_another_chair_has_the_tasks_and_the_one_before_is_told_that_they_are_hers_no_more(world: World) -> None:
    meeting = await review(world)
    row = await world.meeting(meeting)
    old, new = await feed_of(world, "IRO-01"), await feed_of(world, "IRO-02")
    await follow(world, row["ends_at"])
    for chair, shown in (("IRO-02", (("CANCELLED", 1), ("CONFIRMED", 0))), ("IRO-01", (("CONFIRMED", 2), ("CANCELLED", 1)))):
        await world.sql(
            "UPDATE meeting SET chair_id = (SELECT id FROM resource WHERE code = $1), version = version + 1 WHERE id = $2", chair, meeting
        )
        await follow(world, row["ends_at"])
        for token, (status, sequence) in zip((old, new), shown, strict=True):
            assert {each[1:] for each in await events(world, token, row["ends_at"])} == {(status, sequence)}
    ((uids, entries),) = await world.sql("SELECT count(DISTINCT uid), count(*) FROM task_entry")
    assert (uids, entries) == (8, 8), "one a paper and officer, for life"


async def test_a_meeting_recorded_on_another_day_has_its_deadlines_from_that_day_and_what_is_done_stays_done(world: World) -> None:
    meeting = await review(world)
    row = await world.meeting(meeting)
    await follow(world, row["ends_at"])
    (rag, *_) = [each for each in await waiting(world) if each.kind is TaskKind.RAG_DOCUMENT]
    await see_to(world.resources, SUPPORT, SeeToTask(request_key="k", id=rag.id), row["ends_at"])
    world.now = row["ends_at"] + timedelta(days=2)
    await world.held(meeting, held_on=DAY + timedelta(days=1))
    await follow(world, world.now)
    due = {each.kind: each.due_on for each in await waiting(world)}
    assert due[TaskKind.DECISIONS_TO_MANAGER] == date(2026, 9, 29)
    assert TaskKind.RAG_DOCUMENT not in due


@pytest.mark.parametrize("goes_on", ["adjourned", "moved"])
async def test_what_was_done_after_a_sitting_is_to_be_done_again_after_the_one_in_which_the_meeting_ends(
    world: World, goes_on: str
) -> None:
    meeting = await review(world)
    row = await world.meeting(meeting)
    chair, token, ended = await own(world, Role.IRO, row["chair"]), await feed_of(world, row["chair"]), row["ends_at"]
    await follow(world, ended)
    (rag, *_) = await waiting(world, actor=chair)
    await see_to(world.resources, chair, SeeToTask(request_key=key(), id=rag.id), ended)
    world.now, resumed = ended + timedelta(minutes=30), START + timedelta(days=1)
    if goes_on == "adjourned":
        await world.held(meeting, held_on=DAY, resumes_at=resumed)
    else:
        await world.move(meeting, starts_at=resumed)
    await follow(world, world.now)
    assert (await papers(world))["RAG_DOCUMENT"] == chair.subject, "it was done, whatever is to come"
    assert await waiting(world, civil_day(world.now), chair) == []
    over = resumed + (ended - START)
    await follow(world, over)
    (again, *rest) = await waiting(world, civil_day(over), chair)
    assert (again.id, again.kind, again.due_at, len(rest)) == (rag.id, TaskKind.RAG_DOCUMENT, over + timedelta(hours=24), 3)
    assert sorted((await events(world, token, over)), key=lambda each: each[2]) == [(f"Task {row['reference']}", "CONFIRMED", 2)] * 4
    await see_to(world.resources, chair, SeeToTask(request_key=key(), id=rag.id), over)
    await world.sql("UPDATE paper_trail SET look_at = '-infinity'")
    await follow(world, over + timedelta(minutes=1))
    assert (await papers(world))["RAG_DOCUMENT"] == chair.subject, "done for the sitting that ended it"


async def test_of_a_meeting_in_sittings_each_is_reminded_of_and_deadlines_run_from_the_last(world: World) -> None:
    await world.review("CH001")
    meeting = await world.book_review("CH001", starts_at=START)
    await world.sql("UPDATE calendar_entry SET changed_at = $1", world.now)
    later = at(DAY + timedelta(days=1), "10:00")
    sittings = (Sitting(starts_at=START, ends_at=START + timedelta(hours=1)), Sitting(starts_at=later, ends_at=later + timedelta(hours=1)))
    await split(
        world.resources, SUPPORT, SplitMeeting(request_key=key(), id=meeting, version=1, reason="a test", sittings=sittings), world.now
    )
    await follow(world, REMINDED)
    await follow(world, at(DAY, "10:30"))
    starts = [
        row["sitting_starts_at"] for row in await world.sql("SELECT sitting_starts_at FROM letter WHERE paper = 'REMINDER' ORDER BY number")
    ]
    assert starts == [START, later]
    await follow(world, later)
    assert [each.kind for each in await waiting(world, DAY + timedelta(days=1))] == []
    await follow(world, later + timedelta(hours=1))
    assert (await waiting(world, DAY + timedelta(days=1)))[0].due_at == later + timedelta(hours=25)


async def test_a_restore_lifts_what_calendars_show_of_tasks_as_all_else(world: World) -> None:
    row = await world.meeting(await review(world))
    await follow(world, row["ends_at"])
    done = await lift(world.database, COMMAND_LINE, {}, row["ends_at"] + timedelta(hours=1))
    shown = await world.sql("SELECT sequence, vevent FROM task_entry")
    assert {each["sequence"] for each in shown} == {done.step}
    assert all(f"\r\nSEQUENCE:{done.step}\r\n" in each["vevent"] for each in shown)
    again = await lift(world.database, COMMAND_LINE, {}, row["ends_at"] + timedelta(hours=2))
    assert again.done_at is not None
    assert {each["sequence"] for each in await world.sql("SELECT sequence FROM task_entry")} == {done.step}


# ------------------------------------------------------------------------------------------------------- worklist


async def test_the_worklist_has_pages_says_what_is_overdue_and_keeps_what_is_done(world: World) -> None:
    for number, clock in enumerate(("09:30", "12:30", "15:00")):
        await world.review(f"CH{number:03}", f"IRO-0{1 + number % 2}")
        await world.book_review(f"CH{number:03}", starts_at=at(DAY, clock))
    await follow(world, at(DAY, "20:00"))
    async with world.database.connection() as connection:
        everything = await open_tasks(connection, DAY)
        assert len(everything) == 12
        assert [each.due_at for each in everything] == sorted(each.due_at for each in everything if each.due_at is not None)
        found: list[Task] = []
        window = Window(first=5)
        while True:
            page = await tasks_page(connection, SUPPORT, DAY, TasksWanted(), window)
            found += page.rows
            if not page.more:
                break
            window = Window(first=5, after_key=found[-1].place, after_id=found[-1].id)
        assert found == everything
        late = TasksWanted(due_by=at(DAY + timedelta(days=1), "23:00"))
        assert [each.kind for each in (await tasks_page(connection, SUPPORT, DAY, late, Window(first=9))).rows] == [
            TaskKind.RAG_DOCUMENT
        ] * 3
        assert (await tasks_count(connection, SUPPORT, DAY, TasksWanted()), await tasks_count(connection, SUPPORT, DAY, late)) == (12, 3)
    for minutes, each in enumerate(everything[:3]):
        await see_to(world.resources, SUPPORT, SeeToTask(request_key=key(), id=each.id), at(DAY, "21:00") + timedelta(minutes=minutes))
    async with world.database.connection() as connection:
        wanted = TasksWanted(done=True)
        first = await tasks_page(connection, SUPPORT, DAY, wanted, Window(first=2))
        rest = await tasks_page(
            connection, SUPPORT, DAY, wanted, Window(first=9, after_key=first.rows[-1].place, after_id=first.rows[-1].id)
        )
        done = [each for each in (*first.rows, *rest.rows) if each.done_by == SUPPORT.subject]
        assert [each.id for each in done] == [each.id for each in reversed(everything[:3])]
        assert await tasks_count(connection, SUPPORT, DAY, wanted) == len(first.rows) + len(rest.rows)
        stranger = Actor(subject="x", role=Role.IRO, name="x", code="IRO-02", resource_id=uuid4())
        assert (await tasks_page(connection, stranger, DAY, wanted, Window(first=9))).rows == ()
        assert await tasks_count(connection, stranger, DAY, TasksWanted()) == 0


async def test_a_look_waits_for_whoever_changes_the_meeting_and_comes_after_it(world: World) -> None:
    meeting = await conference(world)
    async with world.database.transaction() as connection:
        await connection.execute("UPDATE meeting SET state = 'CANCELLED' WHERE id = $1", meeting)
        assert await follow(world, REMINDED) == 0
    await follow(world, REMINDED)
    assert (await letters(world), await papers(world)) == ([], {})


async def test_mail_goes_out_between_looks_and_nobody_waits_for_all_of_them(world: World) -> None:
    for _ in range(21):
        await add_meeting(world.database, START)
    async with running(ScriptedSmtp()) as server:
        resources = resources_for(world.database, server.url)
        assert await deliver(resources, Clock(ASKED)) == 10, "whoever would change one of them waits for ten at most"
        async with world.database.transaction() as connection:
            await owe_letter(connection, "a matter", CHAIR, "Hello", "A letter.", ASKED)
        assert await deliver(resources, Clock(ASKED)) == 1 + 10
        assert [each.recipient for each in server.accepted] == [CHAIR]
        assert [await deliver(resources, Clock(ASKED)) for _ in range(2)] == [1, 0]


async def test_a_look_that_is_asked_for_during_one_comes_after_it(world: World) -> None:
    meeting = await conference(world)
    async with world.database.transaction() as looking:
        await trail_store.due_meetings(looking, ASKED, 10)
        asking = asyncio.create_task(world.sql("UPDATE paper_trail SET look_at = '-infinity'"))
        while not asking.done() and not await world.sql(_BLOCKED_BY, looking.get_server_pid()):
            pass
        await trail_store.look_again(looking, [(meeting, END)], ASKED)
    await asking
    assert (await world.sql("SELECT look_at = '-infinity' FROM paper_trail"))[0][0], "a sender's mail went stale: it is to be written anew"


async def test_a_look_waits_for_nobody_with_another_meeting_in_its_hand_that_comes_after(world: World) -> None:
    """Whoever asks for looks at several meetings, as a sender whose mails went stale, locks them in order: a look that held a later one
    while it waits for an earlier would wait crosswise, and that sender's mails would go out twice."""
    later, earlier = UUID(int=2), UUID(int=1)
    for meeting in (later, earlier):
        await world.sql(
            "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at) VALUES ($1, $2, 'CARE_REVIEW', 'CONFIRMED', $3, $4)",
            meeting, f"M-{meeting.int}", START, END,
        )  # fmt: skip
    looks = [(later, END), (earlier, END)]
    async with world.database.transaction() as sender:
        await sender.execute("SELECT FROM paper_trail WHERE meeting_id = $1 FOR NO KEY UPDATE", earlier)
        looking = asyncio.create_task(world.database.run(lambda connection: trail_store.look_again(connection, looks, ASKED)))
        while not looking.done() and not await world.sql(_BLOCKED_BY, sender.get_server_pid()):
            pass
        await sender.execute("SELECT FROM paper_trail WHERE meeting_id = $1 FOR NO KEY UPDATE NOWAIT", later)
    await looking
    assert [row["look_at"] for row in await world.sql("SELECT look_at FROM paper_trail")] == [END, END]


async def test_a_look_that_finds_nothing_new_changes_no_calendar(world: World) -> None:
    row = await world.meeting(await review(world))
    await follow(world, row["ends_at"])
    before = await world.sql("SELECT owner_id, version FROM diary_version ORDER BY 1")
    await state(world)
    assert await follow(world, row["ends_at"] + timedelta(minutes=1)) == 0
    assert await world.sql("SELECT owner_id, version FROM diary_version ORDER BY 1") == before


async def test_settings_that_change_change_what_is_owed(world: World) -> None:
    row = await world.meeting(await review(world))
    token = await feed_of(world, row["chair"])
    await follow(world, row["ends_at"])
    await state(
        world, RAG_DOCUMENT={"CARE_REVIEW": "2 working days"}, DECISIONS_TO_MANAGER="off", of={"RECORD_WRITTEN": "BUSINESS_SUPPORT"}
    )
    await follow(world, row["ends_at"])
    found = {each.kind: (each.whose, each.due_on) for each in await waiting(world)}
    assert found == {
        TaskKind.RAG_DOCUMENT: (TaskOf.CHAIR, date(2026, 9, 23)),
        TaskKind.RECORD_WRITTEN: (TaskOf.BUSINESS_SUPPORT, date(2026, 10, 12)),
        TaskKind.RECORD_DISTRIBUTED: (TaskOf.CHAIR, date(2026, 10, 19)),
    }
    shown = sorted((status, sequence) for _, status, sequence in await events(world, token, row["ends_at"]))
    assert shown == [("CANCELLED", 1), ("CANCELLED", 1), ("CONFIRMED", 0), ("CONFIRMED", 1)]


async def test_settings_dated_ahead_hold_from_their_day_on_by_themselves(world: World) -> None:
    meeting = await conference(world)
    token = await feed_of(world, (await world.meeting(meeting))["chair"])
    ahead = civil_day(ASKED + timedelta(days=2))
    await follow(world, ASKED)
    for name, value in (("paper_trail", {"REMINDER": {"INITIAL_CONFERENCE": "6 working days"}}), ("calendar", {"show": {"IRO": ["kind"]}})):
        await world.sql("INSERT INTO setting VALUES ($1, daterange($2::date, $2::date + 4), $3)", name, ahead, value)
    for days, reminded, shown in ((1, 0, False), (2, 0, True), (4, 3, True), (6, 3, False), (8, 3, False)):
        now, sweep = ASKED + timedelta(days=days), DailySweep()  # of another process each day
        for _ in range(2):
            await sweep.sweep(world.resources, Clock(now))
            await follow(world, now)
        assert sum(paper == "REMINDER" for paper, _, _ in await letters(world)) == reminded
        body = (await fetch_feed(resources_for(world.database), token, None, None, now)).body
        assert (b"(initial conference)" in body) == shown
    before = await world.sql("SELECT looked_at FROM paper_trail")
    await DailySweep().sweep(world.resources, Clock(ASKED + timedelta(days=8, hours=1)))
    assert await follow_some(world.resources, ASKED + timedelta(days=8, hours=1)) == (0, 0), "what was looked at since is not again"
    assert await world.sql("SELECT looked_at FROM paper_trail") == before

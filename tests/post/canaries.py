"""What must never leave the database: planted in every field of a small unit, which is then driven by its processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import httpx

from deploy.embedded import free_port
from services.kernel.words import MeetingKind, Role
from tests.booking.world import at
from tests.fire.api import BOOK, CANCEL, MOVE, Answer, Callers, calling
from tests.fire.unit import Ground, Size, booking, few, lay
from tests.post.processes import Post
from tests.post.valkey import Valkey, own_valkey
from tests.support.smtp import ScriptedSmtp, running

SIZE = Size(officers=4, days=6, children=16)
CODES = ("INITIAL_CONFERENCE", "CARE_REVIEW", "EMOTIONAL", "SECURE", "canary", "conference", "review", "protection")
"""Kinds, categories and words that no reader outside may find; with them every canary, whatever its number."""
CHILDREN = [f"CH{number:05}" for number in range(SIZE.children)]
"""Their references."""
_PLANT = """
INSERT INTO child_fact (child_id, recorded, born_on, upn, source)
SELECT id, tstzrange(now(), NULL), '2016-05-04', 'canaryupn' || reference, 'canaryfact' || reference FROM child;
INSERT INTO care_period (id, child_id, recorded, started_on, started_on_exact, legal_status, source)
SELECT gen_random_uuid(), id, tstzrange(now(), NULL), '2026-01-05', true, 'canarylaw' || reference, 'canarycare' || reference FROM child;
INSERT INTO protection_plan (id, child_id, recorded, started_on, category, source)
SELECT gen_random_uuid(), id, tstzrange(now(), NULL), '2026-01-05', 'EMOTIONAL', 'canaryplan' || reference FROM child;
"""
_LONG_TOLD = """
UPDATE calendar_entry SET changed_at = changed_at - interval '200 days';
UPDATE paper_trail SET look_at = '-infinity';
"""
_ENDED = """
WITH ended AS (
    SELECT DISTINCT ON (kind) id, starts_at - (now() - interval '26 hours') AS ago
    FROM meeting WHERE state = 'CONFIRMED' ORDER BY kind, reference
), sat AS (
    UPDATE sitting SET during = tstzrange(lower(during) - ago, upper(during) - ago) FROM ended WHERE meeting_id = ended.id
)
UPDATE meeting SET starts_at = starts_at - ago, ends_at = ends_at - ago, chair_id = (SELECT id FROM resource WHERE code = 'IRO-01')
FROM ended WHERE meeting.id = ended.id;
"""
PAPERS = ("POLICE_NOTICE", "REPORT_REQUEST", "REMINDER")
"""What is mailed before a meeting."""
_TOLD = "__typename ... on InvalidInput { message field } ... on Forbidden { message }"


def _mutation(name: str, stated: str, more: str = "") -> str:
    return f"mutation ($input: {stated}!) {{ {name}(input: $input) {{ {_TOLD} {more} }} }}"


_ALLOCATE = _mutation("allocateTo", "AllocateToInput", "... on NotEligible { message }")
_CONFLICT = _mutation("declareConflict", "DeclareConflictInput")
_HOUSEHOLD = _mutation("approveHousehold", "ApproveHouseholdInput")
_CIRCUMSTANCES = _mutation("recordCircumstances", "RecordCircumstancesInput")
_ABSENT = _mutation("recordAbsence", "RecordAbsenceInput", "... on AbsenceRecorded { released { id } }")
_PLAN = _mutation("planMeetings", "PlanMeetingsInput", "... on PlanQueued { plan { id } }")
_APPLY_PLAN = _mutation("applyPlan", "RunActionInput")
_REBALANCE = _mutation("proposeRebalancing", "ProposeRebalancingInput", "... on RebalancingQueued { rebalancing { id } }")
_APPLY_REBALANCING = _mutation("applyRebalancing", "ApplyRebalancingInput")
_FEED = _mutation("issueCalendarFeed", "IssueCalendarFeedInput", "... on IssuedCalendarFeed { url }")


@dataclass(slots=True, kw_only=True)
class Sight:
    """What anybody outside the database could see, by where: a text that holds all of it."""

    texts: dict[str, str] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    planted: int = 0

    def found(self, canaries: Sequence[str]) -> list[tuple[str, str]]:
        """Where each is that is anywhere."""
        lowered = {where: text.lower() for where, text in self.texts.items()}
        return [(where, canary) for where, text in lowered.items() for canary in canaries if canary.lower() in text]


@dataclass(slots=True, kw_only=True)
class Day:
    """One who drives the unit; every free text is a canary of its own."""

    callers: Callers
    ground: Ground
    sight: Sight
    numbers: count[int] = field(default_factory=count)

    def canary(self, what: str) -> str:
        self.sight.planted += 1
        return f"canary{what}{next(self.numbers):03}"

    async def do(self, document: str, role: Role = Role.MANAGER, **stated: Any) -> Answer:
        answer = await self.callers.ask(document, {"requestKey": self.canary("key"), **stated}, role=role)
        self.sight.answers[answer["__typename"]] += 1
        return answer

    async def record(self) -> None:
        """Circumstances, conflicts and officers given by hand."""
        for reference in islice(self.ground.officer_of, 6):
            household = self.canary("household")
            await self.do(_HOUSEHOLD, reference=household, approvedOn="2026-01-05")
            told: dict[str, Any] = {
                "placementArea": self.canary("area"),
                "keepsIroBecause": self.canary("keeps"),
                "wishedVenue": self.canary("wish"),
            }
            told["wishedPlace"] = "ELSEWHERE"
            await self.do(_CIRCUMSTANCES, reference=reference, fromDay="2026-02-02", needs=[self.canary("need")], **told)
            await self.do(_CONFLICT, reference=reference, iroCode="IRO-04", ground="PERSONAL_CONNECTION", reason=self.canary("tie"))
            await self.do(_ALLOCATE, reference=reference, iroCode="IRO-02", reason=self.canary("officer"))

    async def book(self) -> list[Answer]:
        """Reviews at confidential places, conferences in rooms."""
        booked = []
        for number, (reference, _) in enumerate(self.ground.officer_of.items()):
            day, hour = self.ground.days[number // 4 % len(self.ground.days)], ("10:00", "13:15")[number % 2]
            kind = ("CARE_REVIEW", "INITIAL_CONFERENCE")[number % 3 == 0]
            stated = booking(self.canary("key"), kind, reference, at(day, hour))
            if kind == "CARE_REVIEW":
                stated |= {"venue": self.canary("refuge"), "venueConfidential": True}
            else:
                stated |= {"triggeredOn": (self.ground.days[0] - timedelta(days=16)).isoformat()}
            answer = await self.do(BOOK, **{**stated, "overrideReason": self.canary("override")})
            if answer["__typename"] == "MeetingBooked":
                booked.append(answer["meeting"])
        return booked

    async def change(self, booked: Sequence[Answer]) -> None:
        """A third moves, a third is called off; then an officer is away."""
        for number, meeting in enumerate(booked):
            named = {"id": meeting["id"], "version": meeting["version"], "reason": self.canary("reason")}
            if number % 3 == 0:
                await self.do(CANCEL, Role.BUSINESS_SUPPORT, **named)
            elif number % 3 == 1:
                later = at(self.ground.days[-1 - number % 2], ("10:00", "13:15", "14:30")[number % 3])
                await self.do(MOVE, **named, startsAt=later.isoformat(), overrideReason=self.canary("override"))
        first = at(self.ground.days[0], "09:00")
        span: dict[str, Any] = {"from": first.isoformat(), "to": (first + timedelta(hours=8)).isoformat()}
        await self.do(_ABSENT, kind="IRO", code="IRO-01", reason="SICKNESS", onMeetings="RELEASE", **span)

    async def plan_and_rebalance(self) -> None:
        """As proposed, and applied with a reason."""
        last = self.ground.days[-1] + timedelta(days=21)
        span: dict[str, Any] = {"from": self.ground.days[0].isoformat(), "to": last.isoformat()}
        plan = (await self.do(_PLAN, **span))["plan"]["id"]
        await self._proposed("plan", plan)
        await self.do(_APPLY_PLAN, id=plan, reason=self.canary("plan"))
        await self._proposed("plan", plan, "APPLIED")
        run = (await self.do(_REBALANCE, maxMoves=5, absentIros=["IRO-03"]))["rebalancing"]["id"]
        await self._proposed("rebalancing", run)
        await self.do(_APPLY_REBALANCING, id=run, reason=self.canary("rebalance"))
        await self._proposed("rebalancing", run, "APPLIED")

    async def _proposed(self, what: str, run: str, state: str = "PROPOSED") -> None:
        query = f"query ($input: ID!) {{ {what}(id: $input) {{ state }} }}"
        async with asyncio.timeout(900):
            while True:
                answer = await self.callers.client.post(
                    f"{self.callers.addresses[0]}/graphql",
                    json={"query": query, "variables": {"input": run}},
                    headers={"Authorization": f"Bearer {self.callers.tokens[Role.MANAGER]}"},
                )
                found = answer.json()["data"][what]["state"]
                assert found not in {"FAILED", "SUPERSEDED", "CANCELLED"}, found
                if found == state:
                    return
                await asyncio.sleep(0.05)

    async def ask_wrongly(self) -> None:
        """Faults of every part: of words, of fields, of tokens, of addresses, of mails."""
        address, post = self.callers.addresses[0], self.callers.client.post
        token = {"Authorization": f"Bearer {self.callers.tokens[Role.MANAGER]}"}
        await self.do(_ALLOCATE, reference=self.canary("nobody"), iroCode=self.canary("code"), reason=self.canary("reason"))
        for text in (
            f'{{ child(reference: "{self.canary("inline")}") {{ reference }} }}',
            f"{{ {self.canary('field')} }}",
            self.canary("no"),
        ):
            await post(f"{address}/graphql", json={"query": text}, headers=token)
        wrong = {"query": CANCEL, "variables": {"input": {"id": self.canary("id"), "version": self.canary("version")}}}
        await post(f"{address}/graphql", json=wrong, headers=token)
        await post(f"{address}/graphql", content=self.canary("body"), headers={**token, "Content-Type": "application/json"})
        await post(f"{address}/graphql", json={"query": "{ version }"}, headers={"Authorization": f"Bearer {self.canary('token')}"})
        await self.callers.client.get(f"{address}/calendars/{self.canary('feed')}.ics")
        mail = f"From: {self.canary('from')}@example.org\r\nSubject: {self.canary('subject')}\r\n\r\n{self.canary('text')}\r\n"
        await post(f"{address}/replies", content=mail, headers={**token, "Content-Type": "message/rfc822"})

    async def fetch_feeds(self) -> str:
        """Every feed of the unit, with its headers."""
        texts = []
        for scope, code in (("UNIT", None), ("IRO", "IRO-01"), ("IRO", "IRO-02"), ("ROOM", "ROOM-A"), ("NOTE_TAKER", "NT-01")):
            url = (await self.do(_FEED, scope=scope, code=code))["url"]
            answer = await self.callers.client.get(f"{self.callers.addresses[0]}/calendars/{url.rsplit('/', 1)[1]}")
            assert "BEGIN:VEVENT" in answer.text or scope != "UNIT"
            texts.append(f"{answer.headers}\n{answer.text}".replace("\r\n ", ""))
        return "\n".join(texts)


@asynccontextmanager
async def listening(valkey: Valkey) -> AsyncIterator[bytearray]:
    """Everything that is ever said to Valkey."""
    reader, writer = await asyncio.open_connection("127.0.0.1", valkey.port)
    writer.write(b"MONITOR\r\n")
    heard = bytearray(await reader.readline())

    async def listen() -> None:
        while more := await reader.read(65536):
            heard.extend(more)

    listener = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        writer.close()
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


async def _keyspace(valkey: Valkey) -> str:
    keys = await valkey.say("KEYS", "*")
    return "\n".join([f"{key} {await valkey.say('DUMP', key.decode())}" for key in keys])


async def drive(url: str) -> Sight:
    """The unit's whole day; answers all that could be seen of it from outside."""
    spans = {each: dict.fromkeys(MeetingKind, "60 working days") for each in PAPERS}
    trail = {**spans, "report_desks": {"SOCIAL_WORKER": "workers@example.org"}}
    ground, sight = await lay(url, SIZE, replace(few(SIZE), settings={"paper_trail": trail})), Sight()
    owner = await asyncpg.connect(url)
    await owner.execute(_PLANT)
    sight.planted += 5 * SIZE.children
    refusals = iter([True, False] * 1000)
    server = ScriptedSmtp(on_data=lambda to: f"451 4.3.0 canarysmtp {to}" if next(refusals) else "250 fine")
    with TemporaryDirectory(prefix="convene-canaries-") as folder:
        async with running(server), own_valkey() as valkey, listening(valkey) as heard:
            posts = _posts(
                url, Path(folder), {"CONVENE_QUEUE_URL": valkey.url, "CONVENE_SMTP_URL": server.url, "CONVENE_LOG_LEVEL": "DEBUG"}
            )
            try:
                await _live(posts, ground, sight, owner)
                server.on_data = lambda _: "250 fine"
                await _mailed(owner)
                sight.texts["metrics"] = await _metrics(posts)
                sight.texts["keys of Valkey"] = await _keyspace(valkey)
            finally:
                for each in posts:
                    each.kill()
            sight.texts["words to Valkey"] = heard.decode(errors="replace")
        for each in posts:
            assert each.log is not None
            sight.texts[f"log of {' '.join(each.command)}"] = each.log.read_text()
    await owner.close()
    for number, mail in enumerate(server.accepted):
        sight.texts[f"mail {number}"] = f"{mail.content.decode()}\n{_decoded(mail.content)}"
    return sight


def _decoded(content: bytes) -> str:
    """The subject and every part, as its reader sees them."""
    message = message_from_bytes(content, policy=policy.default)
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return "\n".join([str(message["Subject"]), *map(str, parts)]).replace("\r\n ", "")


def _posts(url: str, folder: Path, settings: Mapping[str, str]) -> list[Post]:
    port, management = str(free_port()), str(free_port())
    ports = {"CONVENE_PORT": port, "CONVENE_MANAGEMENT_PORT": management}
    commands = (("serve",), ("worker", "delivery"), ("worker", "solver"))
    posts = [
        Post(
            database_url=url,
            folder=str(folder / str(number)),
            command=command,
            settings={**settings, **ports},
            address=f"http://127.0.0.1:{port}" if command == ("serve",) else None,
            log=folder / f"{number}.log",
        )
        for number, command in enumerate(commands)
    ]
    for each in posts:
        each.start()
    return posts


async def _live(posts: Sequence[Post], ground: Ground, sight: Sight, owner: Any) -> None:
    assert posts[0].address is not None
    async with calling([posts[0].address], at_once=4) as callers:
        await posts[0].ready(callers.client)
        day = Day(callers=callers, ground=ground, sight=sight)
        await day.record()
        booked = await day.book()
        await owner.execute("UPDATE attendee SET agency = 'canaryagency' || number")
        await day.change(booked)
        await day.plan_and_rebalance()
        await day.ask_wrongly()
        await owner.execute(_LONG_TOLD)
        await _until(owner, "SELECT count(DISTINCT paper) = 3 FROM letter")
        await owner.execute(_ENDED)
        await _until(owner, "SELECT EXISTS (SELECT FROM task_entry)")
        sight.texts["feeds"] = await day.fetch_feeds()


async def _until(owner: Any, question: str) -> None:
    async with asyncio.timeout(600):
        while True:
            if await owner.fetchval(question):
                return
            await asyncio.sleep(0.1)


async def _mailed(owner: Any) -> None:
    """Everything is due at once, and sent."""
    async with asyncio.timeout(600):
        while await owner.fetchval(
            "SELECT EXISTS (SELECT FROM notice WHERE state = 'OWED') OR EXISTS (SELECT FROM letter WHERE state = 'OWED')"
        ):
            for table in ("notice", "letter"):
                await owner.execute(f"UPDATE {table} SET next_attempt_at = now() WHERE state = 'OWED'")
            await asyncio.sleep(0.1)


async def _metrics(posts: Sequence[Post]) -> str:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{posts[0].settings['CONVENE_MANAGEMENT_PORT']}/metrics")).text

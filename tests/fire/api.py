"""API processes of the product, started as an operator starts them, and clients that ask over HTTP until they are told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from deploy.embedded import end_with_parent, free_port
from graph.tokens import sign_token
from services.kernel.words import Role
from services.platform.config import Config

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret of the tests, long enough for HS256"
_TOLD = """
  __typename
  ... on MeetingBooked { meeting { id reference version startsAt endsAt } }
  ... on ResourceTaken { message kind code from to }
  ... on OutsideAvailability { message kind code }
  ... on StaleVersion { message version }
  ... on NotFound { message }
  ... on InvalidInput { message field }
  ... on NotEligible { message }
  ... on OutsideTimescale { message }
  ... on RequestKeyReused { message }
  ... on Forbidden { message }
"""
_CHANGED = """
  __typename
  ... on MeetingChanged { meeting { id version } }
  ... on ResourceTaken { message kind code from to }
  ... on OutsideAvailability { message kind code }
  ... on StaleVersion { message version }
  ... on NotFound { message }
  ... on InvalidInput { message field }
"""
BOOK = f"mutation ($input: BookMeetingInput!) {{ bookMeeting(input: $input) {{ {_TOLD} }} }}"
MOVE = f"mutation ($input: MoveMeetingInput!) {{ moveMeeting(input: $input) {{ {_TOLD} }} }}"
CANCEL = f"mutation ($input: MeetingActionInput!) {{ cancelMeeting(input: $input) {{ {_CHANGED} }} }}"
REINSTATE = f"mutation ($input: MeetingActionInput!) {{ reinstateMeeting(input: $input) {{ {_TOLD} }} }}"
SPLIT = f"mutation ($input: SplitMeetingInput!) {{ splitMeeting(input: $input) {{ {_TOLD} }} }}"
ATTEND = f"mutation ($input: SetAttendeesInput!) {{ setAttendees(input: $input) {{ {_CHANGED} }} }}"
OFFER = """mutation ($input: OfferTimeInput!) { offerTime(input: $input) { __typename ... on InvalidInput { message } } }"""
WITHDRAW = """mutation ($input: WithdrawOfferInput!) { withdrawOffer(input: $input) {
  __typename
  ... on OfferWithdrawn { released { id version } }
  ... on InvalidInput { message }
} }"""
ABSENT = """mutation ($input: RecordAbsenceInput!) { recordAbsence(input: $input) {
  __typename
  ... on AbsenceRecorded { released { id version } }
  ... on NotFound { message }
  ... on InvalidInput { message field }
} }"""

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Api:
    """Started processes and where they answer."""

    processes: tuple[subprocess.Popen[bytes], ...]
    addresses: tuple[str, ...]

    async def ready(self) -> None:
        """Each of them can serve."""
        async with httpx.AsyncClient() as client, asyncio.timeout(600):
            for process, address in zip(self.processes, self.addresses, strict=True):
                while not await is_ready(client, address):
                    assert process.poll() is None, "an API process ended before it was ready"
                    await asyncio.sleep(0.02)


@contextmanager
def serving(database_url: str, processes: int = 2) -> Iterator[Api]:
    """So many `convene serve` on one database; killed at the end."""
    with tempfile.TemporaryDirectory(prefix="convene-fire-") as folder:
        started = [_start(database_url, f"{folder}/{number}") for number in range(processes)]
        try:
            yield Api(tuple(process for process, _ in started), tuple(address for _, address in started))
        finally:
            for process, _ in started:
                process.kill()
                process.wait()


def _start(database_url: str, folder: str) -> tuple[subprocess.Popen[bytes], str]:
    port, management = free_port(), free_port()
    process = start(database_url, folder, "serve", CONVENE_PORT=str(port), CONVENE_MANAGEMENT_PORT=str(management))
    return process, f"http://127.0.0.1:{port}"


def start(database_url: str, folder: str, *command: str, log: Path | None = None, **settings: str) -> subprocess.Popen[bytes]:
    """A process of the product on that database: `convene` with these words, and settings beside those of the tests.

    Whatever it says goes to `log`, if one is named.
    """
    stated = {
        "CONVENE_DATABASE_URL": database_url,
        "CONVENE_TOKEN_SECRET": SECRET,
        "CONVENE_DATA_DIR": folder,
        "CONVENE_LOG_LEVEL": "ERROR",
        **settings,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONVENE_")}
    words = [sys.executable, "-m", "deploy.cli", *command]
    with contextlib.nullcontext() if log is None else log.open("ab") as said:
        return subprocess.Popen(
            words, cwd=ROOT, env={**kept, **stated}, stdout=said, stderr=said, preexec_fn=end_with_parent(signal.SIGKILL)
        )


async def is_ready(client: httpx.AsyncClient, address: str) -> bool:
    """Whether the process there says that it can serve."""
    try:
        return (await client.get(f"{address}/health/ready")).is_success
    except httpx.TransportError:
        return False


@dataclass(slots=True, kw_only=True)
class Callers:
    """Many callers at once, each request to the process whose turn it is. `unsure`: answers that told nothing, by why."""

    addresses: tuple[str, ...]
    client: httpx.AsyncClient
    at_once: asyncio.Semaphore
    tokens: Mapping[Role, str]
    unsure: Counter[str] = field(default_factory=Counter)
    _turn: int = field(default=0)

    async def ask(self, document: str, stated: Mapping[str, Any], *, role: Role = Role.BUSINESS_SUPPORT) -> Answer:
        """What the service says at last: the same request, by the same key, again and again while it says that it does not know."""
        async with self.at_once, asyncio.timeout(900):
            while True:
                told = await self._once(document, stated, role)
                if not isinstance(told, str):
                    return told
                self.unsure[told] += 1
                await asyncio.sleep(random.uniform(0.01, 0.1))  # a caller who is told to try again does not do so at once

    async def ask_all(self, document: str, stated: Sequence[Mapping[str, Any]]) -> list[Answer]:
        return list(await asyncio.gather(*(self.ask(document, each) for each in stated)))

    async def _once(self, document: str, stated: Mapping[str, Any], role: Role) -> Answer | str:
        self._turn += 1
        address = self.addresses[self._turn % len(self.addresses)]
        try:
            response = await self.client.post(
                f"{address}/graphql",
                json={"query": document, "variables": {"input": dict(stated)}},
                headers={"Authorization": f"Bearer {self.tokens[role]}"},
            )
        except httpx.TransportError as fault:
            return type(fault).__name__
        if response.status_code == 503:
            return "503"
        body = response.json()
        codes = {error.get("extensions", {}).get("code") for error in body.get("errors", ())}
        if codes:
            assert codes == {"UNAVAILABLE"}, body
            return str(body["errors"][0]["message"])
        (told,) = body["data"].values()
        found: Answer = told
        return found


@asynccontextmanager
async def calling(addresses: Sequence[str], at_once: int = 64) -> AsyncIterator[Callers]:
    config = Config(_env_file=None, token_secret=SECRET)  # type: ignore[call-arg]
    now = datetime.now(UTC)
    tokens = {
        role: sign_token(config, role=role, code=None, name="fire", children=(), lifetime=timedelta(hours=8), now=now)
        for role in (Role.BUSINESS_SUPPORT, Role.MANAGER)
    }
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        yield Callers(addresses=tuple(addresses), client=client, at_once=asyncio.Semaphore(at_once), tokens=tokens)

"""`convene reply` and `convene undelivered` as the mail system and the operator meet them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.cli import main
from services.invitations.delivery import deliver_owed
from services.invitations.reply_mail import LARGEST_MAIL
from services.platform.database import Database
from tests.invitations.meetings import Clock, add_meeting, chair, notices, owner_of, resources_for, tell
from tests.invitations.replies import reply
from tests.support.smtp import ScriptedSmtp, running

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
OFFICER = "iro-01@example.org"
Run = Callable[..., tuple[int, str, str]]


class _Stdin:
    def __init__(self, mail: bytes) -> None:
        self.buffer = io.BytesIO(mail)


@pytest.fixture
def convene(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command with a mail on standard input; answers status, output and errors."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "var"), "TODAY": "2026-09-01"}.items():
        monkeypatch.setenv(f"CONVENE_{name}", value)

    def run(*words: str, mail: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["convene", *words])
        monkeypatch.setattr("sys.stdin", _Stdin(mail))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), printed.out, printed.err

    return run


@pytest.fixture
def uid(database_url: str) -> str:
    """Of the invitation of a chair, who has not got it: her address was refused."""
    found: str = asyncio.run(_on(database_url, _invite))
    return found


async def _on(url: str, work: Callable[[Database], Any]) -> Any:
    database = await Database.connect(url, size=4, name="test")
    try:
        return await work(database)
    finally:
        await database.close()


async def _invite(database: Database) -> str:
    await tell(database, await add_meeting(database, NOW + timedelta(days=14), [chair(NOW + timedelta(days=14))]), NOW)
    async with running(ScriptedSmtp(on_rcpt=lambda to: f"550 {to} is nobody")) as server:
        await deliver_owed(resources_for(database, server.url), Clock(NOW))
    found: str = (await notices(database))[0]["uid"]
    return found


def test_a_reply_from_the_pipe_is_taken(convene: Run, uid: str) -> None:
    status, output, errors = convene("reply", mail=reply(uid, OFFICER, NOW))
    assert (status, output) == (0, "TAKEN\n")
    assert uid not in errors
    assert OFFICER not in errors


@pytest.mark.parametrize(
    ("mail", "outcome"),
    [
        (b"", "NO_REPLY"),
        (b"x" * (LARGEST_MAIL + 1), "TOO_LARGE"),
        (reply("somebody's", OFFICER, NOW), "UNKNOWN"),
        (reply("somebody's", OFFICER, NOW, sender="canary@example.org"), "FORGED"),
    ],
)
def test_what_is_ignored_ends_well_so_that_no_sender_is_told(convene: Run, uid: str, mail: bytes, outcome: str) -> None:
    status, output, errors = convene("reply", mail=mail)
    assert (status, output) == (0, f"{outcome}\n")
    assert f"outcome={outcome}" in errors
    assert "canary" not in errors


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", ""])
def test_while_the_database_is_away_or_not_named_the_mail_system_keeps_the_mail(
    convene: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("CONVENE_DATABASE_URL", url)
    status, output, errors = convene("reply", mail=reply("canary", OFFICER, NOW))
    assert (status, output) == (75, "")
    assert "database" in errors
    assert "canary" not in errors


def test_a_fault_of_ours_is_told_without_the_mail_and_the_mail_is_kept(convene: Run, monkeypatch: pytest.MonkeyPatch, uid: str) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr("deploy.replies.take_reply", broken)
    status, output, errors = convene("reply", mail=reply(uid, OFFICER, NOW))
    assert (status, output) == (75, "")
    assert "RuntimeError" in errors
    assert "canary" not in errors


def test_undelivered_mail_is_listed_without_an_address_and_owed_again(convene: Run, uid: str, database_url: str) -> None:
    status, output, _ = convene("undelivered")
    head, row = output.splitlines()
    assert status == 0
    assert head.split("  ")[0] == "owed since"
    assert row.startswith("2026-09-01 10:00  IRO IRO-01  M-")
    assert row.endswith("550")
    assert "@" not in output
    assert json.loads(convene("undelivered", "--json")[1])[0]["refusal"] == "550"
    assert convene("undelivered", "--resend")[1].splitlines()[1].endswith("550           owed again")
    assert convene("undelivered")[1] == "Nothing is undelivered.\n"
    (row,) = asyncio.run(_on(database_url, notices))
    assert (row["state"], row["refusal"]) == ("OWED", None)


def test_one_without_an_address_says_what_to_correct_and_keeps_no_other_waiting(convene: Run, uid: str, database_url: str) -> None:
    async def spoil(database: Database) -> None:
        await tell(
            database, await add_meeting(database, NOW + timedelta(days=15), [chair(NOW + timedelta(days=15), "IRO-02", email="two words")]),
            NOW - timedelta(hours=1),
        )  # fmt: skip
        async with database.transaction() as connection:
            await connection.execute(
                "INSERT INTO resource (id, kind, code, name, email) VALUES ($1, 'IRO', 'IRO-02', 'x', 'two words')", owner_of("IRO-02")
            )

    asyncio.run(_on(database_url, spoil))
    first, second = convene("undelivered", "--resend")[1].splitlines()[1:]
    assert first.endswith(
        "ADDRESS       IRO IRO-02 has no address that mail can carry: correct it in the establishment, import that, and resend"
    )
    assert second.endswith("owed again")
    assert len(convene("undelivered")[1].splitlines()) == 2

"""The command line: what is wrong is one clear line on standard error and a non-zero exit, and nothing is half-done."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from deploy.cli import main

Run = Callable[..., tuple[int, str, str]]
TWO_OF_ONE_CODE = """
[unit]
name = "Unit"
organiser = "a@example.org"
room_desk = "b@example.org"
[[iro]]
code = "IRO-01"
name = "One"
email = "one@example.org"
wte = "1.0"
[[iro]]
code = "IRO-01"
name = "Two"
email = "two@example.org"
wte = "1.0"
"""


@pytest.fixture
def url(database_url: str) -> str:
    return database_url


@pytest.fixture
def convene(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command against a database of its own; answers status, output and errors."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATABASE_URL": url, "DATA_DIR": str(tmp_path / "var"), "TODAY": "2026-09-01"}.items():
        monkeypatch.setenv(f"CONVENE_{name}", value)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["convene", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), printed.out, printed.err

    return run


def _written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def _one_line(errors: str) -> str:
    lines = errors.strip().splitlines()
    assert len(lines) == 1, errors
    assert lines[0].startswith("convene: ")
    return lines[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import", "ssda903", "nowhere"), "no file or folder nowhere"),
        (("import", "ssda903", "."), "header.csv"),
        (("import", "cin-census", "broken.xml"), "broken.xml"),
        (("import", "family", "columns.csv"), "expected CHILD, SIBLING_GROUP"),
        (("import", "establishment", "twice.toml"), "IRO-01"),
        (("plan", "--from", "2026-08-31", "--to", "2026-08-24"), "ends before it begins"),
        (("plan", "--from", "2026-08-24", "--to", "2026-08-31"), "is over"),
        (("token", "--role", "IRO"), "--code"),
        (("token", "--role", "MANAGER", "--code", "IRO-01"), "takes no --code"),
    ],
)
def test_what_is_wrong_is_one_line(convene: Run, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    _written(tmp_path, "broken.xml", "<Message><Children></Message>")
    _written(tmp_path, "columns.csv", "A,B\n1,2\n")
    _written(tmp_path, "twice.toml", TWO_OF_ONE_CODE)
    status, output, errors = convene(*words)
    assert status == 1
    assert output == ""
    assert told in _one_line(errors)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("plan", "--to", "2026-08-31"), "Missing option '--from': see `convene plan --help`"),
        (("plan", "--from", "2026-02-30", "--to", "2026-08-31"), "2026-02-30 is no day of the calendar: give one as YYYY-MM-DD"),
        (("caseloads", "--as-of", "20260901"), "'--as-of': 20260901 is no day"),
        (("caseloads", "--new-in-care", "lots"), "'--new-in-care'"),
        (("candidates",), "Missing argument 'REF'"),
        (("forecast", "--weeks"), "'--weeks' requires an argument"),
        (
            ("plan", "--from", "2026-09-01", "--to", "2026-11-30", "--may-move", "-1"),
            "'--may-move': Input should be greater than or equal to 0",
        ),
        (("token", "--role", "NOBODY"), "'auditor', 'service': see `convene token --help`"),
        (("forcast",), "No such command 'forcast'"),
        (("--verbose",), "No such option: --verbose"),
    ],
)
def test_what_is_no_command_is_one_line_too(convene: Run, words: tuple[str, ...], told: str) -> None:
    status, output, errors = convene(*words)
    assert (status, output) == (1, "")
    assert told in _one_line(errors)


@pytest.mark.parametrize("words", [(), ("--help",), ("rebalance", "--help")])
def test_help_is_no_error(convene: Run, words: tuple[str, ...]) -> None:
    status, output, errors = convene(*words)
    assert (status, errors) == (0, "")
    assert "Usage: convene" in output


def test_a_refused_file_leaves_no_trace(convene: Run, tmp_path: Path, url: str) -> None:
    convene("import", "establishment", _written(tmp_path, "twice.toml", TWO_OF_ONE_CODE))

    async def rows() -> int:
        owner = await asyncpg.connect(url)
        try:
            return int(await owner.fetchval("SELECT (SELECT count(*) FROM resource) + (SELECT count(*) FROM import_report)"))
        finally:
            await owner.close()

    assert asyncio.run(rows()) == 0


def test_a_port_in_use_is_named(convene: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("CONVENE_PORT", str(port))
        status, _, errors = convene("serve")
    assert status == 1
    assert f"127.0.0.1:{port}" in _one_line(errors)
    assert "CONVENE_PORT" in errors


def test_a_newer_database_is_not_touched(convene: Run, url: str) -> None:
    async def age() -> None:
        owner = await asyncpg.connect(url)
        await owner.execute("UPDATE alembic_version SET version_num = '9999'")
        await owner.close()

    asyncio.run(age())
    for words in (("migrate",), ("worker", "delivery")):
        status, _, errors = convene(*words)
        assert status == 1
        assert "9999" in _one_line(errors)


def test_no_database_is_told_with_the_way_out(convene: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONVENE_DATABASE_URL")
    status, _, errors = convene("allocate")
    assert status == 1
    assert "convene up" in _one_line(errors)


def test_a_folder_that_cannot_be_written_is_named(convene: Run, tmp_path: Path) -> None:
    status, _, errors = convene("sample", _written(tmp_path, "a-file", "") + "/folder")
    assert status == 1
    assert "a-file" in _one_line(errors)


def test_an_empty_unit_has_nothing_to_allocate(convene: Run) -> None:
    status, output, errors = convene("allocate", "--json")
    assert (status, errors) == (0, "")
    assert json.loads(output)["run"]["state"] == "APPLIED"


def test_a_token_is_printed_alone(convene: Run) -> None:
    status, output, _ = convene("token", "--role", "auditor")
    assert status == 0
    assert len(output.split()) == 1
    assert output.count(".") == 2


def test_a_restore_is_told_in_words_and_nothing_is_done_unasked(convene: Run, url: str, tmp_path: Path) -> None:
    assert convene("restored")[:2] == (0, "This database knows of no mail: nothing is to be done.\n")

    async def entries() -> int:
        owner = await asyncpg.connect(url)
        try:
            await owner.execute(_AN_ENTRY)
            return int(await owner.fetchval("SELECT sequence FROM calendar_entry"))
        finally:
            await owner.close()

    assert asyncio.run(entries()) == 4
    code, said, refused = convene("restored")
    assert (code, refused) == (1, "convene: nothing was done: say --yes if that is to happen\n")
    assert said.startswith("This database knows of nothing after 2026-08-01 10:00. What was mailed from then until ")
    assert "- the SEQUENCE of 1 calendar entry rises by " in said
    assert "- 0 addressees are mailed how a meeting stands" in said
    log = _written(tmp_path, "mail.log", "x@example.org <0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b11.3@example.org>\n")
    code, said, _ = convene("restored", "--yes", "--mailed", log)
    assert (code, said.splitlines()[-1]) == (0, "Done: 1 SEQUENCE raised, 1 mail owed. Start the delivery worker to send them.")
    assert "- 1 meeting that the log names and this database does not know: cancelled with its addressee" in said
    assert convene("restored", "--yes")[1].startswith("It was done for this restore on ")


_AN_ENTRY = """
INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at)
VALUES ('0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b10', 'M-1', 'CARE_REVIEW', 'CONFIRMED', '2026-09-03T09:00Z', '2026-09-03T10:00Z')
ON CONFLICT DO NOTHING;
INSERT INTO calendar_entry
    (uid, meeting_id, addressee_kind, addressee_code, owner_id, sequence, starts_at, ends_at, view, vevent, changed_at)
SELECT 'a', id, 'IRO', 'IRO-01', id, 4, starts_at, ends_at, '{"location": "x"}', '', '2026-08-01T09:00Z' FROM meeting
ON CONFLICT DO NOTHING;
"""

"""Statements of ours, as they ran, asked again by pgbench: prepared once a session, then executed, one round trip each."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from deploy.embedded import postgres_binary

_CONTROL = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")
_RATE = re.compile(r"latency average = ([\d.]+) ms")


@dataclass(slots=True)
class Recording:
    """What one piece of work asked of PostgreSQL, in order."""

    asked: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    def note(self, record: Any) -> None:
        """A query logger of asyncpg's."""
        many = (
            record.args
            if record.query.startswith("INSERT INTO audit_event") and record.args and isinstance(record.args[0], tuple)
            else None
        )
        for args in many or [record.args or ()]:
            self.asked.append((record.query, args))


def replay(url: str, recordings: Sequence[Recording], clients: int) -> float:
    """Seconds that pgbench takes for all of them, dealt to so many clients, each with a session of its own."""
    with tempfile.TemporaryDirectory(prefix="convene-bench-") as folder:
        path = Path(folder) / "statements.sql"
        path.write_text(_script(recordings, clients), encoding="utf-8")
        parts = urlsplit(url)
        address = ["-h", str(parts.hostname), "-p", str(parts.port), "-U", str(parts.username), parts.path.lstrip("/")]
        command = [str(postgres_binary("pgbench")), "-n", "-c", str(clients), "-j", "2", "-t", "1", "-f", str(path), *address]
        told = subprocess.run(command, env={"PGPASSWORD": parts.password or ""}, capture_output=True, text=True, check=False)
    found = _RATE.search(told.stdout)
    assert found is not None, told.stderr
    assert "number of failed transactions: 0 " in told.stdout, told.stdout + told.stderr
    return float(found[1]) / 1000


def _script(recordings: Sequence[Recording], clients: int) -> str:
    names: dict[str, str] = {}
    for recording in recordings:
        for query, _ in recording.asked:
            if not _CONTROL.match(query):
                names.setdefault(query, f"s{len(names)}")
    lines = ["SET ROLE convene_app;", *(f"PREPARE {name} AS {query.rstrip().rstrip(';')};" for query, name in names.items())]
    for client in range(clients):
        lines.append(f"\\if :client_id = {client}")
        lines += [_line(names, query, args) for recording in recordings[client::clients] for query, args in recording.asked]
        lines.append("\\endif")
    return "\n".join(lines) + "\n"


def _line(names: Mapping[str, str], query: str, args: Sequence[Any]) -> str:
    if query not in names:
        return query if query.rstrip().endswith(";") else f"{query};"
    stated = ", ".join(_literal(each) for each in args)
    return f"EXECUTE {names[query]}({stated});" if args else f"EXECUTE {names[query]};"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    text = _text(value).replace("'", "''")
    return f"'{text}'"


def _text(value: Any) -> str:
    """The value as PostgreSQL reads it from text."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, asyncpg.Range):
        return f"{'[' if value.lower_inc else '('}{_bound(value.lower)},{_bound(value.upper)}{']' if value.upper_inc else ')'}"
    if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return "{" + ",".join(_element(each) for each in value) + "}"
    assert isinstance(value, bool | str | int | UUID), type(value)
    return str(value)


def _bound(value: Any) -> str:
    return "" if value is None else _text(value)


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    text = _text(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

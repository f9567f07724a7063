"""A whole Convene as a person starts it: `convene up` as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LAST_LINE = "Stop with Ctrl-C."


@dataclass(slots=True, kw_only=True)
class Running:
    """A started Convene and what it printed until it was up."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        found = re.search(r"(http://\S+)/graphql", "\n".join(self.lines))
        assert found is not None, self.lines
        return found[1]

    def token(self, role: str) -> str:
        """The token that was printed for a role."""
        number = next(n for n, line in enumerate(self.lines) if re.match(rf"\s+{role}\b", line))
        return self.lines[number + 1].strip()

    def ask(self, role: str, query: str, **variables: Any) -> dict[str, Any]:
        """The data of one operation; fails on any error."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Authorization": f"Bearer {self.token(role)}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.base}/graphql", body, headers), timeout=300) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data

    def end(self, how: signal.Signals) -> int:
        """Asks it to end, and answers its status."""
        self.process.send_signal(how)
        assert self.process.stdout is not None
        self.lines += self.process.stdout.read().splitlines()
        return self.process.wait(600)


@contextmanager
def convene_up(folder: Path, **settings: str) -> Iterator[Running]:
    """`convene up` with its data in `folder`, ready; killed at the end if it still runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONVENE_")}
    ports = {"CONVENE_PORT": "0", "CONVENE_MANAGEMENT_PORT": "0"}
    environment = {**kept, "CONVENE_DATA_DIR": str(folder), **ports, **settings}
    command = [sys.executable, "-m", "deploy.cli", "up"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    running = Running(process=process)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            running.lines.append(line.rstrip("\n"))
            if LAST_LINE in line:
                break
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def left_behind(folder: Path) -> list[str]:
    """Command lines of processes that still work in `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and int(entry.name) != os.getpid():
            found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found

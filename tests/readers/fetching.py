"""Calendar programs of others, in an environment of their own under `var/readers`: they ask for what Convene does not need."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / "var" / "readers"
PYTHON = ENVIRONMENT / "bin" / "python"
NODE_FOLDER = ENVIRONMENT / "node"
DEBIAN_PYTHON = Path("/usr/bin/python3")
_HOW = "`python -m tests.readers` fetches it into var/readers"
_HOW_LIBICAL = "Debian: apt-get install python3-gi gir1.2-ical-3.0"
_PATIENCE = 180
"""Seconds: where an index answers nothing, the tests begin without."""


def fetch() -> list[str]:
    """After this whatever can be had from the package indexes is there; answers what cannot, a line each."""
    ENVIRONMENT.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, Callable[[], None]] = {"khal and xandikos": _fetch_python, "ical.js and node-ical": _fetch_node}
    failed = [f"{what}: {fault}" for what, get in wanted.items() if (fault := _fault_of(get)) is not None]
    return failed if has_libical() else [*failed, f"libical: {_HOW_LIBICAL}"]


def _fault_of(get: Callable[[], None]) -> str | None:
    try:
        get()
    except (OSError, subprocess.SubprocessError) as fault:
        return type(fault).__name__ if not isinstance(fault, OSError) else str(fault)
    return None


def _fetch_python() -> None:
    if _is_there("requirements.txt", ENVIRONMENT):
        return
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--retries", "1", "--require-hashes"]
    subprocess.run([*pip, "--requirement", str(HERE / "requirements.txt")], check=True, timeout=_PATIENCE)
    shutil.copy(HERE / "requirements.txt", ENVIRONMENT)


def _fetch_node() -> None:
    if _is_there("package-lock.json", NODE_FOLDER / "node_modules"):
        return
    NODE_FOLDER.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, NODE_FOLDER)
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not on the PATH")
    subprocess.run([npm, "ci", "--silent", "--ignore-scripts", "--fetch-retries=1"], check=True, cwd=NODE_FOLDER, timeout=_PATIENCE)
    shutil.copy(HERE / "package-lock.json", NODE_FOLDER / "node_modules")


def _is_there(name: str, folder: Path) -> bool:
    """A copy of the list is laid beside what it lists once all of it is there."""
    return (folder / name).exists() and (folder / name).read_bytes() == (HERE / name).read_bytes()


def has_libical() -> bool:
    """Whether Debian's own Python can speak to libical."""
    probe = "import gi; gi.require_version('ICalGLib', '3.0')"
    return DEBIAN_PYTHON.exists() and subprocess.run([DEBIAN_PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0


def lacking(reader: str) -> str | None:
    """Why a reader cannot be asked, and what to do; None if it can."""
    if reader == "icalendar":
        return None
    if reader == "libical":
        return None if has_libical() else f"NOT TESTED: libical is not installed ({_HOW_LIBICAL})"
    there = NODE_FOLDER / "node_modules" / reader if reader in {"ical.js", "node-ical"} else ENVIRONMENT / "bin" / reader
    return None if there.exists() else f"NOT TESTED: {reader} is not installed ({_HOW})"

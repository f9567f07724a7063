"""Finds and opens the files of an import; whatever cannot be read is one clear line, before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from services.kernel.errors import InvalidInput

SSDA903_FILES = {"child": "header", "episode": "episodes", "review": "reviews"}


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file as a stream; raises `InvalidInput` where it is not there, is no file, or may not be read."""
    check_file(path)
    try:
        stream = path.open("rb")
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror or fault}") from None
    with stream:
        yield stream


def check_file(path: Path) -> None:
    """Raises `InvalidInput` unless there is a file."""
    try:
        if not path.exists():
            raise InvalidInput(f"there is no file {path}")
        if not path.is_file():
            raise InvalidInput(f"{path} is not a file: name the file itself")
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror or fault}") from None


def is_folder(path: Path) -> bool:
    """Whether an SSDA903 return is a folder of CSV (else: one XML file); raises `InvalidInput` where there is neither."""
    try:
        if path.is_dir():
            return True
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror or fault}") from None
    if not path.exists():
        raise InvalidInput(f"there is no file or folder {path}: an SSDA903 return is a folder of CSV files or one XML file")
    check_file(path)
    return False


def ssda903_folder(path: Path) -> dict[str, Path]:
    """The three files of a return, in any letter case; further files are ignored."""
    try:
        files = sorted(each for each in path.iterdir() if each.suffix.lower() == ".csv" and each.is_file())
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror or fault}") from None
    found: dict[str, Path] = {}
    for part, name in SSDA903_FILES.items():
        fitting = [each for each in files if each.stem.lower() == name]
        if len(fitting) > 1:
            raise InvalidInput(f"{path} holds {' and '.join(each.name for each in fitting)}: which one is meant?")
        if fitting:
            found[part] = fitting[0]
    missing = [f"{name}.csv" for part, name in SSDA903_FILES.items() if part not in found]
    if missing:
        there = ", ".join(each.name for each in files[:10]) or "no CSV file"
        raise InvalidInput(f"{path} is no SSDA903 return: {', '.join(missing)} is missing; found {there}")
    return found

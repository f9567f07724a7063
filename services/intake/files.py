"""Finds and opens the files of an import; whatever cannot be read is one clear line, before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from zipfile import is_zipfile

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
        raise InvalidInput(f"there is no file or folder {path}")
    check_file(path)
    return False


def ssda903_files(path: Path) -> dict[str, Path]:
    """The files of a return by their part: three of CSV in a folder, or one of XML for all of them."""
    if is_folder(path):
        return _ssda903_folder(path)
    if path.suffix.lower() == ".csv" and not is_zipfile(path):
        named = ", ".join(f"{name}.csv" for name in SSDA903_FILES.values())
        raise InvalidInput(f"{path} is one CSV file: name the folder that holds {named}, or the one XML file of the return")
    return dict.fromkeys(SSDA903_FILES, path)


def _ssda903_folder(path: Path) -> dict[str, Path]:
    """The three files of a return, in any letter case; further files are ignored."""
    files = _csv_files(path)
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


def named_tables(folder: Path, names: tuple[str, ...], *, prefix: str) -> dict[str, Path]:
    """The CSV files of a folder that are named after these tables, with or without the prefix, in any letter case."""
    if not is_folder(folder):
        raise InvalidInput(f"{folder} is a file: name the folder that holds the tables, one CSV file each")
    files = _csv_files(folder)
    found: dict[str, Path] = {}
    for name in names:
        fitting = [each for each in files if each.stem.lower() in (name, f"{prefix}{name}")]
        if len(fitting) > 1:
            raise InvalidInput(f"{folder} holds {' and '.join(each.name for each in fitting)}: which one is meant?")
        if fitting:
            found[name] = fitting[0]
    return found


def _csv_files(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.suffix.lower() == ".csv" and each.is_file())
    except OSError as fault:
        raise InvalidInput(f"{folder} cannot be read: {fault.strerror or fault}") from None

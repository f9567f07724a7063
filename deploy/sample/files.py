"""Writing all files of the sample, or none."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """After this each text is in `folder` under its relative path, as UTF-8; what was there under that name is replaced.

    All are written beside their places first: a full disk or a folder that may not be written to leaves no half-written
    file. Raises `OSError` as it comes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".writing-") as place:
        for name, text in texts.items():
            path = Path(place, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        for name in texts:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(Path(place, name), folder / name)


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines of values that need no quotation: references, codes and days."""
    return "".join(",".join(row) + "\n" for row in (header, *rows))

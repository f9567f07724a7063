"""`python -m tests.validators`: what the sector's public validators say of the sample's returns, year by year."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.validators.asking import Judgement, install, judge

YEARS = (2023, 2024, 2025, 2026)


def main() -> None:
    """Prints a paragraph a year and validator; installs them first, where they are not there yet."""
    install()
    for year in YEARS:
        with TemporaryDirectory() as folder:
            for judgement in judge(Path(folder), date(year, 3, 31)):
                print("\n".join(_lines(f"{year - 1}/{year % 100:02d}", judgement)))


def _lines(year: str, judgement: Judgement) -> list[str]:
    counts = ", ".join(f"{count} {name}" for name, count in judgement.rows.items() if count and not name.endswith("_last"))
    lines = [
        f"{year}  {judgement.package}: {judgement.run} of {judgement.rules} rules ran; {len(judgement.faults)} find fault.",
        f"  rows: {counts}",
    ]
    if judgement.skipped:
        lines.append(f"  not run for want of material: {', '.join(judgement.skipped)}")
    if judgement.broken:
        lines.append(f"  fail by themselves: {', '.join(judgement.broken)}")
    return lines + [f"  {code}: {fault['rows']} rows: {fault['message']}" for code, fault in sorted(judgement.faults.items())]


if __name__ == "__main__":
    main()

"""Asking the sector's public validators, which live in an environment of their own, what they think of the sample's returns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from deploy.sample import write_returns
from deploy.sample.postcodes import every_postcode

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / "var" / "validators"
PYTHON = ENVIRONMENT / "bin" / "python"
_OWN, _NEIGHBOUR = "E06000001", "E06000002"
"""Codes that the validators know, lent to the invented authority and its neighbour."""

OBJECTIONS_TO_THEMSELVES = {"231", "233"}
"""Rules that cannot run on the package's own CSV tables: they ask for the columns UASC_STATUS and DATE_EPISODE_CEASED."""

WITHOUT_MATERIAL = {"105", "219", "221", "224", "227", "228", "229", "1001", "1008"}
"""Rules that judge XML alone, the inspectorate's lists of providers, or care leavers, of whom the sample has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one validator says of one year: `faults` by rule number, each with message, rows and children."""

    package: str
    rules: int
    run: int
    skipped: list[str]
    broken: list[str]
    rows: dict[str, int]
    faults: dict[str, dict[str, Any]]


def install() -> None:
    """After this the validators are in an environment of their own under `var/`. Raises where no Python can have them."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", "import lac_validator, cin_validator"], check=False).returncode == 0:
        return
    names = ("python3.11", "python3.10", "python3.9")
    python = sys.executable if sys.version_info[:2] <= (3, 11) else next(filter(None, map(shutil.which, names)), None)
    if python is None:
        raise SystemExit("the validators need Python 3.9, 3.10 or 3.11; none was found on the PATH")
    subprocess.run([python, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--requirement", str(HERE / "requirements.txt")]
    subprocess.run(pip, check=True)


def judge(folder: Path, last_day: date) -> tuple[Judgement, Judgement]:
    """The judgements of the year that ends on `last_day`: children looked after, children in need."""
    year, before = write_returns(folder, last_day=last_day)
    places = folder / "places.csv"
    places.write_text("".join(f"{code},{_OWN if inside else _NEIGHBOUR}\n" for code, inside in every_postcode()))
    command = [str(PYTHON), str(HERE / "judging.py"), str(folder), year, before, "--places", str(places)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Judgement(**told["ssda903"]), Judgement(**told["cin"])

"""Runs the sector's public validators over one year's returns and prints what they say, as JSON.

A program of its own, for the Python that has them (`python judging.py RETURNS YEAR BEFORE`); it needs nothing of Convene. With
`--places FILE` (lines of postcode and authority) the validator's register of postcodes holds those of FILE alone, since the
sample's exist in no register.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import tempfile
import warnings
import xml.etree.ElementTree as ET
from importlib.metadata import version
from pathlib import Path
from typing import Any

AUTHORITY = "E06000001"


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("returns", type=Path)
    arguments.add_argument("year")
    arguments.add_argument("before")
    arguments.add_argument("--places", type=Path)
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    chatter = io.StringIO()
    with contextlib.redirect_stdout(chatter), tempfile.TemporaryDirectory() as register:
        if given.places:
            lay_out(given.places, Path(register))
            os.environ["QLACREF_DATA_DIR"] = register
        told = {
            "ssda903": judge_looked_after(given.returns, given.year, given.before),
            "cin": judge_in_need(given.returns / given.year / "cin_census.xml", given.year),
        }
    print(json.dumps(told, indent=1))


def lay_out(places: Path, register: Path) -> None:
    """The register in the form of the reference package: a file a first letter."""
    import brotli  # type: ignore[import-not-found]
    import msgpack  # type: ignore[import-not-found]

    columns = ["pcd", "oseast1m", "osnrth1m", "laua"]
    rows = [line.split(",") for line in places.read_text().splitlines()]
    data = [[code, 400000.0 + place % 900 * 30, 300000.0 + place // 900 * 30, where] for place, (code, where) in enumerate(rows)]
    packed = brotli.compress(msgpack.packb({"columns": columns, "data": data}), quality=1)
    (register / f"postcodes_{rows[0][0][0]}.msgpack.br").write_bytes(packed)


def last_year(year: str) -> str:
    """`2025` of `2024-25`: by it the packages name a year's rules."""
    return str(int(year[:4]) + 1)


def judge_looked_after(returns: Path, year: str, before: str) -> dict[str, Any]:
    from lac_validator.lac_validator import LacValidator  # type: ignore[import-not-found]
    from lac_validator.rules.ruleset_utils import get_year_ruleset  # type: ignore[import-not-found]

    files = [
        {"name": path.name, "description": when, "file_content": path.read_bytes()}
        for which, when in ((year, "This year"), (before, "Prev year"))
        for path in sorted((returns / which / "ssda903").glob("*.csv"))
    ]
    rules = get_year_ruleset(last_year(year))
    found = LacValidator({"collectionYear": last_year(year), "localAuthority": AUTHORITY}, files, rules)
    messages = {str(rule.code): rule.message for rule in rules.values()}
    faults: dict[str, dict[str, Any]] = {}
    for table, rows in found.ds_results.items():
        for column in [] if table == "metadata" else [each for each in rows.columns if each.startswith("ERR_")]:
            wrong = rows[rows[column] == True]  # noqa: E712 (a column of pandas)
            fault = faults.setdefault(column[4:], {"message": messages[column[4:]], "rows": 0, "children": []})
            fault["rows"] += len(wrong)
            fault["children"] = sorted({*fault["children"], *wrong["CHILD"].astype(str)})
    return {
        "package": f"csc-validator-be-903 {version('csc-validator-be-903')}",
        "rules": len(rules),
        "run": len(found.dones),
        "skipped": sorted(map(str, found.skips)),
        "broken": sorted(map(str, found.fails)),
        "rows": {name: len(rows) for name, rows in found.ds_results.items() if name != "metadata"},
        "faults": faults,
    }


def judge_in_need(path: Path, year: str) -> dict[str, Any]:
    from cin_validator import cin_validator  # type: ignore[import-not-found]
    from cin_validator.rules.ruleset_utils import get_year_ruleset  # type: ignore[import-not-found]

    tables = cin_validator.process_data(cin_validator.convert_data(ET.parse(path).getroot()))
    counts = {name: len(rows) for name, rows in tables.items()}
    rules = get_year_ruleset(last_year(year))
    chatter = io.StringIO()
    with contextlib.redirect_stdout(chatter):
        found = cin_validator.CinValidator(tables, rules)
    faults: dict[str, dict[str, Any]] = {}
    for _, row in found.full_issue_df.iterrows():
        fault = faults.setdefault(str(row["rule_code"]), {"message": row["rule_description"], "rows": 0, "children": []})
        fault["rows"] += 1
        fault["children"] = sorted({*fault["children"], str(row["child_id"])})
    for _, row in found.multichild_issues.iterrows():
        faults[str(row["rule_code"])] = {"message": row["rule_description"], "rows": 1, "children": []}
    broken = [line for line in chatter.getvalue().splitlines() if line.startswith("Error with rule")]
    return {
        "package": f"csc-validator-be-cin {version('csc-validator-be-cin')}",
        "rules": len(rules),
        "run": len(rules) - len(broken),
        "skipped": [],
        "broken": broken,
        "rows": counts,
        "faults": faults,
    }


if __name__ == "__main__":
    main()

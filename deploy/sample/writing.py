"""The whole sample: drawn, fitted, joined, written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

from deploy.sample.calendar import Calendar
from deploy.sample.care import CareHousehold, build_care
from deploy.sample.census import cases_of, census
from deploy.sample.diary import diary
from deploy.sample.establishment import establishment
from deploy.sample.files import as_csv, write_files
from deploy.sample.joins import join, name_groups, overlook_one
from deploy.sample.people import LETTERS_FROM, Child, give_characteristics, give_identifiers
from deploy.sample.protection import build_households
from deploy.sample.records import (
    EPISODES,
    FAMILY,
    HEADER,
    REVIEWS,
    CareStory,
    LookedAfter,
    family_rows,
    looked_after,
    tell,
    tell_short_breaks,
)
from deploy.sample.returns import Year, return_of
from deploy.sample.summary import SampleSummary, summarise
from deploy.sample.volumes import Volumes
from services.kernel.errors import InvalidInput
from services.statutory.working_days import england

SEED = 20130331
"""The last day of the report's year."""

FIRST_YEAR, LAST_YEAR = 2010, 2055
"""Bank holidays are known for the years around these."""

_OFFICERS_BARRED, _CHILDREN_EACH = 3, 2


def write_sample(folder: Path, *, as_of: date, scale: int = 1, seed: int = SEED) -> SampleSummary:
    """Writes the files of an invented authority as it stands on `as_of` and answers what is in them.

    After it `folder` has `ssda903/` (header, episodes, reviews), `cin_census.xml`, `family.csv`, `establishment.toml` and `diary.csv`;
    the same arguments give the same bytes. `scale`: how many times the report's children and staff. Raises `InvalidInput`
    where there are no bank holidays to go by, `OSError` where nothing can be written; then nothing is half-written.
    """
    calendar = _calendar(as_of, scale)
    write_files(folder, _compose(calendar, Volumes(scale=scale), Random(f"{seed} {as_of.isoformat()} {scale}")).files)
    return summarise(folder, calendar, scale)


def write_returns(folder: Path, *, last_day: date, scale: int = 1, seed: int = SEED) -> tuple[str, str]:
    """Writes the returns of a whole financial year, as the authority that stands on its `last_day` would submit them.

    After it `folder` has, named by the year, a folder with every table of the return on children looked after and
    `cin_census.xml`, and beside it a folder with the looked-after return of the year before. Answers the two names, the
    year's first. They tell of the same children as `write_sample` for that day. Raises as it does, and `InvalidInput` where
    the day is no 31 March.
    """
    if (last_day.month, last_day.day) != (3, 31):
        raise InvalidInput(f"{last_day.isoformat()}: a financial year ends on a 31 March", "last_day")
    calendar, year = _calendar(last_day, scale), Year(last_day=last_day)
    composed = _compose(calendar, Volumes(scale=scale), Random(f"{seed} {last_day.isoformat()} {scale}"))
    texts = {f"{year.name}/cin_census.xml": composed.census_of_year}
    letters = last_day >= LETTERS_FROM  # a child's sex is compared with what the year before stated (rule 202)
    for each in (year, year.before()):
        for name, text in return_of(composed.stories, composed.looked_after, each, letters=letters).items():
            texts[f"{each.name}/ssda903/{name}"] = text
    write_files(folder, texts)
    return year.name, year.before().name


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The whole sample. `files`: each text by its path in the folder."""

    files: dict[str, str]
    stories: list[CareStory]
    looked_after: LookedAfter
    census_of_year: str


def _compose(calendar: Calendar, volumes: Volumes, random: Random) -> Composed:
    protection = build_households(volumes, calendar, random)
    care = build_care(volumes, calendar, random)
    name_groups(protection, care)
    join(protection, care, volumes, calendar.as_of, random)
    stories = [*tell(care, calendar, random), *tell_short_breaks(volumes, calendar, random)]
    looked_after_children = [each.child for each in stories]
    children = _distinct([*(child for each in protection for child in each.children), *looked_after_children])
    give_characteristics(_distinct([child for each in protection if each.chain for child in each.children]), random)
    give_characteristics([child for each in care if not each.course.is_over for child in each.children], random)
    give_identifiers(children, calendar.as_of, random)
    overlook_one(protection, care, len(children))
    _number_groups(children)
    tables = looked_after(stories, calendar, random)
    cases = cases_of(protection, calendar, random)
    files = {
        "ssda903/header.csv": as_csv(HEADER, tables.header),
        "ssda903/episodes.csv": as_csv(EPISODES, tables.episodes),
        "ssda903/reviews.csv": as_csv(REVIEWS, tables.reviews),
        "cin_census.xml": _markup(census(cases, calendar)),
        "family.csv": as_csv(FAMILY, family_rows(children)),
        "establishment.toml": establishment(volumes, calendar, _barred(care, random), random),
    }
    files["diary.csv"] = diary(protection, calendar, files["establishment.toml"])
    return Composed(files=files, stories=stories, looked_after=tables, census_of_year=_markup(census(cases, calendar, of_year=True)))


def _markup(message: ET.Element) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(message, encoding="unicode")}\n'


def _calendar(as_of: date, scale: int) -> Calendar:
    if not FIRST_YEAR <= as_of.year <= LAST_YEAR:
        raise InvalidInput(f"as of {as_of.isoformat()}: choose a day from {FIRST_YEAR} to {LAST_YEAR}", "as_of")
    if scale < 1:
        raise InvalidInput(f"scale {scale}: choose a whole number from 1", "scale")
    return Calendar(england(), as_of)


def _distinct(children: Sequence[Child]) -> list[Child]:
    """Each child once, in the order of first appearance."""
    return list({id(child): child for child in children}.values())


def _number_groups(children: Sequence[Child]) -> None:
    """After this sibling groups are numbered in the order of their first references."""
    numbers: dict[str, str] = {}
    for child in sorted(children, key=lambda each: each.reference):
        if child.group:
            child.group = numbers.setdefault(child.group, f"SG{len(numbers) + 1:05d}")


def _barred(care: Sequence[CareHousehold], random: Random) -> list[list[str]]:
    """A handful of children of whose case an officer once had charge."""
    staying = [each.children[0].reference for each in care if not each.course.is_over]
    chosen = random.sample(staying, _OFFICERS_BARRED * _CHILDREN_EACH)
    return [sorted(chosen[place : place + _CHILDREN_EACH]) for place in range(0, len(chosen), _CHILDREN_EACH)]

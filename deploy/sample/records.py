"""The rows of the return on children looked after and of the family file, as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from zlib import crc32

from deploy.sample.calendar import Calendar
from deploy.sample.care import CareHousehold
from deploy.sample.people import FEMALE, FIGURES, LETTERS_FROM, MALE, Child, age_on, exact_shares, largest_remainders, school_age
from deploy.sample.placements import Episode, draw, place_household, short_breaks
from deploy.sample.postcodes import INSIDE, OUTSIDE, postcode
from deploy.sample.volumes import PARTICIPATION, Volumes

HEADER = ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB")
EPISODES = (
    *("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC"),
    *("REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN"),
)
REVIEWS = ("CHILD", "DOB", "REVIEW", "REVIEW_CODE")
FAMILY = ("CHILD", "SIBLING_GROUP", "PARENT")

Row = tuple[str, ...]
_SPEAKS_FROM = 4
SHORT_BREAKS = ("V3", "V4")

_SAME_HOME = frozenset("LTU")
"""Reasons for a new row that leave the child where she is."""


@dataclass(slots=True, kw_only=True)
class LookedAfter:
    """The three tables of the return."""

    header: list[Row] = field(default_factory=list)
    episodes: list[Row] = field(default_factory=list)
    reviews: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class CareStory:
    """One child's time in care as the return tells it."""

    child: Child
    episodes: Sequence[Episode]
    reviews: Sequence[date]


def tell(care: Sequence[CareHousehold], calendar: Calendar, random: Random) -> list[CareStory]:
    """One story a child in care."""
    return [
        CareStory(child=child, episodes=episodes, reviews=each.chain.held)
        for each in care
        for child, episodes in zip(each.children, place_household(each, calendar, random), strict=True)
    ]


def tell_short_breaks(volumes: Volumes, calendar: Calendar, random: Random) -> list[CareStory]:
    """Children whose every episode is a short break: no review of theirs belongs into the return (its rule 399)."""
    stories = []
    for number in range(volumes.short_breaks):
        born_on = date(calendar.as_of.year - random.randint(7, 15), random.randint(1, 12), random.randint(1, 28))
        child = Child(born_on=born_on, sex=random.choice((MALE, FEMALE)), disability="LD")
        stories.append(CareStory(child=child, episodes=short_breaks(calendar, number, random), reviews=()))
    return stories


def looked_after(stories: Sequence[CareStory], calendar: Calendar, random: Random) -> LookedAfter:
    """The return of these children, ordered by reference; participation of the year's reviews in the report's shares."""
    ordered = sorted(stories, key=lambda each: each.child.reference)
    within = sum(_speaks(each, day) and calendar.within_year(day) for each in ordered for day in each.reviews)
    codes = iter(exact_shares(largest_remainders(PARTICIPATION, within), random))
    tables = LookedAfter()
    for story in ordered:
        tables.header.append(header_row(story, calendar.as_of, letters=calendar.as_of >= LETTERS_FROM))
        tables.episodes += episode_rows(story)
        for day in story.reviews:
            code = "PN0"
            if _speaks(story, day):
                code = next(codes) if calendar.within_year(day) else draw(random, PARTICIPATION)
            tables.reviews.append((story.child.reference, uk(story.child.born), uk(day), code))
    return tables


def _speaks(story: CareStory, day: date) -> bool:
    return age_on(story.child.born, day) >= _SPEAKS_FROM


def header_row(story: CareStory, as_of: date, *, letters: bool) -> Row:
    """What a return that ends on `as_of` says of a child, the sex by its letter or by figure.

    Of motherhood it says nothing where every episode is a short break (rule 399).
    """
    child = story.child
    baby = child.parent_of if child.parent_of is not None and child.parent_of.born <= as_of else None
    upn = child.upn if school_age(child.born_on, as_of) else "UN1"
    sex = child.sex if letters else FIGURES[child.sex]
    if child.sex != FEMALE or all(each.legal_status in SHORT_BREAKS for each in story.episodes):
        mother = ("", "")
    else:
        mother = ("1", uk(baby.born)) if baby is not None else ("0", "")
    return (child.reference, sex, uk(child.born), child.ethnicity, upn, *mother)


def episode_rows(story: CareStory) -> list[Row]:
    """Short breaks state no postcodes. Brothers and sisters come from one home; who are placed together live at one address."""
    child = story.child
    family = child.group or child.reference
    home_post, place_post = postcode(family), ""
    rows = []
    for each in story.episodes:
        if each.reason_started not in _SAME_HOME or not place_post:
            name = f"{family} {each.place} {each.started_on}"
            place_post = home_post if each.place == "P1" else postcode(name, INSIDE if _is_near(each, name) else OUTSIDE)
        posts = ("", "") if each.legal_status in SHORT_BREAKS else (home_post, place_post)
        rows.append(_episode_row(child, each, posts))
    return rows


def _is_near(episode: Episode, name: str) -> bool:
    """The authority's own homes and supported lodgings lie in it, and so do four in five of all others."""
    return episode.provider == "PR1" or episode.place in ("H5", "K3") or crc32(name.encode()) % 5 > 0


def _episode_row(child: Child, each: Episode, posts: tuple[str, str]) -> Row:
    ended_on = uk(each.ended_on) if each.ended_on else ""
    began = (child.reference, uk(each.started_on), each.reason_started, each.legal_status, each.need, each.place, each.provider)
    return (*began, ended_on, each.reason_ended, each.reason_moved, *posts, _provider_number(child, each, posts[1]))


def _provider_number(child: Child, each: Episode, post: str) -> str:
    """A home's own number, or that of the service that a foster carer belongs to; parents have none."""
    if each.place in ("P1", "H5") or each.legal_status in SHORT_BREAKS:
        return ""
    if each.place.startswith(("U", "A")):
        return {"PR1": "ZZ00001", "PR4": "ZZ00004", "PR5": "ZZ00005"}[each.provider]
    return f"ZZ{10000 + crc32((post or child.reference).encode()) % 90000}"


def family_rows(children: Sequence[Child]) -> list[Row]:
    """One row for each child who has brothers or sisters here, or a parent who is looked after too."""
    return [
        (child.reference, child.group, child.parent.reference if child.parent else "")
        for child in sorted(children, key=lambda each: each.reference)
        if child.group or child.parent
    ]


def uk(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"

"""The rows of the return on children looked after and of the family file, as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from deploy.sample.calendar import Calendar
from deploy.sample.care import CareHousehold
from deploy.sample.people import FEMALE, MALE, Child, age_on, exact_shares, largest_remainders, school_age
from deploy.sample.placements import Episode, draw, place_household, short_breaks
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
_SEXES = {MALE: "1", FEMALE: "2"}


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
        tables.header.append(_header_row(story.child, calendar.as_of))
        tables.episodes += [_episode_row(story.child, each) for each in story.episodes]
        for day in story.reviews:
            code = "PN0"
            if _speaks(story, day):
                code = next(codes) if calendar.within_year(day) else draw(random, PARTICIPATION)
            tables.reviews.append((story.child.reference, uk(story.child.born), uk(day), code))
    return tables


def _speaks(story: CareStory, day: date) -> bool:
    return age_on(story.child.born, day) >= _SPEAKS_FROM


def _header_row(child: Child, as_of: date) -> Row:
    baby = child.parent_of
    upn = child.upn if school_age(child.born_on, as_of) else "UN1"
    mother = ("1", uk(baby.born)) if baby is not None else ("", "")
    return (child.reference, _SEXES[child.sex], uk(child.born), child.ethnicity, upn, *mother)


def _episode_row(child: Child, each: Episode) -> Row:
    ended_on = uk(each.ended_on) if each.ended_on else ""
    began = (child.reference, uk(each.started_on), each.reason_started, each.legal_status, each.need, each.place, each.provider)
    return (*began, ended_on, each.reason_ended, each.reason_moved, "", "", "")


def family_rows(children: Sequence[Child]) -> list[Row]:
    """One row for each child who has brothers or sisters here, or a parent who is looked after too."""
    return [
        (child.reference, child.group, child.parent.reference if child.parent else "")
        for child in sorted(children, key=lambda each: each.reference)
        if child.group or child.parent
    ]


def uk(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"

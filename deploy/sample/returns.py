"""Whole financial years of the return on children looked after, as they are submitted: every table, and that year's rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from deploy.sample.files import as_csv
from deploy.sample.people import Child, age_on
from deploy.sample.placements import Episode
from deploy.sample.records import EPISODES, HEADER, REVIEWS, SHORT_BREAKS, CareStory, LookedAfter, Row, episode_rows, header_row, uk
from services.statutory.counting import add_months

OTHER_TABLES = {
    "uasc": ("CHILD", "SEX", "DOB", "DUC"),
    "oc2": (
        *("CHILD", "DOB", "SDQ_SCORE", "SDQ_REASON", "CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK"),
        *("HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED"),
    ),
    "oc3": ("CHILD", "DOB", "IN_TOUCH", "ACTIV", "ACCOM"),
    "ad1": ("CHILD", "DOB", "DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"),
    "placed_for_adoption": ("CHILD", "DOB", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"),
    "previous_permanence": ("CHILD", "DOB", "PREV_PERM", "LA_PERM", "DATE_PERM"),
    "missing": ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"),
    "social_workers": ("CHILD", "DOB", "SW_ID", "SW_DECOM", "SW_DEC", "SW_REASON"),
}
"""Columns of the tables that the clock has no use for: nobody sought asylum alone, and care leavers are not told of."""

_SOCIAL_WORKERS_FROM = date(2024, 3, 31)
"""The year that ends then was the first of which social workers were asked."""

_DECIDED_BEFORE, _MATCHED_BEFORE = timedelta(days=20), timedelta(days=12)
_ADOPTED = ("E11", "E12")


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A collection year that ends on `last_day`, a 31 March."""

    last_day: date

    @property
    def first_day(self) -> date:
        return add_months(self.last_day, -12) + timedelta(days=1)

    @property
    def name(self) -> str:
        return f"{self.first_day.year}-{self.last_day.year % 100:02d}"

    def holds(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def before(self) -> Year:
        return Year(last_day=add_months(self.last_day, -12))


def return_of(stories: Sequence[CareStory], tables: LookedAfter, year: Year, *, letters: bool) -> dict[str, str]:
    """Each table's text by the file's name: who was looked after in the year, and what was known of them when it ended.

    `letters`: the sex is stated by its letter; else by figure.
    """
    told = [cut for story in sorted(stories, key=lambda each: each.child.reference) if (cut := _within(story, year)).episodes]
    known = {each.child.reference for each in told}
    whole = {each.child.reference: each for each in stories}
    reviews = [row for row in tables.reviews if row[0] in known and year.holds(_day(row[2]))]
    texts = {
        "header.csv": as_csv(HEADER, [header_row(each, year.last_day, letters=letters) for each in told]),
        "episodes.csv": as_csv(EPISODES, [row for each in told for row in episode_rows(each) if _is_told(row, year)]),
        "reviews.csv": as_csv(REVIEWS, reviews),
    }
    rows = _other_rows(told, whole, year)
    for name, columns in OTHER_TABLES.items():
        if name != "social_workers" or year.last_day >= _SOCIAL_WORKERS_FROM:
            texts[f"{name}.csv"] = as_csv(columns, rows.get(name, []))
    return texts


def _within(story: CareStory, year: Year) -> CareStory:
    """What had happened by the end of the year, of a child who was looked after in it; else nothing."""
    begun = [each for each in story.episodes if each.started_on <= year.last_day]
    if not begun or (begun[-1].ended_on is not None and begun[-1].ended_on < year.first_day):
        return replace(story, episodes=())
    last = begun[-1]
    if last.ended_on is not None and last.ended_on > year.last_day:
        last = replace(last, ended_on=None, reason_ended="", reason_moved="")
    return replace(story, episodes=(*begun[:-1], last))


def _is_told(row: Row, year: Year) -> bool:
    """An episode that was over before the year was told in the return before."""
    return not row[7] or _day(row[7]) >= year.first_day


def _day(text: str) -> date:
    day, month, year = map(int, text.split("/"))
    return date(year, month, day)


def _other_rows(stories: Sequence[CareStory], whole: Mapping[str, CareStory], year: Year) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for story in stories:
        child = story.child
        random = Random(f"{child.reference} {year.name}")
        for name, values in _of_one(story, whole[child.reference], year, random):
            rows.setdefault(name, []).append((child.reference, uk(child.born), *values))
    return rows


def _of_one(story: CareStory, whole: CareStory, year: Year, random: Random) -> Iterator[tuple[str, Row]]:
    """(table, values) of one child; of short breaks alone only that there was no order before."""
    if any(each.reason_started == "S" and year.holds(each.started_on) for each in story.episodes):
        yield "previous_permanence", ("Z1", "", "")
    if all(each.legal_status in SHORT_BREAKS for each in story.episodes):
        return
    if _is_continuous(story, year):
        yield "oc2", _health(story.child, year, random)
    yield from _adoption(story, whole, year, random)
    yield from (("social_workers", row) for row in _social_workers(story, year, random))
    yield from (("missing", row) for row in _missing(story, year, random))


def _is_continuous(story: CareStory, year: Year) -> bool:
    """Looked after for the whole year, and on its last day."""
    return (
        all(each.started_on <= year.first_day or each.reason_started != "S" for each in story.episodes)
        and story.episodes[-1].ended_on is None
        and story.episodes[0].started_on <= year.first_day
    )


def _health(child: Child, year: Year, random: Random) -> Row:
    before, after = age_on(child.born, year.first_day), age_on(child.born, year.last_day)
    score = str(random.randint(4, 28)) if before >= 4 and after < 17 else ""
    reason = "SDQ2" if not score and after >= 4 and before < 17 else ""
    convicted = "0" if after >= 10 else ""
    checked = "1" if after < 5 else ""
    return (score, reason, convicted, checked, "1", "1", "1", "0", "", "")


def _adoption(story: CareStory, whole: CareStory, year: Year, random: Random) -> Iterator[tuple[str, Row]]:
    """The decision comes shortly before the placement order, and the match before the placement."""
    ordered = next((each for each in whole.episodes if each.legal_status == "E1"), None)
    if ordered is None:
        return
    decided_on = max(ordered.started_on - _DECIDED_BEFORE, _care_began(whole, ordered), story.child.born)
    if decided_on > year.last_day:
        return
    last, stop = story.episodes[-1], ordered.started_on
    over = last.ended_on is not None and last.reason_ended not in _ADOPTED
    ceased = (uk(last.ended_on), "RD1") if over and last.ended_on else ("", "")
    yield "placed_for_adoption", (uk(decided_on), *ceased)
    if last.reason_ended in _ADOPTED:
        placed_on = next((each.started_on for each in story.episodes if each.place.startswith("A")), stop)
        matched_on = max(placed_on - _MATCHED_BEFORE, decided_on)
        by_carers = "1" if last.place in ("A3", "A5") else "0"
        yield "ad1", (uk(decided_on), uk(matched_on), by_carers, "2", "MF", "L11" if random.random() < 0.8 else "L3")


def _care_began(story: CareStory, until: Episode) -> date:
    """The first known day of the period of care that holds an episode."""
    began = until.started_on
    for each in story.episodes:
        if each.started_on > until.started_on:
            break
        began = each.started_on if each.reason_started == "S" or each is story.episodes[0] else began
    return began


def _social_workers(story: CareStory, year: Year, random: Random) -> Iterator[Row]:
    """One worker, or two in turn; allocated before the year, or when care began."""
    first = max(story.episodes[0].started_on, year.first_day)
    ended = [each.ended_on for each in story.episodes if each.ended_on is not None]
    stop = ended[-1] if len(ended) == len(story.episodes) else None
    span = ((stop or year.last_day) - first).days
    turns = [first, first + timedelta(days=random.randint(30, span - 30))] if span > 90 and random.random() < 0.3 else [first]
    for place, (since, until) in enumerate(pairwise([*turns, None])):
        assert since is not None
        why = "ORGRST" if place else "FCONTA"
        yield (f"SW{random.randint(10**9, 10**10 - 1)}", uk(since), uk(until) if until else "", why)


def _missing(story: CareStory, year: Year, random: Random) -> Iterator[Row]:
    """One young person in twelve was missing once, for a night or two, from where she stays."""
    last = story.episodes[-1]
    if last.ended_on is not None or age_on(story.child.born, year.last_day) < 13 or random.random() > 1 / 12:
        return
    day = max(last.started_on + timedelta(days=5), year.first_day + timedelta(days=random.randint(1, 300)))
    if day + timedelta(days=3) <= year.last_day:
        yield ("M", uk(day), uk(day + timedelta(days=random.randint(1, 2))))

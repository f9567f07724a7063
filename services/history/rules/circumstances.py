"""What a person may state of a child's circumstances, and on which days it holds beside what was stated before. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, time

from services.history.rules.days import judge_lifetime, judge_past, judge_text
from services.kernel.errors import InvalidInput
from services.kernel.window import DateSpan
from services.kernel.words import OMITTED, WishedPlace
from services.statutory.facts import SubjectFacts

FARTHEST = 15_000
"""Miles: nobody on Earth is placed farther from home."""
MOST_NEEDS = 20
LONGEST_WORD = 40
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def judge_circumstances(from_day: date, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` for a day that has not come, or on which the child was none."""
    judge_past("fromDay", from_day, today, "circumstances are stated once they have come about")
    judge_lifetime("fromDay", from_day, facts)


def judge_miles(miles: object) -> None:
    """Raises `InvalidInput` for what is no distance in whole miles."""
    if miles is not OMITTED and miles is not None and not (isinstance(miles, int) and 0 <= miles <= FARTHEST):
        raise InvalidInput(f"placedMiles {miles}: give whole miles from home, from 0 to {FARTHEST}", "placedMiles")


def judge_words(words: Iterable[str], field: str, what: str) -> tuple[str, ...]:
    """The words, each once and in order; raises `InvalidInput` for one that is none, and for too many. `what` each of them is."""
    kept = tuple(sorted({word.strip() for word in words}))
    if any(not word or not word.isprintable() or len(word) > LONGEST_WORD for word in kept):
        raise InvalidInput(f"{field}: each is {what}, of 1 to {LONGEST_WORD} printable characters", field)
    if len(kept) > MOST_NEEDS:
        raise InvalidInput(f"{field} names {len(kept)}: at most {MOST_NEEDS}", field)
    return kept


def judge_line(text: str, field: str, what: str) -> str:
    """The text without space around it; raises `InvalidInput` unless it is one printable line. `what` it has to say."""
    judge_text(field, text, what)
    return text.strip()


def judge_wishes(wished: object, unwanted: object) -> None:
    """Raises `InvalidInput` where one officer is both wished for and not wanted."""
    if wished is not None and wished == unwanted:
        raise InvalidInput("unwantedIroCode names the officer whom the child wishes for: take one of the two away", "unwantedIroCode")


def judge_hour(text: str, field: str) -> time:
    """The hour that is stated; raises `InvalidInput` for what is no time of day to the minute."""
    if _HOUR.fullmatch(text) is None:
        raise InvalidInput(f"{field} '{text[:20]}': give hours and minutes by the clock on the wall, such as 15:30", field)
    return time.fromisoformat(text)


def judge_hours(since: time | None, until: time | None) -> None:
    """Raises `InvalidInput` for hours that end before they begin."""
    if since is not None and until is not None and until <= since:
        raise InvalidInput(
            f"wishedUntil {until.isoformat('minutes')} is not after wishedFrom {since.isoformat('minutes')}: give a later time",
            "wishedUntil",
        )


def judge_venue(place: WishedPlace | None, venue: str | None) -> None:
    """Raises `InvalidInput` where a venue is named and the child does not want to be elsewhere than in the unit."""
    if venue is not None and place is not WishedPlace.ELSEWHERE:
        raise InvalidInput("wishedVenue goes with wishedPlace ELSEWHERE: give both, or take the venue away", "wishedVenue")


def days_left(span: DateSpan, taken: Sequence[DateSpan]) -> tuple[DateSpan, ...]:
    """The parts of a span that lie in none of the others, in order."""
    left: list[DateSpan] = []
    first: date | None = span.first
    for each in sorted(taken, key=lambda other: other.first):
        if first is None or (span.until is not None and each.first >= span.until):
            break
        if each.until is not None and each.until <= first:
            continue
        if each.first > first:
            left.append(DateSpan(first, each.first))
        first = each.until
    if first is not None and (span.until is None or first < span.until):
        left.append(DateSpan(first, span.until))
    return tuple(left)


def span_from(day: date, standing: Sequence[DateSpan]) -> DateSpan:
    """From that day until a statement ends or begins, whichever comes first: a later statement stands."""
    ends = [each.until for each in standing if day in each and each.until is not None]
    begins = [each.first for each in standing if each.first > day]
    return DateSpan(day, min([*ends, *begins], default=None))

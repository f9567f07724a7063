"""A chain of duties: each meeting answers what is owed and, by being held, starts what is owed next.

The next interval runs from the day on which the last meeting was held, never from the day on which it was due: an early
review pulls the chain in, a late one pushes it out. The month-end clamp is therefore made at each step, from a real day: a
review held on 31 August is followed by 28 February; one held on that 28 February by 28 August, which is the law's latest
day; one held on 31 August again by 28 February. Nothing remembers the 28th.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.kernel.words import EarlierReviewReason, MeetingKind
from services.statutory.chains.spans import Span
from services.statutory.counting import birthday
from services.statutory.facts import STARTING_CONFERENCES, HeldFact, SubjectFacts
from services.statutory.law import Law

ADULT_AGE = 18
INQUORATE = "INQUORATE_CONFERENCE"
_BEFORE_RECORDS = "no later than this day was the last one before the records"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """When a clock stops. `recorded_on`: what it runs for has ended, or the child has died or was adopted. `adult_on`: the
    18th birthday."""

    recorded_on: date | None
    adult_on: date | None

    @property
    def first(self) -> date | None:
        """The earlier of the two: nothing is owed from that day on."""
        if self.recorded_on is None or self.adult_on is None:
            return self.recorded_on or self.adult_on
        return min(self.recorded_on, self.adult_on)

    def by(self, day: date) -> End:
        """The same, but recorded to have come on `day` at the latest."""
        return replace(self, recorded_on=day if self.recorded_on is None else min(day, self.recorded_on))


def end_of(facts: SubjectFacts, ended_on: date | None) -> End:
    """The end of a clock that runs until `ended_on`, for this child."""
    days = [day for day in (ended_on, facts.died_on, facts.adopted_on) if day is not None]
    adult_on = None if facts.born_on is None else birthday(facts.born_on, ADULT_AGE)
    return End(recorded_on=min(days, default=None), adult_on=adult_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One duty: it began on `triggered_on` under the rule `code`; `held` is the meeting that answered it, if one did.

    `by_on`: due by that day at the latest, whatever the rule says, for `by_reason` if it has a name. `not_before_code`: the rule
    that says how long to wait. `book_before`: a day by which the diary should have it, of which the law knows nothing.
    `law`: the rule and day 0 by which it is judged, where `code` is the unit's own beside it.
    `follows`: it began with a meeting that answered the duty before it.
    """

    kind: MeetingKind
    triggered_on: date
    triggered_by: str
    code: str
    held: HeldFact | None
    end: End
    by_on: date | None = None
    by_reason: EarlierReviewReason | None = None
    not_before_code: str | None = None
    book_before: date | None = None
    meeting_needed: bool = True
    follows: bool = False
    law: tuple[str, date] | None = None

    @property
    def held_on(self) -> date | None:
        return None if self.held is None else self.held.held_on

    def is_open_on(self, day: date) -> bool:
        """Whether it was owed and unmet at the end of that day. What was met that day was not: the next one was."""
        if day < self.triggered_on or (self.held is not None and self.held.held_on <= day):
            return False
        stops = self.end.first
        return stops is None or day < stops

    def is_called_on(self, day: date) -> bool:
        """Whether a call of that day is for it: it was owed and unmet when the day began, or began on it otherwise than with a
        meeting, which the call was for then."""
        began = self.triggered_on < day or (self.triggered_on == day and not self.follows)
        stops = self.end.first
        return began and (self.held is None or day <= self.held.held_on) and (stops is None or day < stops)

    def capped(self, by_on: date, reason: EarlierReviewReason | None = None) -> Step:
        """The same, due by `by_on` at the latest. Of several such days the earliest binds, and its reason is named."""
        if self.by_on is not None and (self.by_on, self.by_reason is None, self.by_reason or "") <= (by_on, reason is None, reason or ""):
            return self
        return replace(self, by_on=by_on, by_reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """`codes` are the rules of the first duty, the second, and so on; the last one repeats. `held`: in order, one a day.

    Not `day0_exact`: it is only known that what the chain runs for had begun by `day0`. `known_from`: see `CarePeriodFact`.
    """

    kind: MeetingKind
    codes: tuple[str, ...]
    day0: date
    begun_by: str
    followed_by: str
    held: Sequence[HeldFact]
    end: End
    day0_exact: bool = True
    known_from: date | None = None

    def steps(self, law: Law, pauses: Sequence[Span] = ()) -> Iterator[Step]:
        """Every duty of the chain; the last one is unanswered. None begins on or after the day on which the clock stops."""
        for step in self._unpaused(law):
            if pauses:
                yield from self._through(step, pauses, law)
            else:
                yield step

    def _unpaused(self, law: Law) -> Iterator[Step]:
        began, by, answers = self._begin(law)
        if began is None:
            return
        codes = iter(self.codes if by is self.begun_by else self.codes[-1:])
        code, stops = next(codes), self.end.first
        for answer in [*answers, None]:
            if stops is not None and began >= stops:
                return
            follows = by is self.followed_by
            yield Step(kind=self.kind, triggered_on=began, triggered_by=by, code=code, held=answer, end=self.end, follows=follows)
            if answer is not None:
                began, by, code = answer.held_on, self.followed_by, next(codes, self.codes[-1])
                code = INQUORATE if answer.to_reconvene and self.kind.is_conference else code

    def _begin(self, law: Law) -> tuple[date | None, str, Sequence[HeldFact]]:
        """The day 0 of the first duty that can be known, what made it, and the meetings after it.

        A first meeting that was due before the records begin may be missing from them, and so may others: the chain then runs
        from the first meeting within the records. Where they have none, the last one was held before they begin at the latest.
        """
        first_due = law.latest(self.codes[0], self.day0) if self.day0_exact else None
        if first_due is not None and (self.known_from is None or first_due >= self.known_from):
            return self.day0, self.begun_by, self.held
        since = self.known_from or date.min
        within = [fact for fact in self.held if fact.held_on >= since] or self.held[-1:]
        if within:
            return within[0].held_on, self.followed_by, within[1:]
        if self.known_from is None:
            return None, "", ()
        return max(self.day0, self.known_from - timedelta(days=1)), _BEFORE_RECORDS, ()

    def _through(self, step: Step, pauses: Sequence[Span], law: Law) -> Iterator[Step]:
        """What becomes of a duty while another clock has taken over: void from the beginning of a pause, and taken up again at
        its end, counted from the last review that was held, in the pause or before it, under the rule that repeats.

        A duty that was missed before the pause began keeps its own rule, and so does a first one: neither breach is forgotten.
        """
        stops = step.end.first or date.max
        for pause in pauses:
            met, over = step.held_on, pause.ended_on
            if over is not None and over >= stops:
                over = None  # nothing is taken up again
            if (over is not None and over < step.triggered_on) or min(met or date.max, stops) <= pause.started_on:
                continue
            began_within = pause.started_on <= step.triggered_on
            if over is None or (met is not None and met <= over and step.triggered_on < over):
                if not began_within:
                    yield replace(step, held=None, end=step.end.by(pause.started_on))
                return
            due = law.latest(step.code, step.triggered_on)
            if step.triggered_by is not self.begun_by and (began_within or due is None or due >= pause.started_on):
                step = replace(step, code=self.codes[-1])
        yield step


def brought_forward(facts: SubjectFacts, step: Step) -> Step:
    """The duty as the reviews that were called earlier leave it: each binds the one that was owed on the day of the call.

    A meeting held on that very day met it, and the one after it is owed by its rule again.
    """
    for call in facts.earlier:
        same = call.kind is step.kind or (call.kind in STARTING_CONFERENCES and step.kind in STARTING_CONFERENCES)
        if same and step.is_called_on(call.called_on) and call.by_on > step.triggered_on:
            step = step.capped(call.by_on, call.reason)
    return step

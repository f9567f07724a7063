"""Which placements stand together or not at all: one takes what another gives up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.booking.needs import Span, span_of
from services.kernel.window import TimeWindow
from services.kernel.words import ResourceKind
from services.planning.answer import Placed
from services.planning.problem import PoliceTeam, Problem
from services.planning.times import could_have_sent
from services.planning.writing import WriteUp, given_up_by, taken_by


def depend(problem: Problem, placed: Sequence[Placed]) -> tuple[int | None, ...]:
    """For each placement the number of its group, None for one that stands by itself.

    A police team is a pool: a place of it is taken from another only where, with all that the plan asks of the team and as if nothing
    were given up, it would have none left. What follows in a chain joins the group of the meeting that it follows where it belongs to
    another group already.
    """
    groups = _Groups(len(placed))
    given, teams = _given_up(placed), _teams_with_all(problem, placed)
    for number, each in enumerate(placed):
        for giver in _givers(teams, each, given):
            groups.join(giver, number)
    for giver, taker in _written_instead(problem, placed):
        groups.join(giver, taker)
    on = {(item.child_id, each.day): number for number, each in enumerate(placed) for item in each.wanted.items}
    for number in reversed(range(len(placed))):
        if groups.is_alone(number):
            continue
        for item in placed[number].wanted.items:
            before = on.get((item.child_id, item.triggered_on)) if item.chained else None
            if before is not None:
                groups.join(before, number)
    return groups.numbers()


class _Groups:
    """Numbers that belong together."""

    def __init__(self, size: int) -> None:
        self._heads = list(range(size))
        self._sizes = Counter(range(size))

    def head(self, number: int) -> int:
        while self._heads[number] != number:
            number = self._heads[number]
        return number

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.head(one), self.head(other)))
        if first != second:
            self._heads[second] = first
            self._sizes[first] += self._sizes[second]

    def is_alone(self, number: int) -> bool:
        return self._sizes[self.head(number)] == 1

    def numbers(self) -> tuple[int | None, ...]:
        return tuple(None if self.is_alone(number) else self.head(number) + 1 for number in range(len(self._heads)))


def _written_instead(problem: Problem, placed: Sequence[Placed]) -> Iterator[tuple[int, int]]:
    """Placements (who gives up, who takes) of a note-taker's week in which there is room for what they add only because others do not
    write it up any more."""
    taken, given = defaultdict[tuple[UUID, date], list[int]](list), defaultdict[tuple[UUID, date], list[int]](list)
    standing = WriteUp(problem.note_takers)
    for number, each in enumerate(placed):
        for note_taker, monday, _ in given_up_by(each):
            given[note_taker, monday].append(number)
        for part in taken_by(each):
            taken[part[0], part[1]].append(number)
            standing.add((part,))
    for key, takers in taken.items():
        writing = standing.of(*key)
        if writing.most is not None and writing.minutes > writing.most:
            yield from ((giver, taker) for giver in given[key] for taker in takers)


_Given = defaultdict[tuple[UUID, date], list[tuple[TimeWindow, int]]]


def _given_up(placed: Sequence[Placed]) -> _Given:
    given: _Given = defaultdict(list)
    for number, each in enumerate(placed):
        for resource_id, window in each.gives_up:
            given[resource_id, window.start.date()].append((window, number))
    return given


def _teams_with_all(problem: Problem, placed: Sequence[Placed]) -> dict[UUID, PoliceTeam]:
    """The teams, each with what stands and all that the plan asks of it."""
    asked: defaultdict[UUID, list[TimeWindow]] = defaultdict(list)
    for each in placed:
        for team_id, window in _attended(each):
            asked[team_id].append(window)
    return {team.id: replace(team, busy=(*team.busy, *asked[team.id])) for team in problem.police}


def _attended(placed: Placed) -> Iterator[tuple[UUID, TimeWindow]]:
    """What the placement takes of the police."""
    team_id = placed.takes.get(ResourceKind.POLICE)
    if team_id is not None:
        yield from ((team_id, span_of(ResourceKind.POLICE, placed.wanted.needs, window).attended) for window in placed.windows)


def _givers(teams: Mapping[UUID, PoliceTeam], placed: Placed, given: _Given) -> Iterator[int]:
    """The placements that give up what this one takes, at that time."""
    for kind, resource_id in placed.takes.items():
        for span in (span_of(kind, placed.wanted.needs, window) for window in placed.windows):
            held = given.get((resource_id, span.blocked.start.date()), ())
            givers = [number for window, number in held if window.overlaps(span.blocked)]
            if givers and not (kind is ResourceKind.POLICE and _sends_to_all(teams[resource_id], placed, span)):
                yield from givers


def _sends_to_all(team: PoliceTeam, placed: Placed, span: Span) -> bool:
    """Whether the team has a place for this one beside all the others."""
    others = list(team.busy)
    others.remove(span.attended)
    return could_have_sent(replace(team, busy=tuple(others)), span.attended)

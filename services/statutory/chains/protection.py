"""Child protection conferences: Working Together to Safeguard Children, and local practice where it leaves the matter open.

Where it leaves a doubt, the reading that asks for a conference sooner is taken:

* The discussion that initiated the enquiry counts. A later one about the same child, within the time in which the first one's
  conference is owed and with no conference between them, belongs to the same enquiry. After that time it starts a duty of its
  own, and the first one stays missed.
* Of an unborn child a later discussion starts the clock anew, whenever it is held: it is how a conference is put off until the
  pregnancy is far enough on. Only one that asks for a conference does so.
* A child who moves away is the other authority's from the day on which that one holds its conference: what was still to be
  conferred about here is void from then. Until then it is owed here.
* A plan that was made when an adjourned conference went on is reviewed from that conference's first sitting.
* An inquorate conference meets its duty and is followed by another of its kind; where it was a review, that one stands in
  for the next review.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.kernel.words import MeetingKind, TransferDirection
from services.statutory.chains.links import INQUORATE, Chain, End, Step, end_of
from services.statutory.facts import STARTING_CONFERENCES, HeldFact, PlanFact, Section47Fact, SubjectFacts
from services.statutory.law import Law

INITIAL, PRE_BIRTH, TRANSFER_IN = (
    MeetingKind.INITIAL_CONFERENCE,
    MeetingKind.PRE_BIRTH_CONFERENCE,
    MeetingKind.TRANSFER_IN_CONFERENCE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """What calls for a starting conference from `day` on, and the one that was held for it."""

    day: date
    unborn: bool
    answer: HeldFact | None
    kind: MeetingKind
    triggered_by: str
    end: End


def starting_conferences(facts: SubjectFacts, law: Law) -> Iterator[Step]:
    """15 working days from the discussion that initiated the enquiry, or from the notice that a child on a plan moves in; 10 from
    an inquorate conference. The first conference after several such days answers them all."""
    held = facts.held_of(*STARTING_CONFERENCES)
    if not (facts.section47s or facts.transfers or any(each.to_reconvene for each in held)):
        return
    conferences = _conferences(facts, held)
    stops = end_of(facts, None).first or date.max
    again = [_reconvened(facts, each, conferences) for each in held if each.to_reconvene and each.held_on < stops]
    calls = [*_once(_enquiries(facts, conferences), law), *_once(_moves_in(facts, conferences), law)]
    taken = {(step.kind, step.triggered_on) for step in again}
    for call in calls:
        if (call.kind, call.day) not in taken:
            yield _step(facts, call, law)
    for step in again:
        yield replace(step, book_before=book_before(facts, step, law))


def _step(facts: SubjectFacts, call: _Call, law: Law) -> Step:
    code = call.kind.value
    step = Step(kind=call.kind, triggered_on=call.day, triggered_by=call.triggered_by, code=code, held=call.answer, end=call.end)
    return replace(step, book_before=book_before(facts, step, law))


def book_before(facts: SubjectFacts, step: Step, law: Law) -> date | None:
    """By when the diary should have a conference about an unborn child: a wish of local practice, not the law's day."""
    if step.kind is not PRE_BIRTH or facts.expected_on is None:
        return None
    return law.ahead_of("PRE_BIRTH_LATEST", facts.expected_on, on=step.triggered_on)


def _conferences(facts: SubjectFacts, held: Sequence[HeldFact]) -> list[HeldFact]:
    """Every conference at which a plan may have begun: held, or shown by a plan, or stated by an enquiry or a transfer."""
    days = [plan.started_on for plan in facts.plans]
    days += [each.conference_on for each in facts.section47s if each.conference_on is not None]
    days += [each.conference_on for each in facts.transfers if each.conference_on is not None and each.direction is TransferDirection.IN]
    known = {each.held_on for each in held}
    shown = [HeldFact(kind=INITIAL, held_on=day) for day in sorted(set(days) - known)]
    return sorted([*held, *shown], key=lambda each: each.held_on)


def _first(conferences: Iterable[HeldFact], day: date) -> HeldFact | None:
    return min((each for each in conferences if each.held_on >= day), key=lambda each: each.held_on, default=None)


def _kind(facts: SubjectFacts, day: date, answer: HeldFact | None) -> MeetingKind:
    """Of an enquiry about a child who was unborn that day: a pre-birth conference, unless the child was born before it was held."""
    if not facts.unborn_on(day):
        return INITIAL
    still = facts.born_on is None if answer is None else facts.unborn_on(answer.held_on)
    return PRE_BIRTH if still else INITIAL


def _enquiries(facts: SubjectFacts, conferences: Sequence[HeldFact]) -> Iterator[_Call]:
    """What each enquiry calls for, unless it ended without need of a conference, or the child moved away before one was held.

    Of a child who is on a plan on the day of the discussion, a review conference answers it too: the concern comes before
    the conference that the plan has anyway.
    """
    reviews = facts.held_of(MeetingKind.REVIEW_CONFERENCE)
    for enquiry in facts.section47s:
        day = enquiry.initiating_discussion_on
        moved_on = facts.moved_away_on(day)
        end = end_of(facts, moved_on)
        answer = _until(moved_on, _conference_of(enquiry, [*conferences, *reviews] if facts.on_plan(day) else conferences))
        if answer is None and (enquiry.conference_not_required or (end.first is not None and day >= end.first)):
            continue
        kind = _kind(facts, day, answer)
        yield _Call(day=day, unborn=facts.unborn_on(day), answer=answer, kind=kind, triggered_by="strategy discussion", end=end)


def _until(moved_on: date | None, answer: HeldFact | None) -> HeldFact | None:
    """None where it was held after the child had moved away: another authority's conference has answered by then."""
    return None if answer is None or (moved_on is not None and answer.held_on > moved_on) else answer


def _conference_of(enquiry: Section47Fact, conferences: Sequence[HeldFact]) -> HeldFact | None:
    stated, day = enquiry.conference_on, enquiry.initiating_discussion_on
    if stated is not None and stated >= day:
        return _first((each for each in conferences if each.held_on == stated), stated)
    return None if enquiry.conference_not_required else _first(conferences, day)


def _moves_in(facts: SubjectFacts, conferences: Sequence[HeldFact]) -> Iterator[_Call]:
    """What each notice of a move to this authority calls for; one that was withdrawn stops calling for it that day."""
    for transfer in facts.transfers:
        if transfer.direction is not TransferDirection.IN:
            continue
        day, withdrawn_on = transfer.notified_on, transfer.withdrawn_on
        end = end_of(facts, withdrawn_on)
        answer = _first(conferences, day)
        if answer is not None and withdrawn_on is not None and withdrawn_on < answer.held_on:
            answer = None
        if answer is not None or end.first is None or day < end.first:
            by = "notice of a transfer in"
            yield _Call(day=day, unborn=False, answer=answer, kind=TRANSFER_IN, triggered_by=by, end=end)


def _once(calls: Iterable[_Call], law: Law) -> list[_Call]:
    """One call where several are one, as the top of this module says."""
    kept: list[_Call] = []
    for call in sorted(calls, key=lambda each: (each.day, each.end.first or date.max, _held_on(each) or date.max)):
        last = kept[-1] if kept else None
        if last is None or last.end != call.end or _held_on(last) != _held_on(call):
            kept.append(call)
        elif last.unborn and call.unborn:
            kept[-1] = call
        else:
            due = law.latest(last.kind.value, last.day)
            if due is None or call.day > due:
                kept.append(call)
    return kept


def _held_on(call: _Call) -> date | None:
    return None if call.answer is None else call.answer.held_on


def _reconvened(facts: SubjectFacts, inquorate: HeldFact, conferences: Sequence[HeldFact]) -> Step:
    """The conference that follows one that was inquorate; about a child on a plan, a review conference answers it too."""
    day = inquorate.held_on
    reviews = facts.held_of(MeetingKind.REVIEW_CONFERENCE) if facts.on_plan(day) else ()
    moved_on = facts.moved_away_on(day)
    answer = _until(moved_on, _first((each for each in [*conferences, *reviews] if each.held_on > day), day))
    kind = TRANSFER_IN if inquorate.kind is TRANSFER_IN else _kind(facts, day, answer)
    by, end = "inquorate conference held", end_of(facts, moved_on)
    return Step(kind=kind, triggered_on=day, triggered_by=by, code=INQUORATE, held=answer, end=end, follows=True)


# ------------------------------------------------------------------------------------------------ reviews


def review_conferences(facts: SubjectFacts, law: Law) -> Iterator[Step]:
    """Of each plan: 3 months after the conference that made it, then 6 after each review, until it ends. A child who moves away
    stays this authority's until the other has held its conference."""
    if not facts.plans:
        return
    reviews = facts.held_of(MeetingKind.REVIEW_CONFERENCE)
    starting = facts.held_of(*STARTING_CONFERENCES)
    for plan in facts.plans:
        ended_on = facts.plan_end(plan)
        yield from Chain(
            kind=MeetingKind.REVIEW_CONFERENCE,
            codes=("REVIEW_CONFERENCE_FIRST", "REVIEW_CONFERENCE_NEXT"),
            day0=_first_sitting(starting, plan),
            known_from=plan.reviews_known_from,
            begun_by="protection plan began",
            followed_by="review conference held",
            held=[each for each in reviews if plan.started_on < each.held_on <= (ended_on or date.max)],
            end=end_of(facts, ended_on),
        ).steps(law)


def _first_sitting(starting: Sequence[HeldFact], plan: PlanFact) -> date:
    """The day from which a plan's first review is counted: of a plan that an adjourned conference made, that conference's
    first sitting, as with every review after it."""
    made_by = (each.held_on for each in starting if each.completed_on is not None and each.held_on <= plan.started_on <= each.completed_on)
    return min(made_by, default=plan.started_on)


def after_birth(facts: SubjectFacts, step: Step, law: Law) -> Step:
    """The duty, counted from the birth where that asks for it sooner: of a plan made before the child was born, the review that
    was open at the end of the day of birth. What was held that day was held before the birth.

    Local practice: the diary aims at its day, and the duty is judged by the law's, as it was.
    """
    born_on = facts.born_on
    if born_on is None or not step.is_open_on(born_on):
        return step
    if step.triggered_on == born_on and not _made_before_birth(facts, born_on):
        return step
    due, after = law.latest(step.code, step.triggered_on), law.latest("POST_BIRTH_REVIEW", born_on)
    if due is None or after is None or after >= min(due, step.by_on or due):
        return step
    return replace(step, triggered_on=born_on, triggered_by="born", code="POST_BIRTH_REVIEW", law=(step.code, step.triggered_on))


def _made_before_birth(facts: SubjectFacts, born_on: date) -> bool:
    """Of what was held on the day of birth: whether a plan stood before, or the conference says that it was held before the birth."""
    if any(plan.started_on < born_on for plan in facts.plans):
        return True
    return any(each.kind is PRE_BIRTH and each.held_on == born_on for each in facts.held)

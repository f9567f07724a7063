"""Meetings to place, made of what is owed."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from services.booking.attendees import must_be_apart
from services.booking.needs import is_noted, needs_of
from services.kernel.words import MeetingKind
from services.planning.problem import Owed, Problem, Wanted

LEADING = tuple(MeetingKind)
"""Where kinds sit together, the earliest of this order leads: a conference is as long as its gravest part."""


def want(problem: Problem, items: tuple[Owed, ...], chair_id: UUID) -> Wanted:
    """One meeting for `items`, due with the earliest of them, not before that one's interval allows and not before the clock of
    any of them has begun."""

    def place(each: Owed) -> tuple[date, int, str, UUID]:
        known = problem.subjects.get(each.child_id)
        return each.book_by_on, LEADING.index(each.kind), "" if known is None else known.reference, each.child_id

    ordered = tuple(sorted(items, key=place))
    kind = min((each.kind for each in ordered), key=LEADING.index)
    lead = ordered[0]
    short = (lead.book_by_on - lead.triggered_on).days < 60
    policy = problem.policy
    about = [known for each in ordered if (known := problem.subjects.get(each.child_id)) is not None]
    begun_on = max(each.not_before_on or each.triggered_on + timedelta(days=1) for each in ordered)
    return Wanted(
        kind=kind,
        items=ordered,
        chair_id=chair_id,
        needs=needs_of(
            kind,
            children=len(ordered),
            first=any(each.first for each in ordered),
            settings=problem.settings,
            apart=must_be_apart(kind, (known.parents_apart for known in about), problem.settings),
            note_taker=is_noted(kind, (known.complexity for known in about), problem.settings),
        ),
        earliest_on=max(begun_on, lead.triggered_on if short else _share(lead, policy.earliest_share)),
        preferred_on=lead.triggered_on if short else _share(lead, policy.preferred_share),
        book_by_on=min(each.book_by_on for each in ordered),
        latest_on=min(each.latest_on for each in ordered),
        slack_days=policy.slack_days_initial if short else policy.slack_days,
    )


def _share(owed: Owed, share: Fraction) -> date:
    return owed.triggered_on + (owed.book_by_on - owed.triggered_on) * float(share)

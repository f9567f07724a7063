"""Timeliness of a period as the sector counts it: each indicator is a pure function with a version and its definition in words.

A definition that changes becomes one more entry of `INDICATORS`, with a higher version; the old one stays, so that last
year's figure can be computed again.

Sources: the children in need census (initial conferences; table D6, formerly NI 67 and PAF C20), NI 66 (PAF C68), PAF C63.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from services.kernel.words import CONFERENCES, MeetingKind, Timeliness
from services.statutory import cases
from services.statutory.cases import Cases, Duty, Measured, Period

_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A figure of a period. `failing`: the obligations for which somebody counts below the line but not above it."""

    code: str
    version: int
    title: str
    definition: str
    numerator: int
    denominator: int
    failing: tuple[UUID, ...]

    @property
    def share(self) -> Decimal | None:
        """Numerator by denominator, to three decimals, half up (0.975 is 97.5 per cent); None where nobody counts."""
        if not self.denominator:
            return None
        return (Decimal(self.numerator) / self.denominator).quantize(_THOUSANDTH, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """How one indicator is counted, in words and as a function."""

    code: str
    version: int
    title: str
    definition: str
    cases: Cases

    def measure(self, subjects: Iterable[Measured], period: Period) -> Indicator:
        """The figure of the period over these subjects."""
        found = [case for subject in subjects for case in self.cases(subject, period)]
        return Indicator(
            code=self.code,
            version=self.version,
            title=self.title,
            definition=self.definition,
            numerator=sum(case.passes for case in found),
            denominator=len(found),
            failing=tuple(dict.fromkeys(duty_id for case in found for duty_id in case.failing)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One meeting, or one that did not take place. `duty` None: it answered none that is known, and is NOT_APPLICABLE."""

    duty: Duty | None
    kind: MeetingKind
    held_on: date | None
    completed_on: date | None
    timeliness: Timeliness


def measure_all(subjects: Sequence[Measured], period: Period) -> tuple[Indicator, ...]:
    """Every indicator, each in its latest version."""
    latest: dict[str, Definition] = {}
    for each in INDICATORS:
        if each.code not in latest or latest[each.code].version < each.version:
            latest[each.code] = each
    return tuple(each.measure(subjects, period) for each in latest.values())


def judged_in(subject: Measured, period: Period) -> Iterator[Judged]:
    """What there is to judge of one subject: every duty that was met in the period, or was due in it and missed, and every
    meeting of the period that answered none."""
    answered = {(duty.kind.is_conference, duty.held_on) for duty in subject.duties}
    for duty in subject.duties:
        timeliness = duty.timeliness_on(period.today, period.law)
        if duty.held_on in period or (timeliness is Timeliness.OVERDUE and duty.statutory_due_on in period):
            yield Judged(duty=duty, kind=duty.kind, held_on=duty.held_on, completed_on=duty.completed_on, timeliness=timeliness)
    for kind in MeetingKind:
        for fact in subject.facts.held_of(kind):
            if fact.held_on in period and (kind.is_conference, fact.held_on) not in answered:
                yield Judged(
                    duty=None, kind=kind, held_on=fact.held_on, completed_on=fact.completed_on, timeliness=Timeliness.NOT_APPLICABLE
                )


_ADJOURNED = "One that was adjourned counts by its first sitting, and must have been completed within 20 working days of that."
_MISSED = "One late review, or one that was due and not held, fails the child."
_BY_LAW = (
    "What a unit's own practice asks for sooner (after a birth, or because a conference was inquorate) is judged by the law: "
    "three months after the conference that made the plan, six after a review."
)
_ONE_EACH = "One a child and meeting."

INDICATORS: tuple[Definition, ...] = (
    Definition(
        code="INITIAL_CONFERENCES_IN_15_WORKING_DAYS",
        version=1,
        title="Children whose initial conference was held within 15 working days",
        definition=(
            "Of the children at initial conferences held in the period (pre-birth included), those whose conference was held within "
            "15 working days of the strategy discussion that initiated the section 47 enquiry, the day of the discussion not counted. "
            f"{_ADJOURNED} A conference that answers two enquiries counts once, and is in time if it is so for both. Left out: "
            "transfer-in conferences (counted apart), an enquiry about a child on a plan that a review conference answered, a "
            "conference that met again because it was inquorate, and one of which no enquiry is recorded."
        ),
        cases=cases.initial_conferences,
    ),
    Definition(
        code="TRANSFER_IN_CONFERENCES_IN_15_WORKING_DAYS",
        version=1,
        title="Children whose transfer-in conference was held within 15 working days",
        definition=(
            "Of the children at transfer-in conferences held in the period, those whose conference was held within 15 working days of "
            f"the other authority's written notice. {_ADJOURNED}"
        ),
        cases=cases.transfer_in_conferences,
    ),
    Definition(
        code="PLANS_REVIEWED_IN_TIME",
        version=1,
        title="Children on a plan all of whose review conferences were in time (D6, NI 67, PAF C20)",
        definition=(
            "Of the children on a child protection plan on the last day of the period who had been on it for at least three months, "
            f"those all of whose review conferences due in the period were held in time. {_MISSED} {_ADJOURNED} A child of whom none "
            "was due in the period counts as reviewed in time. Only reviews of the plan that stands count. "
            f"{_BY_LAW}"
        ),
        cases=cases.plans_reviewed,
    ),
    Definition(
        code="CHILDREN_IN_CARE_REVIEWED_IN_TIME",
        version=1,
        title="Children in care all of whose reviews were in time (NI 66, PAF C68)",
        definition=(
            "Of the children looked after on the last day of the period who had been so for over four weeks (28 days), those all of "
            f"whose reviews due in the period were held in time: care reviews, and adoption reviews. {_MISSED} {_ADJOURNED} A child of "
            "whom none was due in the period counts as reviewed in time. Only reviews of the present period of care count. Left out: "
            "children in an agreed series of short breaks, unless it has outgrown 17 days a break or 75 days a year."
        ),
        cases=cases.children_reviewed,
    ),
    Definition(
        code="CHILDREN_WHO_GAVE_THEIR_VIEWS",
        version=1,
        title="Children in care who gave their views at every review (PAF C63)",
        definition=(
            "Of the children that the indicator before counts and who were aged four or over at a review held in the period, those who "
            "gave their views at every such review: participation PN1, PN2, PN3, PN5 or PN6. PN4, PN7 and a missing code are none. "
            "Reviews with PN0, of a child under four, are left out."
        ),
        cases=cases.children_heard,
    ),
    Definition(
        code="CONFERENCES_HELD_IN_TIME",
        version=1,
        title="Conferences held in time, meeting by meeting",
        definition=(
            f"Of all child protection conferences held in the period, those held in time. {_ONE_EACH} {_ADJOURNED} {_BY_LAW} Left out: "
            "initial and transfer-in conferences that met again because they were inquorate, of which no law says when."
        ),
        cases=cases.held(*sorted(CONFERENCES)),
    ),
    Definition(
        code="REVIEW_CONFERENCES_HELD_IN_TIME",
        version=1,
        title="Review conferences held in time, meeting by meeting",
        definition=f"Of the review conferences held in the period, those held in time. {_ONE_EACH} {_ADJOURNED} {_BY_LAW}",
        cases=cases.held(MeetingKind.REVIEW_CONFERENCE),
    ),
    Definition(
        code="CARE_REVIEWS_HELD_IN_TIME",
        version=1,
        title="Reviews of children in care held in time, meeting by meeting",
        definition=(
            f"Of the care reviews and adoption reviews held in the period, those held in time. {_ONE_EACH} {_ADJOURNED} A review that "
            "answers both clocks counts once."
        ),
        cases=cases.held(MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW),
    ),
    Definition(
        code="SHORT_BREAK_REVIEWS_HELD_IN_TIME",
        version=1,
        title="Short-break reviews held in time, meeting by meeting",
        definition=f"Of the reviews of short breaks held in the period, those held in time. {_ONE_EACH}",
        cases=cases.held(MeetingKind.SHORT_BREAK_REVIEW),
    ),
    Definition(
        code="SECURE_CRITERIA_REVIEWS_HELD_IN_TIME",
        version=1,
        title="Secure criteria reviews held in time, meeting by meeting",
        definition=f"Of the secure accommodation criteria reviews held in the period, those held in time. {_ONE_EACH}",
        cases=cases.held(MeetingKind.SECURE_CRITERIA_REVIEW),
    ),
    Definition(
        code="FOSTER_HOME_REVIEWS_HELD_IN_TIME",
        version=1,
        title="Foster home reviews held in time, meeting by meeting",
        definition="Of the reviews of foster homes held in the period, those held within a year. One a household and review.",
        cases=cases.held(MeetingKind.FOSTER_HOME_REVIEW),
    ),
)
"""Every indicator in every version."""

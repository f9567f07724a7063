"""What a caller may have recorded of a child; the fields mirror the graph's inputs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChild:
    """Born on a day or expected on one. `sibling_of`, `parent_of`: references of children that are known already."""

    request_key: str
    reference: str
    born_on: date | None = None
    expected_on: date | None = None
    sibling_of: str | None = None
    parent_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCarePeriod:
    """The child became looked after on `started_on`. `legal_status`: as SSDA903 codes it (C2, V2 ...); V3, V4: short breaks."""

    request_key: str
    reference: str
    started_on: date
    legal_status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCarePeriod:
    request_key: str
    reference: str
    ended_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStrategyDiscussion:
    """The discussion that initiated a section 47 enquiry about these children: day 0 of their initial conference."""

    request_key: str
    references: tuple[str, ...]
    held_on: date

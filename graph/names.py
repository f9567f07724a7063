"""Types that name each other across modules, resolved when the schema is built; and the identifiers that they share."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias
from uuid import UUID

import strawberry

from services.kernel.errors import NotFound

if TYPE_CHECKING:
    from graph.allocation import Allocation
    from graph.booking import Meeting, MeetingConnection
    from graph.caseload import Caseload, ChildWeight
    from graph.children import Child, ChildConnection
    from graph.circumstances import Circumstances
    from graph.obligations import FosterHousehold, Obligation, ObligationConnection
    from graph.officers import Iro, NoteTaker, PoliceTeam, Room
    from graph.working_time import Reduction

LazyAllocation: TypeAlias = Annotated["Allocation", strawberry.lazy("graph.allocation")]
LazyCaseload: TypeAlias = Annotated["Caseload", strawberry.lazy("graph.caseload")]
LazyChild: TypeAlias = Annotated["Child", strawberry.lazy("graph.children")]
LazyChildren: TypeAlias = Annotated["ChildConnection", strawberry.lazy("graph.children")]
LazyChildWeight: TypeAlias = Annotated["ChildWeight", strawberry.lazy("graph.caseload")]
LazyCircumstances: TypeAlias = Annotated["Circumstances", strawberry.lazy("graph.circumstances")]
LazyHousehold: TypeAlias = Annotated["FosterHousehold", strawberry.lazy("graph.obligations")]
LazyIro: TypeAlias = Annotated["Iro", strawberry.lazy("graph.officers")]
LazyMeeting: TypeAlias = Annotated["Meeting", strawberry.lazy("graph.booking")]
LazyMeetings: TypeAlias = Annotated["MeetingConnection", strawberry.lazy("graph.booking")]
LazyNoteTaker: TypeAlias = Annotated["NoteTaker", strawberry.lazy("graph.officers")]
LazyObligation: TypeAlias = Annotated["Obligation", strawberry.lazy("graph.obligations")]
LazyObligations: TypeAlias = Annotated["ObligationConnection", strawberry.lazy("graph.obligations")]
LazyPoliceTeam: TypeAlias = Annotated["PoliceTeam", strawberry.lazy("graph.officers")]
LazyReduction: TypeAlias = Annotated["Reduction", strawberry.lazy("graph.working_time")]
LazyRoom: TypeAlias = Annotated["Room", strawberry.lazy("graph.officers")]

AsKnownAt: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(name="asKnownAt", description="As it was known at that instant, before what was corrected since. Omitted: now."),
]


@strawberry.interface
class Node:
    id: strawberry.ID


def global_id(kind: str, identifier: UUID) -> strawberry.ID:
    """The identifier of a thing in the whole graph."""
    return strawberry.ID(base64.b64encode(f"{kind}:{identifier}".encode()).decode())


def parse_id(text: str) -> tuple[str, UUID]:
    """The type and the identifier; raises `NotFound` where there cannot be such a thing."""
    try:
        kind, _, identifier = base64.b64decode(text, validate=True).decode().partition(":")
        return kind, UUID(identifier)
    except (ValueError, binascii.Error):
        raise NotFound("there is no such thing, or not for you") from None


def id_of(kind: str, text: str) -> UUID:
    """The identifier of a thing of this type; raises `NotFound` for another."""
    found, identifier = parse_id(text)
    if found != kind:
        raise NotFound(f"there is no such {kind}, or not for you")
    return identifier

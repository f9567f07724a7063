"""What a viewer may see, in the form that SQL asks for: the reach of a right turned into values of a condition.

The database functions `children_in_sight`, `meetings_in_sight` and `items_in_sight` take these values; every read for a
viewer goes through one of them, so that what is refused looks exactly like what is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.kernel.actor import Actor
from services.kernel.permission import Act, Reach, reach
from services.kernel.words import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """`everything`, `nothing`, or what hangs on who the person is (one of the identifiers) or on the children of her token."""

    everything: bool = False
    nothing: bool = False
    iro_id: UUID | None = None
    note_taker_id: UUID | None = None
    police_team_id: UUID | None = None
    references: tuple[str, ...] = ()

    @property
    def participant_id(self) -> UUID | None:
        """Chair or note-taker: knows whom the meetings concern in which she takes part."""
        return self.iro_id or self.note_taker_id


def sight_of(actor: Actor, act: Act) -> Sight:
    """How far `actor` sees by the right `act`."""
    far = reach(actor, act)
    if far is Reach.ALL:
        return Sight(everything=True)
    if far is Reach.NONE:
        return Sight(nothing=True)
    return Sight(
        iro_id=actor.resource_id if actor.role is Role.IRO else None,
        note_taker_id=actor.resource_id if actor.role is Role.NOTE_TAKER else None,
        police_team_id=actor.resource_id if actor.role is Role.POLICE_LIAISON else None,
        references=tuple(sorted(actor.child_references)) if actor.role is Role.SOCIAL_WORKER else (),
    )

"""One family looked at under the lock of decisions: what is known of it, what is best for it, and what each officer would mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.allocation import store
from services.allocation.bounds import least_worst_utilisation
from services.allocation.comparing import compare, rejected
from services.allocation.door import Settled
from services.allocation.explain import Decision, blockers, collision, explain
from services.allocation.posing import Known, standing_of
from services.allocation.problem import Problem
from services.allocation.store import Named
from services.caseload import service as caseload
from services.caseload.standing import renew_weights, weights_are_kept
from services.kernel.errors import Blocker, Impossible, InvalidInput, NotFound
from services.platform.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Children by the references under which they were asked for."""

    children: Mapping[str, Named]

    @property
    def ids(self) -> list[UUID]:
        return [child.id for child in self.children.values()]


async def find_asked(connection: Connection, references: Collection[str], field: str) -> Asked:
    """The children of these references. Raises `NotFound`, and `InvalidInput` for one that goes by another reference now."""
    found = await store.find_children(connection, references)
    missing = sorted(set(references) - set(found))
    if missing:
        raise NotFound(f"there is no child {missing[0]}")
    for reference, child in sorted(found.items()):
        if child.reference != reference:
            raise InvalidInput(
                f"{reference} and {child.reference} were found to be one child, which goes by {child.reference}: name that", field
            )
    return Asked(children=found)


async def know_family(connection: Connection, today: date, child_ids: Collection[UUID]) -> Known:
    """What bears on a decision about these children, as it stays until the transaction ends as far as decisions go."""
    await caseload.lock_decisions(connection)
    scheme = await caseload.ensure_scheme(connection, today)
    await renew_weights(connection, today, scheme)
    return await store.load_near(connection, today, child_ids, scheme)


async def look_at_family(connection: Connection, today: date, child_ids: Collection[UUID]) -> Known:
    """What bears on a decision about these children, for whoever only reads; perhaps with everybody else."""
    scheme = await caseload.scheme_on(connection, today)
    if await weights_are_kept(connection, today, scheme):
        return await store.load_near(connection, today, child_ids, scheme)
    return await store.load_known(connection, today)


def must_be_in_scope(known: Known, asked: Asked, field: str) -> None:
    """Raises `InvalidInput` for a child who needs no IRO and has none."""
    in_scope = {child.child_id for child in known.children}
    for reference, child in asked.children.items():
        if child.id not in in_scope and child.id not in known.holders:
            raise InvalidInput(f"{reference} is neither in care nor on a plan nor awaiting a conference: it needs no IRO", field)


def without_iro(known: Known, child_id: UUID) -> Known:
    """As if the child had no IRO: what she holds is so much less."""
    holder = known.holders.get(child_id)
    if holder is None:
        return known
    points = known.weights[child_id].points if child_id in known.weights else Decimal(0)
    standing = standing_of(known)
    if holder in standing:
        standing[holder] -= points
    holders = {child: officer for child, officer in known.holders.items() if child != child_id}
    return replace(known, holders=holders, standing=standing)


def decisions_of(problem: Problem, best: Settled) -> tuple[Decision, ...]:
    """The best answer with its reasons, and for every officer not chosen what the whole would be with her, decided anew."""
    children = {child.id: child for child in problem.children}
    told = explain(problem, best.answer, least_worst_utilisation(problem))
    found = []
    for decision in told.decisions:
        together = [children[child] for child in decision.children]
        options = [option for option in compare(problem, together) if option.officer.id != decision.officer]
        found.append(replace(decision, rejected=tuple(rejected(problem, option, together, best) for option in options)))
    return tuple(found)


def impossible(problem: Problem) -> Impossible:
    """The rules at fault for the first child that cannot be placed, or for the family together."""
    answer: dict[UUID, UUID] = {}
    found: tuple[Blocker, ...] = ()
    for child in problem.children:
        found = blockers(problem, answer, child)
        free = [officer for officer in problem.officers if not any(each.resource_code == officer.code for each in found)]
        if not free:
            break
        answer[child.id] = max(free, key=lambda officer: officer.limit - officer.held).id
    return Impossible(collision(problem, found), found)

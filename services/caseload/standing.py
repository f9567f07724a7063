"""What each officer holds, without weighing the whole unit for every decision.

The weight of each child is kept as of one day under one scheme. Whatever changes a weight is noted in the transaction that
changes it (by triggers, see the migration); a decision, which is the only one of its time, first weighs anew the children
so noted with their brothers and sisters. So what it sums is what weighing everybody would come to, and costs as much as
there was news. Another day, another scheme or another release weighs everybody.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.caseload import store
from services.caseload.weights import ENGINE, FactorCode, Scheme, points_of, weigh
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "standing.sql")
_MANY = 1_000
"""Above so many changes everybody is weighed: it takes no longer."""


def _basis(scheme: Scheme) -> str:
    """Whatever weights depend on beside the records and the day."""
    return " ".join((ENGINE, *(f"{code.value}={points_of(scheme, code).normalize()}" for code in FactorCode)))


async def renew_weights(connection: Connection, on: date, scheme: Scheme) -> None:
    """What is kept are the weights of this day by the records as they are; the caller holds the lock of decisions."""
    changed = {row["child_id"] async for row in _sql.take_changed(connection)}
    kept = await _sql.basis_of_weights(connection)
    basis = _basis(scheme)
    if kept is None or (kept["as_of"], kept["basis"]) != (on, basis) or len(changed) > _MANY:
        await _sql.forget_weights(connection)
        await _sql.forget_basis(connection)
        await _sql.keep_basis(connection, as_of=on, basis=basis)
        await _weigh(connection, on, scheme, None)
    elif changed:
        await _weigh(connection, on, scheme, changed)


async def _weigh(connection: Connection, on: date, scheme: Scheme, child_ids: Collection[UUID] | None) -> None:
    weights = weigh(await store.load_children(connection, on, child_ids), scheme)
    gone = [child for child in child_ids or () if child not in weights]
    if gone:
        await _sql.drop_weights(connection, child_ids=gone)
    if weights:
        await _sql.keep_weights(connection, child_ids=list(weights), points=[weight.points for weight in weights.values()])


async def weights_are_kept(connection: Connection, on: date, scheme: Scheme) -> bool:
    """Whether what is kept is as `renew_weights` would leave it: for whoever only reads."""
    kept = await _sql.basis_of_weights(connection)
    if kept is None or (kept["as_of"], kept["basis"]) != (on, _basis(scheme)):
        return False
    return not [row async for row in _sql.changed_weights(connection, at_most=1)]


async def standing_on(connection: Connection, on: date) -> dict[UUID, Decimal]:
    """The points of each officer's children on the day of the weights that are kept; whoever has none is not named."""
    return {row["iro_id"]: row["points"] async for row in _sql.standing_on(connection, on_day=on)}

"""Plans asked for, cancelled and applied; the worker's part is in `performing`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.ids import new_id
from services.kernel.permission import Act, require
from services.kernel.words import RunState
from services.planning import store
from services.planning.commands import FROZEN_DAYS, PlanMeetings, RunAction, check_span
from services.planning.performing import perform_waiting
from services.planning.store import Run
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources

__all__ = ["FROZEN_DAYS", "PlanMeetings", "RunAction", "cancel_run", "perform_waiting", "request_apply", "request_plan"]

_JOB = "perform_plans"


async def request_plan(resources: Resources, actor: Actor, command: PlanMeetings, now: datetime) -> UUID:
    """A plan is QUEUED for the solver worker; answers its identifier. Raises `InvalidInput` for a span that cannot be planned."""
    require(actor, Act.PLAN)
    today = resources.today(now)
    check_span(command, today)
    run = Run(
        id=new_id(),
        state=RunState.QUEUED,
        first_day=command.first_day,
        last_day=command.last_day,
        kinds=command.kinds,
        may_move=command.may_move,
        frozen_days=command.frozen_days,
        today=today,
        requested_by=actor.subject,
        apply_by=None,
    )

    async def work(connection: Connection) -> dict[str, Any]:
        await store.add_run(connection, run, now)
        await audit.record(connection, actor, "PLAN", subject=f"plan:{run.id}", details=_details(command))
        return {"id": str(run.id)}

    answer = await once(resources.database, actor, command.request_key, {"plan": _details(command)}, work)
    await resources.doorbell.ring_solver(_JOB)
    return UUID(answer["id"])


async def request_apply(resources: Resources, actor: Actor, action: RunAction, now: datetime) -> UUID:
    """A PROPOSED plan is APPLYING: the worker books it, placement by placement. Raises `InvalidInput` in any other state."""
    require(actor, Act.PLAN)

    async def work(connection: Connection) -> dict[str, Any]:
        run = await store.lock_run(connection, action.id)
        if run.state is not RunState.PROPOSED:
            raise InvalidInput(f"this plan is {run.state.value}: only a PROPOSED plan can be applied", "id")
        await store.start_applying(connection, run.id, actor.subject)
        await audit.record(connection, actor, "APPLY_PLAN", subject=f"plan:{run.id}")
        return {"id": str(run.id)}

    answer = await once(resources.database, actor, action.request_key, {"apply_plan": str(action.id), "reason": action.reason}, work)
    await resources.doorbell.ring_solver(_JOB)
    return UUID(answer["id"])


async def cancel_run(resources: Resources, actor: Actor, action: RunAction, now: datetime) -> UUID:
    """The plan is CANCELLED; what it has booked already stands. Raises `InvalidInput` for one that has ended."""
    require(actor, Act.PLAN)

    async def work(connection: Connection) -> dict[str, Any]:
        run = await store.lock_run(connection, action.id)
        if run.state.is_final and run.state is not RunState.PROPOSED:
            raise InvalidInput(f"this plan is {run.state.value}: there is nothing left to cancel", "id")
        await store.cancel(connection, run.id, now)
        await audit.record(connection, actor, "CANCEL_PLAN", subject=f"plan:{run.id}")
        return {"id": str(run.id)}

    answer = await once(resources.database, actor, action.request_key, {"cancel_plan": str(action.id), "reason": action.reason}, work)
    return UUID(answer["id"])


def _details(command: PlanMeetings) -> dict[str, Any]:
    return {
        "from": command.first_day.isoformat(),
        "to": command.last_day.isoformat(),
        "kinds": None if command.kinds is None else [kind.value for kind in command.kinds],
        "may_move": command.may_move,
        "frozen_days": command.frozen_days,
    }

"""Working time that a manager records by hand: reductions, another contract, a leaver."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry

from graph import described, errors
from graph.commands import Command, fill
from graph.context import Info
from graph.names import Node, global_id, id_of
from graph.officers import Iro, the_iro
from graph.recording import Serve, keep
from services.directory import reading_reductions as reading
from services.directory import working_time


@strawberry.type(description="WTE taken off an officer's contract from firstDay to lastDay, both included; null: until it is ended.")
class Reduction(Node):
    first_day: date
    last_day: date | None
    wte: Decimal
    reason: str


@strawberry.input(description="lastDay omitted: until it is ended.")
class RecordReductionInput:
    request_key: strawberry.ID
    iro_code: str
    first_day: date
    last_day: date | None = None
    wte: Decimal
    reason: str


@strawberry.input(description="A lastDay before its first takes the reduction back, as if it had never been.")
class EndReductionInput:
    request_key: strawberry.ID
    id: strawberry.ID
    last_day: date


@strawberry.input(description="The contract is for this WTE from that day on, until the next change that is recorded already.")
class ChangeWteInput:
    request_key: strawberry.ID
    iro_code: str
    from_day: date
    wte: Decimal


@strawberry.input(description="lastDay, included, is stated; null: she stays after all.")
class RecordLeavingInput:
    request_key: strawberry.ID
    iro_code: str
    last_day: date | None = strawberry.UNSET


@strawberry.type(description="The officer as she is recorded now. reduction: null where none was concerned, or it was taken back.")
class WorkingTimeRecorded:
    iro: Iro
    reduction: Reduction | None


WorkingTimeResult = Annotated[
    WorkingTimeRecorded | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("WorkingTimeResult"),
]


def reduction_of(row: reading.Reduction) -> Reduction:
    return Reduction(id=global_id("Reduction", row.id), first_day=row.first_day, last_day=row.last_day, wte=row.wte, reason=row.reason)


async def _record_reduction(info: Info, input: RecordReductionInput) -> WorkingTimeRecorded:  # noqa: A002
    identifier = await keep(info, working_time.record_reduction, fill(working_time.RecordReduction, input))
    row = await info.context.loaders.load(reading.reductions, identifier)
    assert row is not None  # whoever records working time sees every caseload
    return WorkingTimeRecorded(iro=await the_iro(info, row.resource_id), reduction=reduction_of(row))


async def _end_reduction(info: Info, input: EndReductionInput) -> WorkingTimeRecorded:  # noqa: A002
    before = await info.context.loaders.load(reading.reductions, id_of("Reduction", input.id))
    await keep(info, working_time.end_reduction, fill(working_time.EndReduction, input, of="Reduction"))
    assert before is not None  # or else the service has refused
    after = await info.context.loaders.load(reading.reductions, before.id)
    return WorkingTimeRecorded(iro=await the_iro(info, before.resource_id), reduction=None if after is None else reduction_of(after))


def _of_officer(description: str, stated: type[Any], command: type[Command], serve: Serve[Command, UUID]) -> Any:
    async def resolve(info: Info, input: Any) -> WorkingTimeRecorded:  # noqa: A002
        return WorkingTimeRecorded(iro=await the_iro(info, await keep(info, serve, fill(command, input))), reduction=None)

    return described.mutation_of(description, stated, WorkingTimeResult, resolve)


@strawberry.type
class WorkingTimeMutation:
    record_reduction = described.mutation_of(
        "So much WTE is taken off an officer's capacity: induction, phased return, other duties.",
        RecordReductionInput,
        WorkingTimeResult,
        _record_reduction,
    )
    end_reduction = described.mutation_of("A reduction ends, or never was.", EndReductionInput, WorkingTimeResult, _end_reduction)
    change_wte = _of_officer("Another contract from a day on.", ChangeWteInput, working_time.ChangeWte, working_time.change_wte)
    record_leaving = _of_officer(
        "An officer leaves: she takes no new child in her last weeks; hers stay in her name until a manager gives them to others.",
        RecordLeavingInput,
        working_time.RecordLeaving,
        working_time.record_leaving,
    )

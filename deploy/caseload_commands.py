"""The commands about caseloads: who has how much, what would be if, the weeks ahead, rebalancing, candidates for a child."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from deploy.console import AsJson, day_option, print_result, progress, with_resources
from services.caseload.forecast import USUAL_WEEKS
from services.kernel.errors import InvalidInput
from services.platform.resources import Resources

Absent = Annotated[list[str] | None, typer.Option(metavar="IRO", help="An officer who would be away for long; repeat for more.")]


def add_to(app: typer.Typer) -> None:
    """The application has these commands."""
    for command in (caseloads, forecast, rebalance, candidates):
        app.command()(command)


def caseloads(
    as_of: Annotated[date | None, day_option(told="The day of the table; default: today.")] = None,
    absent: Absent = None,
    wte: Annotated[list[str] | None, typer.Option(metavar="IRO=WTE", help="If an officer had this WTE; repeat for more.")] = None,
    new_in_care: Annotated[int, typer.Option(metavar="N", help="If so many more children came into care.")] = 0,
    new_on_plans: Annotated[int, typer.Option(metavar="N", help="If so many more children came onto plans.")] = 0,
    limit: Annotated[str | None, typer.Option(metavar="POINTS", help="If this were the limit per WTE.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell who has how much on a day; with any supposition, what it would be: nothing is changed."""
    from deploy.caseloads import read_caseloads
    from services.allocation.what_if import WhatIf, changed_wte

    what_if = WhatIf(
        absent=frozenset(absent or ()),
        wte=changed_wte(map(_wte, wte or ())),
        new_in_care=new_in_care,
        new_on_plans=new_on_plans,
        limit_per_wte=_decimal("--limit", limit, "70"),
    )

    async def run(resources: Resources) -> None:
        result = await read_caseloads(resources, as_of, what_if)
        print_result(result.as_json(), result.lines(), as_json)

    with_resources(run)


def forecast(
    weeks: Annotated[int, typer.Option(metavar="N", help="How many weeks ahead, to 104.")] = USUAL_WEEKS,
    as_json: AsJson = False,
) -> None:
    """Tell what caseloads and limits come to in the weeks ahead, if all goes on as in the last year."""
    from deploy.caseloads import read_forecast

    async def run(resources: Resources) -> None:
        result = await read_forecast(resources, weeks)
        print_result(result.as_json(), result.lines(), as_json)

    with_resources(run)


def rebalance(
    max_moves: Annotated[int | None, typer.Option(metavar="N", help="Propose so many moves at most.")] = None,
    absent: Absent = None,
    keep: Annotated[list[str] | None, typer.Option(metavar="REF", help="A child who should stay with its IRO; repeat for more.")] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Good enough for the fullest officer, for example 0.95: move no more than that needs."),
    ] = None,
    proposal: Annotated[str | None, typer.Option(metavar="ID", help="Instead of a new one, a proposal that was made before.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Make the moves.")] = False,
    moves: Annotated[str | None, typer.Option(metavar="1,2,5", help="With --apply: these moves alone.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="With --apply or --undo: why; it is kept with each child.")] = None,
    undo: Annotated[str | None, typer.Option(metavar="ID", help="Take back what a rebalancing did today.")] = None,
    as_json: AsJson = False,
) -> None:
    """Propose how to even out the caseloads, or to hand on those of whoever is absent; make the moves, or take them back."""
    from deploy.rebalancing import apply_rebalancing, find_rebalancing, propose_rebalancing, undo_rebalancing
    from services.allocation.rebalancing.commands import ProposeRebalancing

    _judge_options(max_moves=max_moves, proposal=proposal, undo=undo, apply=apply, moves=moves, reason=reason)
    _refuse_beside({"--absent": absent, "--keep": keep, "--target": target}, proposed_before=max_moves is None)
    numbers, least = _numbers(moves), _decimal("--target", target, "0.95")

    async def run(resources: Resources) -> None:
        with progress(as_json) as report:
            if undo is not None:
                result = await undo_rebalancing(resources, undo, reason)
            elif proposal is not None:
                result = await find_rebalancing(resources, proposal)
            else:
                wanted = ProposeRebalancing(
                    request_key=str(uuid.uuid4()),
                    max_moves=max_moves or 0,
                    absent_iros=tuple(absent or ()),
                    keep_references=tuple(keep or ()),
                    target_utilisation=least,
                )
                result = await propose_rebalancing(resources, wanted, report)
            if apply:
                result = await apply_rebalancing(resources, result, numbers, reason or "")
        print_result(result.as_json(), result.lines(), as_json)

    with_resources(run)


def candidates(
    reference: Annotated[str, typer.Argument(metavar="REF", help="The child.")],
    as_json: AsJson = False,
) -> None:
    """Rank every officer for a child, with what keeps it from her or what the unit would lose by her."""
    from deploy.caseloads import read_candidates

    async def run(resources: Resources) -> None:
        result = await read_candidates(resources, reference)
        print_result(result.as_json(), result.lines(), as_json)

    with_resources(run)


def _judge_options(
    *, max_moves: int | None, proposal: str | None, undo: str | None, apply: bool, moves: str | None, reason: str | None
) -> None:
    """One of three things is asked for, and options that belong to another are not lost in silence."""
    if sum(each is not None for each in (max_moves, proposal, undo)) != 1:
        raise InvalidInput(
            "give one of --max-moves (a new proposal), --proposal (one made before) and --undo (one made today)", "max-moves"
        )
    if undo is not None and apply:
        raise InvalidInput("--undo takes back, --apply makes moves: give one of them", "undo")
    if moves is not None and not apply:
        raise InvalidInput("--moves says which moves --apply is to make: give --apply too", "moves")
    if reason is not None and not apply and undo is None:
        raise InvalidInput("--reason says why --apply or --undo is done: give one of them too", "reason")
    if apply and not (reason or "").strip():
        raise InvalidInput("--apply needs --reason: children do not change their IRO without one", "reason")


def _refuse_beside(stated: Mapping[str, object], *, proposed_before: bool) -> None:
    for option, value in stated.items():
        if proposed_before and value is not None:
            raise InvalidInput(f"{option} is of a new proposal: give it with --max-moves", option.strip("-"))


def _numbers(stated: str | None) -> list[int]:
    try:
        return [int(each) for each in stated.split(",")] if stated is not None else []
    except ValueError:
        raise InvalidInput(f"--moves {stated}: give the numbers of moves with commas between, for example 1,2,5", "moves") from None


def _wte(stated: str) -> tuple[str, Decimal]:
    code, equals, figure = stated.partition("=")
    try:
        if equals and code:
            return code, Decimal(figure)
    except InvalidOperation:
        pass
    raise InvalidInput(f"--wte {stated}: give an officer and her WTE, for example IRO-01=0.6", "wte")


def _decimal(option: str, stated: str | None, example: str) -> Decimal | None:
    try:
        return None if stated is None else Decimal(stated)
    except InvalidOperation:
        raise InvalidInput(f"{option} {stated}: give a number, for example {example}", option.strip("-")) from None

"""The command line: a door to the same services that the graph opens."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy import caseload_commands, mail_commands
from deploy.authority import Source, Taking, take_in
from deploy.console import AsJson, AsOf, First, Last, configured, print_result, progress, with_resources
from deploy.running import with_addresses, with_secret
from deploy.working import WorkerName
from services.kernel.errors import ConveneError, Rejected
from services.kernel.window import civil_day
from services.kernel.words import Role
from services.planning.commands import FROZEN_DAYS, MOST_FROZEN_DAYS
from services.platform.resources import Resources

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Convene: conferences and reviews in time.")


def main() -> None:
    """Runs a command; what is refused is one clear line and a non-zero exit."""
    try:
        raise SystemExit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except typer.TyperException as misuse:
        _fail(_misused(misuse))
    except ConveneError as refusal:
        _fail(str(refusal))
    except OSError as fault:
        _fail(f"{fault.strerror or fault}{f': {fault.filename}' if fault.filename else ''}")
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _misused(fault: typer.TyperException) -> str:
    """What is wrong with the words of a command, on one line, and who explains them."""
    context = getattr(fault, "ctx", None)  # not every fault has one
    told = " ".join(fault.format_message().split())
    return told if context is None else f"{told.rstrip('.')}: see `{context.command_path} --help`"


def _fail(message: str) -> None:
    print(f"convene: {message}", file=sys.stderr)
    raise SystemExit(1)


def _run(daemon: Coroutine[Any, Any, None]) -> None:
    """On the fastest event loop that there is here."""
    try:
        import uvloop
    except ImportError:  # Windows has none
        asyncio.run(daemon)
    else:
        uvloop.run(daemon)


@app.command()
def up() -> None:
    """Start everything on this machine: PostgreSQL, Valkey, a mail sink, the graph and the workers."""
    from deploy.up import up as start

    config = configured()
    raise SystemExit(asyncio.run(start(config)))


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this release."""
    from services.platform.migrate import migrate as bring_up_to_date

    config = with_addresses(configured())
    url = config.owner_database_url or config.database_url
    if url is None:
        raise Rejected("no database is named: set CONVENE_OWNER_DATABASE_URL or CONVENE_DATABASE_URL")
    print(f"The database is at revision {asyncio.run(bring_up_to_date(url))}.")


@app.command()
def restored(
    mailed: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="The mail system's log of what was mailed since the backup."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Even if it was done for this restore already.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """After a restore from a backup, before any worker runs: raise every SEQUENCE past what was mailed, and tell how things stand."""
    from deploy.restored import restore_calendars

    async def run(resources: Resources) -> None:
        await restore_calendars(resources, mailed, again=again, yes=yes)

    with_resources(run)


@app.command()
def serve() -> None:
    """Answer the graph, the feeds and the health checks; metrics on the management port."""
    from deploy.serving import serve as answer

    _run(answer(with_secret(configured(daemon=True))))


@app.command()
def worker(name: WorkerName) -> None:
    """Run one worker: `delivery` sends invitations, `solver` allocates and plans."""
    from deploy.working import work

    _run(work(configured(daemon=True), name))


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write the files to.")],
    as_of: AsOf = None,
    scale: Annotated[int, typer.Option(min=1, max=50, help="1: the authority of the report; 10: a large county.")] = 1,
    returns: Annotated[bool, typer.Option("--returns", help="As of a 31 March: the year's returns, as they are submitted, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the files of an invented authority."""
    from deploy.sample import write_returns, write_sample

    day = as_of or configured().today or civil_day(datetime.now(UTC))
    if returns:
        write_returns(folder / "returns", last_day=day, scale=scale)
    summary = write_sample(folder, as_of=day, scale=scale)
    print_result(summary.as_json(), [*summary.lines(), f"Written to {folder}."], as_json)


@app.command("import")
def import_file(
    source: Source,
    path: Annotated[Path, typer.Argument(help="The file, or the folder of an SSDA903 return or of the safeguarding dataset.")],
    as_of: AsOf = None,
    dry_run: Annotated[bool, typer.Option(help="Judge and report, change nothing.")] = False,
    release: Annotated[bool, typer.Option(help="Establishment: absences may free what stands booked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take records in: all-or-nothing a child, as often as you like."""
    taking = Taking(source=source, path=path, as_of=as_of, dry_run=dry_run, release=release)

    async def run(resources: Resources) -> None:
        report = await take_in(resources, taking)
        print_result(report.as_json(), report.lines(), as_json)

    with_resources(run)


@app.command()
def allocate(as_json: AsJson = False) -> None:
    """Give every child in scope that has no IRO exactly one."""
    from deploy.runs import allocate_all

    async def run(resources: Resources) -> None:
        with progress(as_json) as report:
            result = await allocate_all(resources, report)
        print_result(result.as_json(), result.lines(), as_json)

    with_resources(run)


@app.command()
def plan(
    first: First,
    last: Last,
    apply: Annotated[bool, typer.Option("--apply", help="Book what the plan proposes.")] = False,
    may_move: Annotated[int, typer.Option("--may-move", metavar="N", min=0, help="Move at most so many meetings that stand.")] = 0,
    frozen_days: Annotated[
        int,
        typer.Option("--frozen-days", metavar="N", min=0, max=MOST_FROZEN_DAYS, help="Move none that stands within so many working days."),
    ] = FROZEN_DAYS,
    as_json: AsJson = False,
) -> None:
    """Plan every conference and review to be booked in a span of days, and repair what stands and lacks something."""
    from deploy.planned import apply_plan, plan_span

    async def run(resources: Resources) -> None:
        with progress(as_json) as report:
            result = await plan_span(resources, first, last, report, may_move=may_move, frozen_days=frozen_days)
            if apply:
                result = await apply_plan(resources, result, report)
        print_result(result.as_json(), result.lines(), as_json)

    with_resources(run)


@app.command()
def breaches(
    weeks: Annotated[int, typer.Option(metavar="N", help="How many weeks ahead, to 52.")] = 13,
    as_json: AsJson = False,
) -> None:
    """Tell what the diary will not hold: duties with hardly a time left, what runs out and when, conferences without police."""
    from deploy.breaches import read_breaches

    async def run(resources: Resources) -> None:
        result = await read_breaches(resources, weeks)
        print_result(result.as_json(), result.lines(), as_json)

    with_resources(run)


@app.command()
def timeliness(
    first: First,
    last: Last,
    as_known_at: Annotated[
        str | None, typer.Option(metavar="DAY[THH:MM]", help="By what was known then (a day: at its end), in England.")
    ] = None,
    meetings: Annotated[bool, typer.Option("--meetings", help="List each meeting that was counted, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell how timely conferences and reviews of a period were, as the sector counts it."""
    from deploy.timeliness import as_known, measure

    async def run(resources: Resources) -> None:
        result = await measure(resources, first, last, as_known(as_known_at))
        print_result(result.as_json(), result.lines(with_meetings=meetings), as_json)

    with_resources(run)


@app.command()
def token(
    role: Annotated[Role, typer.Option(case_sensitive=False, help="Whose rights it carries.")],
    code: Annotated[str | None, typer.Option(help="IRO, note-taker or police team that the bearer is.")] = None,
    child: Annotated[list[str] | None, typer.Option(help="Social worker: a child of hers; repeat for more.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")] = 30,
) -> None:
    """Print a token for the graph, alone on one line."""
    from deploy.tokens import make_token

    print(make_token(with_secret(configured()), role, code=code, children=tuple(child or ()), days=days))


@app.command()
def schema() -> None:
    """Print the schema of the graph."""
    from graph.schema import export

    print(export(), end="")


caseload_commands.add_to(app)
mail_commands.add_to(app)

if __name__ == "__main__":
    main()

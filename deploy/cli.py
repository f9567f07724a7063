"""The command line: a door to the same services that the graph opens."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from deploy.authority import Source, Taking, take_in
from deploy.running import with_addresses, with_secret
from deploy.working import WorkerName
from services.kernel.errors import ConveneError, Rejected
from services.kernel.window import civil_day
from services.kernel.words import Role
from services.platform.config import Config, load_config
from services.platform.resources import Resources, open_resources
from services.platform.telemetry import configure_logging

T = TypeVar("T")
AsOf = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The day on which the records stand; default: today."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Convene: conferences and reviews in time."
)


def main() -> None:
    """Runs a command; what is refused is one clear line and a non-zero exit."""
    try:
        app(standalone_mode=True)
    except ConveneError as refusal:
        _fail(str(refusal))
    except OSError as fault:
        _fail(f"{fault.strerror or fault}{f': {fault.filename}' if fault.filename else ''}")
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _fail(message: str) -> None:
    print(f"convene: {message}", file=sys.stderr)
    raise SystemExit(1)


def _config(*, daemon: bool = False) -> Config:
    """The settings. A command that a person waits for logs warnings only, unless CONVENE_LOG_LEVEL says otherwise."""
    config = load_config()
    configure_logging(config.log_level if daemon or "log_level" in config.model_fields_set else "WARNING")
    return config


def _with_resources(work: Callable[[Resources], Awaitable[T]]) -> T:
    """`work` with the database of the environment, or of a `convene up` on the same data."""

    async def run() -> T:
        async with open_resources(with_addresses(_config()), name="command-line") as resources:
            return await work(resources)

    return asyncio.run(run())


def _print(value: Any, lines: list[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps(value, default=str, indent=2))
        return
    for line in lines:
        print(line)


@contextmanager
def _progress(quiet: bool) -> Any:
    """A bar on the terminal; nothing where the output is read by a program."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty()) as bar:
        tasks: dict[str, Any] = {}

        def report(doing: str, share: float) -> None:
            if doing not in tasks:
                tasks[doing] = bar.add_task(doing, total=1.0)
            bar.update(tasks[doing], completed=share)

        yield report


@app.command()
def up() -> None:
    """Start everything on this machine: PostgreSQL, Valkey, a mail sink, the graph and the workers."""
    from deploy.up import up as start

    config = _config()
    raise SystemExit(asyncio.run(start(config)))


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this release."""
    from services.platform.migrate import migrate as bring_up_to_date

    config = with_addresses(_config())
    url = config.owner_database_url or config.database_url
    if url is None:
        raise Rejected("no database is named: set CONVENE_OWNER_DATABASE_URL or CONVENE_DATABASE_URL")
    print(f"The database is at revision {asyncio.run(bring_up_to_date(url))}.")


@app.command()
def serve() -> None:
    """Answer the graph, the feeds and the health checks; metrics on the management port."""
    from deploy.serving import serve as answer

    asyncio.run(answer(with_secret(_config(daemon=True))))


@app.command()
def worker(name: WorkerName) -> None:
    """Run one worker: `delivery` sends invitations, `solver` allocates and plans."""
    from deploy.working import work

    asyncio.run(work(_config(daemon=True), name))


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

    day = as_of.date() if as_of else _config().today or civil_day(datetime.now(UTC))
    if returns:
        write_returns(folder / "returns", last_day=day, scale=scale)
    summary = write_sample(folder, as_of=day, scale=scale)
    _print(summary.as_json(), [*summary.lines(), f"Written to {folder}."], as_json)


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
    taking = Taking(source=source, path=path, as_of=as_of.date() if as_of else None, dry_run=dry_run, release=release)

    async def run(resources: Resources) -> None:
        report = await take_in(resources, taking)
        _print(report.as_json(), report.lines(), as_json)

    _with_resources(run)


@app.command()
def allocate(as_json: AsJson = False) -> None:
    """Give every child in scope that has no IRO exactly one."""
    from deploy.runs import allocate_all

    async def run(resources: Resources) -> None:
        with _progress(as_json) as report:
            result = await allocate_all(resources, report)
        _print(result.as_json(), result.lines(), as_json)

    _with_resources(run)


@app.command()
def plan(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last day, included.")],
    apply: Annotated[bool, typer.Option("--apply", help="Book what the plan proposes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Plan every conference and review to be booked in a span of days."""
    from deploy.runs import apply_plan, plan_span

    async def run(resources: Resources) -> None:
        with _progress(as_json) as report:
            result = await plan_span(resources, first.date(), last.date(), report)
            if apply:
                result = await apply_plan(resources, result.plan.id, report)
        _print(result.as_json(), result.lines(), as_json)

    _with_resources(run)


@app.command()
def timeliness(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last day, included.")],
    as_known_at: Annotated[
        str | None, typer.Option(metavar="DAY[THH:MM]", help="By what was known then (a day: at its end), in England.")
    ] = None,
    meetings: Annotated[bool, typer.Option("--meetings", help="List each meeting that was counted, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell how timely conferences and reviews of a period were, as the sector counts it."""
    from deploy.timeliness import as_known, measure

    async def run(resources: Resources) -> None:
        result = await measure(resources, first.date(), last.date(), as_known(as_known_at))
        _print(result.as_json(), result.lines(with_meetings=meetings), as_json)

    _with_resources(run)


@app.command()
def token(
    role: Annotated[Role, typer.Option(case_sensitive=False, help="Whose rights it carries.")],
    code: Annotated[str | None, typer.Option(help="IRO, note-taker or police team that the bearer is.")] = None,
    child: Annotated[list[str] | None, typer.Option(help="Social worker: a child of hers; repeat for more.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")] = 30,
) -> None:
    """Print a token for the graph, alone on one line."""
    from deploy.tokens import make_token

    print(make_token(with_secret(_config()), role, code=code, children=tuple(child or ()), days=days))


@app.command()
def schema() -> None:
    """Print the schema of the graph."""
    from graph.schema import export

    print(export())


if __name__ == "__main__":
    main()

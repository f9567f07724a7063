"""What every command has in common: settings, the database, output for people or for programs, progress."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import typer

from deploy.running import with_addresses
from services.platform.config import Config, load_config
from services.platform.resources import Resources, open_resources
from services.platform.telemetry import configure_logging

T = TypeVar("T")


def _day(stated: str) -> date:
    try:
        return datetime.strptime(stated, "%Y-%m-%d").date()  # noqa: DTZ007 a day has no zone
    except ValueError:
        raise typer.BadParameter(f"{stated} is no day of the calendar: give one as YYYY-MM-DD") from None


def day_option(*names: str, told: str) -> Any:
    """An option that takes a day."""
    return typer.Option(*names, parser=_day, metavar="YYYY-MM-DD", help=told)


AsOf = Annotated[date | None, day_option(told="The day on which the records stand; default: today.")]
First = Annotated[date, day_option("--from", told="First day.")]
Last = Annotated[date, day_option("--to", told="Last day, included.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def configured(*, daemon: bool = False) -> Config:
    """The settings. A command that a person waits for logs warnings only, unless CONVENE_LOG_LEVEL says otherwise."""
    config = load_config()
    configure_logging(config.log_level if daemon or "log_level" in config.model_fields_set else "WARNING")
    return config


def with_resources(work: Callable[[Resources], Awaitable[T]], *, daemon: bool = False) -> T:
    """`work` with the database of the environment, or of a `convene up` on the same data. `daemon`: no person waits for it."""

    async def run() -> T:
        async with open_resources(with_addresses(configured(daemon=daemon)), name="command-line") as resources:
            return await work(resources)

    return asyncio.run(run())


def print_result(value: Any, lines: list[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps(value, default=str, indent=2))
        return
    for line in lines:
        print(line)


@contextmanager
def progress(quiet: bool) -> Any:
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

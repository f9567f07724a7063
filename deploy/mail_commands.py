"""The commands about mail: replies that the mail system hands over, and mail that could not be delivered."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from deploy.console import AsJson, print_result, with_resources
from services.platform.resources import Resources


def add_to(app: typer.Typer) -> None:
    """The application has these commands."""
    for command in (reply, undelivered):
        app.command()(command)


def reply() -> None:
    """Take one raw mail from standard input, as a pipe of the mail system; 75: hand it over again later."""
    from deploy.replies import take_from

    outcome = take_from(sys.stdin.buffer)
    print(outcome.value)


def undelivered(
    resend: Annotated[bool, typer.Option("--resend", help="Owe each of them again.")] = False,
    as_json: AsJson = False,
) -> None:
    """List invitations and letters that were refused for good and that nobody has seen to."""
    from deploy.undelivered import read_undelivered, resend_undelivered

    async def run(resources: Resources) -> None:
        result = await (resend_undelivered if resend else read_undelivered)(resources)
        print_result(result.as_json(), result.lines(), as_json)

    with_resources(run)

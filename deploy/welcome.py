"""What a person who started Convene needs to know: addresses, and a token for each role."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from deploy.embedded import CannotStart
from deploy.tokens import make_token
from services.kernel.words import Role
from services.platform.config import Config
from services.platform.resources import Resources

_TRIES = 300
_FIRST_CODES = """
SELECT (SELECT min(code) FROM resource WHERE kind = 'IRO') AS iro,
       (SELECT min(code) FROM resource WHERE kind = 'NOTE_TAKER') AS note_taker,
       (SELECT min(code) FROM police_team) AS police_liaison
"""
_TWO_CHILDREN = "SELECT array_agg(reference) FROM (SELECT reference FROM child ORDER BY reference LIMIT 2) AS few"


async def wait_until_ready(config: Config, fallen: Callable[[], str | None]) -> None:
    """True afterwards: the graph answers. Raises `CannotStart` when a part ended instead."""
    for _ in range(_TRIES):
        if (why := fallen()) is not None:
            raise CannotStart(why)
        if await asyncio.to_thread(_answers, f"http://{config.host}:{config.port}/health/ready"):
            return
        await asyncio.sleep(0.1)
    raise CannotStart(f"the graph did not answer within 30 seconds (logs: {config.data_dir})")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def mail_address(config: Config) -> str:
    """Where invitations go: the folder of the embedded sink, or the relay's host and port, without its password."""
    if config.smtp_url is None:
        return str(config.data_dir.resolve() / "mail")
    relay = urlsplit(config.smtp_url)
    return f"{relay.scheme}://{relay.hostname}" + (f":{relay.port}" if relay.port else "")


async def welcome(resources: Resources, mail: str) -> list[str]:
    """The lines to print once all is up; `mail` says where invitations go."""
    config = resources.config
    base = config.base_url
    lines = [
        "",
        "Convene is up.",
        f"  graph      {base}/graphql",
        f"  schema     {base}/schema.graphql",
        f"  health     {base}/health/ready",
        f"  metrics    http://{config.host}:{config.management_port}/metrics",
        f"  mail       {mail}",
        "",
    ]
    return [*lines, *await _tokens(resources), "", "Stop with Ctrl-C."]


async def _tokens(resources: Resources) -> list[str]:
    if resources.config.token_secret is None:
        return ["Tokens come from the identity provider whose keys CONVENE_TOKEN_JWKS names."]
    async with resources.database.connection() as connection:
        codes = await connection.fetchrow(_FIRST_CODES)
        children = await connection.fetchval(_TWO_CHILDREN) or []
    lines = ["A token for each role (30 days):"]
    for role in Role:
        code = codes[role.value.lower()] if codes is not None and role.value.lower() in codes.keys() else None  # noqa: SIM118  # a Record is no dict
        if role in (Role.IRO, Role.NOTE_TAKER, Role.POLICE_LIAISON) and code is None:
            continue
        own = tuple(children) if role is Role.SOCIAL_WORKER else ()
        lines.append(f"  {role.value}{f' {code}' if code else ''}")
        lines.append(f"    {make_token(resources.config, role, code=code, children=own)}")
    return lines

"""Tokens for people at the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from graph.tokens import sign_token
from services.kernel.errors import InvalidInput
from services.kernel.words import Role
from services.platform.config import Config

_WITH_CODE = {Role.IRO: "IRO-01", Role.NOTE_TAKER: "NT-01", Role.POLICE_LIAISON: "POL-01"}


def make_token(config: Config, role: Role, *, code: str | None = None, children: tuple[str, ...] = (), days: int = 30) -> str:
    """A signed token; refused where the role needs a code and none is given, or the keys are an identity provider's."""
    if config.token_secret is None:
        raise InvalidInput("tokens come from the identity provider whose keys CONVENE_TOKEN_JWKS names: they cannot be made here")
    if role in _WITH_CODE and code is None:
        raise InvalidInput(f"the role {role.value} needs --code, for example --code {_WITH_CODE[role]}", "code")
    if role not in _WITH_CODE and code is not None:
        raise InvalidInput(f"the role {role.value} takes no --code", "code")
    if children and role is not Role.SOCIAL_WORKER:
        raise InvalidInput(f"only {Role.SOCIAL_WORKER.value} takes --child", "child")
    name = code or role.value.replace("_", " ").lower()
    return sign_token(config, role=role, code=code, name=name, children=children, lifetime=timedelta(days=days), now=datetime.now(UTC))

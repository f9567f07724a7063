"""Bearer tokens: signed claims of who somebody is. Every check that a token can fail is made here, in one place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from graph.text import is_text
from services.kernel.errors import InvalidInput, Rejected
from services.kernel.words import Role
from services.platform.config import Config

SKEW = timedelta(seconds=60)
_LONGEST_TOKEN = 8_192
_MOST_CHILDREN = 500
NEED_A_CODE = frozenset({Role.IRO, Role.NOTE_TAKER, Role.POLICE_LIAISON})
"""Whoever has one of these roles is one of the directory."""


class BadToken(Rejected):
    """The token proves nothing; the message says nothing of why."""

    def __init__(self) -> None:
        super().__init__("a valid bearer token is needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a valid token says. `subject` is stable and goes into the audit."""

    subject: str
    role: Role
    code: str | None
    name: str
    children: frozenset[str]
    expires_at: int

    def expired(self, now: datetime) -> bool:
        """Whether its time is over, the permitted skew of clocks included."""
        return now.timestamp() > self.expires_at + SKEW.total_seconds()


def sign_token(
    config: Config, role: Role, code: str | None, name: str, children: Collection[str], lifetime: timedelta, now: datetime
) -> str:
    """A token signed with the service's own secret (HS256), valid from `now` on."""
    if config.token_secret is None:
        raise InvalidInput("no CONVENE_TOKEN_SECRET is set: tokens come from the identity provider")
    claims: dict[str, Any] = {
        "iss": config.token_issuer,
        "aud": config.token_audience,
        "sub": f"{role.value.lower()}:{code or name}",
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "role": role.value,
        "name": name,
    }
    if code is not None:
        claims["code"] = code
    if children:
        claims["children"] = sorted(children)
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(config.token_secret))


def read_token(config: Config, token: str, now: datetime) -> Claims:
    """The claims of a valid token; raises `BadToken` for every other, whatever its fault.

    The algorithm is ours to choose, never the token's: RS256 with the identity provider's public keys where they are
    configured, else HS256 with the secret. Issuer, audience and expiry must be there; clocks may differ by a minute.
    """
    if not token or len(token) > _LONGEST_TOKEN:
        raise BadToken
    key, algorithms = _keys(config)
    try:
        claims = jwt.decode(token, key, algorithms=algorithms).claims
        _registry(config, now).validate(claims)
        return _claims(claims)
    except (JoseError, ValueError, TypeError, KeyError):
        raise BadToken from None


def _keys(config: Config) -> tuple[Any, list[str]]:
    if config.token_jwks is not None:
        path = config.token_jwks
        return _public_keys(path, path.stat().st_mtime_ns), ["RS256"]
    if config.token_secret is None:
        raise BadToken
    return OctKey.import_key(config.token_secret), ["HS256"]


@lru_cache(maxsize=4)
def _public_keys(path: Path, changed: int) -> KeySet:
    """The keys of a file, read again once it has changed."""
    import json

    return KeySet.import_key_set(json.loads(path.read_text()))


def _registry(config: Config, now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=int(SKEW.total_seconds()),
        iss={"essential": True, "value": config.token_issuer},
        aud={"essential": True, "value": config.token_audience},
        sub={"essential": True},
        exp={"essential": True},
    )


def _claims(claims: dict[str, Any]) -> Claims:
    role, children, code = Role(claims["role"]), claims.get("children", []), claims.get("code")
    if not isinstance(children, list) or len(children) > _MOST_CHILDREN or not all(isinstance(each, str) for each in children):
        raise TypeError("children")
    if code is not None and not isinstance(code, str):
        raise TypeError("code")
    if role in NEED_A_CODE and not code:
        raise KeyError("code")
    subject, name = claims["sub"], claims.get("name", claims["sub"])
    if not isinstance(subject, str) or not subject or not isinstance(name, str):
        raise TypeError("sub")
    if not all(is_text(each) for each in (subject, name, code or "", *children)):
        raise ValueError("text")
    return Claims(subject=subject, role=role, code=code, name=name, children=frozenset(children), expires_at=int(claims["exp"]))

"""Identifiers: random ones for things, stable ones for what is computed again and again."""

from __future__ import annotations

import secrets
import uuid
from datetime import date
from hashlib import sha1
from uuid import UUID

_OBLIGATIONS = UUID("6f2b6c1e-6c7e-5d0a-9a53-0f7a3c1d2e01")
_RECORDS = UUID("6f2b6c1e-6c7e-5d0a-9a53-0f7a3c1d2e02")
_REFERENCE_ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no words; no 0, 1, O, I: nothing to misread


def new_id() -> UUID:
    """A random identifier."""
    return uuid.uuid4()


def obligation_id(subject_id: UUID, kind: str, triggered_on: date) -> UUID:
    """The same subject, kind and trigger have the same identifier after every recomputation."""
    named = sha1(_OBLIGATIONS.bytes + f"{subject_id}|{kind}|{triggered_on.isoformat()}".encode(), usedforsecurity=False)
    return UUID(bytes=named.digest()[:16], version=5)  # as uuid.uuid5 does, which is asked for a whole authority's duties


def record_id(*parts: object) -> UUID:
    """The identifier of a record known by what it states (child, table, natural key)."""
    return uuid.uuid5(_RECORDS, "|".join(str(part) for part in parts))


def new_reference() -> str:
    """A random meeting reference such as `M-7KQ4-XW2P`: safe to print, says nothing of the child."""
    letters = [secrets.choice(_REFERENCE_ALPHABET) for _ in range(8)]
    return f"M-{''.join(letters[:4])}-{''.join(letters[4:])}"

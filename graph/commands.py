"""Inputs as the services want them: what the client left out is left to the command's own default, null stays None."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import strawberry


def given(stated: Any) -> dict[str, Any]:
    """The fields of an input that the client stated, lists as tuples."""
    found = {each.name: getattr(stated, each.name) for each in fields(stated)}
    return {name: _plain(value) for name, value in found.items() if value is not strawberry.UNSET}


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

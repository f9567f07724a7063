"""Inputs as the services want them: what the client left out is left to the command's own default, null stays None."""

from __future__ import annotations

from dataclasses import MISSING, fields
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import strawberry

from graph.names import id_of
from services.kernel.errors import InvalidInput

Command = TypeVar("Command")


def given(stated: Any) -> dict[str, Any]:
    """The fields of an input that the client stated, lists as tuples."""
    found = {each.name: getattr(stated, each.name) for each in fields(stated)}
    return {name: _plain(value) for name, value in found.items() if value is not strawberry.UNSET}


def fill(command: type[Command], stated: Any, *, of: str | None = None, **made: Any) -> Command:
    """The command that an input of the same field names states. `of`: the type of the thing that its id names; `made`: values
    that are not what the input states.

    Raises `InvalidInput` for a null where the command must have a value and for what was left out where it has no default of
    its own, `NotFound` for an id of another type.
    """
    values = {**given(stated), **made}
    free = _may_be_none(command)
    for name, value in values.items():
        if value is None and name not in free:
            raise InvalidInput(f"{_camel(name)} is null: leave it out, or state a value", _camel(name))
    for each in fields(command):  # type: ignore[arg-type]
        if each.name not in values and each.default is MISSING and each.default_factory is MISSING:
            raise InvalidInput(f"{_camel(each.name)} is left out: state a value, or null for none", _camel(each.name))
    if of is not None:
        values["id"] = id_of(of, values["id"])
    return command(**values)


def _may_be_none(command: type[Any]) -> frozenset[str]:
    return frozenset(name for name, hint in get_type_hints(command).items() if NoneType in get_args(hint))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

"""Fields with a description, typed: strawberry's own decorators lose their type once they are given one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

Resolver = Callable[..., Any]


def field(description: str | None = None, *, name: str | None = None) -> Callable[[Resolver], Any]:
    """`strawberry.field` with words for the client, or under a name that Python keeps for itself."""
    decorate: Callable[[Resolver], Any] = strawberry.field(description=description, name=name)
    return decorate


def mutation(description: str) -> Callable[[Resolver], Any]:
    decorate: Callable[[Resolver], Any] = strawberry.mutation(description=description)
    return decorate


def subscription(description: str) -> Callable[[Resolver], Any]:
    decorate: Callable[[Resolver], Any] = strawberry.subscription(description=description)
    return decorate


def mutation_of(description: str, stated: type[Any], answers: Any, resolve: Resolver) -> Any:
    """A mutation with one `input`, whose types are values rather than words of a signature: for those that differ in nothing
    else. `resolve` takes info and input."""
    resolve.__annotations__ = {**resolve.__annotations__, "input": stated, "return": answers}
    return mutation(description)(resolve)

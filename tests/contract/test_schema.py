"""The graph keeps the contract: every definition is there under its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from graph.schema import export

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "docs" / "contract.graphql").read_text()


def definitions(schema: GraphQLSchema) -> dict[str, str]:
    """Each definition under its address (`Type`, `Type.field`, `Type.field(argument)`), with what a client relies on."""
    found: dict[str, str] = {}
    for kind in schema.type_map.values():
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind):
            found.update(_definitions_of(kind))
    return found


def _definitions_of(kind: GraphQLNamedType) -> Iterator[tuple[str, str]]:
    yield kind.name, type(kind).__name__
    if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        for interface in kind.interfaces:
            yield f"{kind.name}: {interface.name}", "implements"
        for name, each in kind.fields.items():
            yield f"{kind.name}.{name}", str(each.type)
            for argument, of in each.args.items():
                yield f"{kind.name}.{name}({argument})", _with_default(of)
    elif isinstance(kind, GraphQLEnumType):
        yield from ((f"{kind.name}.{value}", "value") for value in kind.values)
    elif isinstance(kind, GraphQLUnionType):
        yield from ((f"{kind.name} = {member.name}", "member") for member in kind.types)
    elif isinstance(kind, GraphQLInputObjectType):
        yield from ((f"{kind.name}.{name}", _with_default(of)) for name, of in kind.fields.items())


def _with_default(of: GraphQLArgument | GraphQLInputField) -> str:
    shown = str(of.default_value) if str(of.default_value) != "Undefined" else "none"
    return f"{of.type} default {shown}"


@pytest.fixture(scope="module")
def ours() -> dict[str, str]:
    return definitions(build_schema(export()))


@pytest.fixture(scope="module")
def promised() -> dict[str, str]:
    return definitions(build_schema(CONTRACT))


def test_every_definition_of_the_contract_is_there_as_it_is_promised(ours: dict[str, str], promised: dict[str, str]) -> None:
    assert {name: what for name, what in promised.items() if ours.get(name) != what} == {}


def test_what_is_new_in_an_input_may_be_omitted(ours: dict[str, str], promised: dict[str, str]) -> None:
    kinds = build_schema(export()).type_map
    added = [name for name in ours if name not in promised and "." in name]
    needed = [
        name
        for name in added
        if isinstance(kinds[name.split(".")[0]], GraphQLInputObjectType)
        and ours[name].endswith("default none")
        and "! default" in ours[name]
        and name.split(".")[0] in promised
    ]
    assert needed == []


def test_the_tracked_schema_is_the_one_that_the_code_makes() -> None:
    assert (ROOT / "graph" / "schema.graphql").read_text() == export(), "convene schema > graph/schema.graphql"


def test_the_schema_comes_out_the_same_every_time() -> None:
    assert export() == export()

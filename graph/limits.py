"""How much one request may ask for: judged in one linear pass over the parsed document, before it is validated.

Each fragment is weighed once and its weight remembered, whatever number of times it is spread; sums stop growing at
their limit. So a document costs what its text costs, not what it would expand to. Unknown and circular fragments weigh
nothing here: validation refuses them afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

LARGEST_BODY = 100_000
"""Bytes of a request, refused before anything is parsed."""
MOST_TOKENS = 1_000
DEEPEST = 15
MOST_FIELDS = 300
MOST_ALIASES = 15
MOST_DIRECTIVES = 9
MOST_FRAGMENTS = 20
MOST_OPERATIONS = 3
HIGHEST_COST = 5_000
"""Objects in lists that an answer may hold, counting pages at their `first` and other lists at their usual size."""
LARGEST_PAGE = 100
SECONDS = 5.0
"""Longest that one operation may take."""
_USUAL_LIST = 5
_OF_OFFICERS, _OF_A_RUN = 20, 50
_LONG_LISTS: Mapping[str, int] = MappingProxyType(
    {
        "Query.caseloads": _OF_OFFICERS,
        "Query.candidates": _OF_OFFICERS,
        "Query.awaitingAllocation": _OF_OFFICERS,
        "CaseloadForecast.officers": _OF_OFFICERS,
        "BreachForecast.obligations": _OF_A_RUN,
        "BreachForecast.weeks": _OF_OFFICERS,
        "BreachForecast.withoutPolice": _OF_OFFICERS,
        "AllocationDecision.rejected": _OF_OFFICERS,
        "Rebalancing.before": _OF_OFFICERS,
        "Rebalancing.after": _OF_OFFICERS,
        "Rebalancing.moves": _OF_A_RUN,
        "AllocationRun.decisions": _OF_A_RUN,
        "AllocationRun.unallocated": _OF_A_RUN,
        "Plan.placements": _OF_A_RUN,
        "Plan.unplaced": _OF_A_RUN,
    }
)
"""Lists that are longer than others and have no pages: a row an officer, or a row for whatever a run has decided."""


class TooMuch(GraphQLError):
    """The document asks for more than one request may."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": "TOO_MUCH"})


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection expands to. Sums saturate just above their limit."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    cost: int = 0

    def beside(self, other: Weight) -> Weight:
        return Weight(
            max(self.depth, other.depth),
            min(self.fields + other.fields, MOST_FIELDS + 1),
            min(self.aliases + other.aliases, MOST_ALIASES + 1),
            min(self.cost + other.cost, HIGHEST_COST + 1),
        )


def judge(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None) -> None:
    """Raises `TooMuch` where the document, with these variables, asks for more than one request may."""
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    _refuse_over(len(operations), MOST_OPERATIONS, "operations")
    _refuse_over(sum(isinstance(each, FragmentDefinitionNode) for each in document.definitions), MOST_FRAGMENTS, "fragments")
    pass_ = _Pass(schema=schema, fragments=fragments, variables=variables or {})
    for operation in operations:
        pass_.defaults = _defaults(operation)
        pass_.known.clear()
        pass_.count_directives(operation.directives)
        for variable in operation.variable_definitions or ():
            pass_.count_directives(variable.directives)
        weight = pass_.weigh(operation.selection_set, schema.get_root_type(operation.operation))
        _refuse_over(weight.depth, DEEPEST, "levels of fields")
        _refuse_over(weight.fields, MOST_FIELDS, "fields")
        _refuse_over(weight.aliases, MOST_ALIASES, "aliases")
        _refuse_over(weight.cost, HIGHEST_COST, "objects in lists (ask for smaller pages with `first`)")
    _refuse_over(pass_.directives, MOST_DIRECTIVES, "directives")


def _refuse_over(found: int, most: int, what: str) -> None:
    if found > most:
        raise TooMuch(f"the document asks for more than {most} {what}: ask for less, or in parts")


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    given = operation.variable_definitions or ()
    return {each.variable.name.value: each.default_value for each in given if each.default_value is not None}


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One walk: every node of the text is met once, whatever it expands to."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    known: dict[str, Weight] = field(default_factory=dict)
    directives: int = 0

    def weigh(self, selections: SelectionSetNode | None, parent: Any) -> Weight:
        total = Weight()
        for selection in selections.selections if selections else ():
            self.count_directives(selection.directives)
            if isinstance(selection, FieldNode):
                total = total.beside(self._field(selection, parent))
            elif isinstance(selection, InlineFragmentNode):
                named = selection.type_condition
                inner = self.schema.get_type(named.name.value) if named else parent
                total = total.beside(self.weigh(selection.selection_set, inner))
            elif isinstance(selection, FragmentSpreadNode):
                total = total.beside(self._fragment(selection.name.value))
        return total

    def count_directives(self, directives: Iterable[object] | None) -> None:
        self.directives = min(self.directives + len(tuple(directives or ())), MOST_DIRECTIVES + 1)

    def _fragment(self, name: str) -> Weight:
        if name in self.known or name not in self.fragments:
            return self.known.get(name, Weight())
        self.known[name] = Weight()  # a fragment that spreads itself weighs nothing
        definition = self.fragments[name]
        self.count_directives(definition.directives)
        self.known[name] = self.weigh(definition.selection_set, self.schema.get_type(definition.type_condition.name.value))
        return self.known[name]

    def _field(self, node: FieldNode, parent: Any) -> Weight:
        definition = _definition(self.schema, parent, node.name.value)
        kind = get_named_type(definition.type) if definition else None
        inner = self.weigh(node.selection_set, kind)
        size = self._size(node, definition, parent)
        listed = size if size is not None else 0
        return Weight(
            inner.depth + 1,
            min(inner.fields + 1, MOST_FIELDS + 1),
            min(inner.aliases + (node.alias is not None), MOST_ALIASES + 1),
            min(listed + (1 if size is None else size) * inner.cost, HIGHEST_COST + 1),
        )

    def _size(self, node: FieldNode, definition: GraphQLField | None, parent: Any) -> int | None:
        """Objects that a list field answers with; None for what is no list of objects."""
        if definition is None or not is_composite_type(get_named_type(definition.type)):
            return None
        if "first" in definition.args:
            return self._first(node, definition)
        if node.name.value == "edges" or not _is_list(definition.type):
            return None
        return _LONG_LISTS.get(f"{parent.name}.{node.name.value}", _USUAL_LIST)

    def _first(self, node: FieldNode, definition: GraphQLField) -> int:
        asked: Any = definition.args["first"].default_value
        for argument in node.arguments or ():
            if argument.name.value == "first":
                asked = argument.value
        if isinstance(asked, VariableNode):
            name = asked.name.value
            asked = self.variables.get(name, self.defaults.get(name))
        if isinstance(asked, IntValueNode):
            asked = int(asked.value)
        if not isinstance(asked, int):
            return LARGEST_PAGE
        if asked > LARGEST_PAGE:
            raise TooMuch(f"`first` is at most {LARGEST_PAGE}: ask for the next page with `after`")
        return max(asked, 0)


def _definition(schema: GraphQLSchema, parent: Any, name: str) -> GraphQLField | None:
    if isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)):
        found: GraphQLField | None = parent.fields.get(name)
        return found
    return None


def _is_list(kind: Any) -> bool:
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return isinstance(kind, GraphQLList)

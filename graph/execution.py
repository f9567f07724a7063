"""What holds for every operation, however it came: limits before validation, a deadline, reads on record, faults masked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

import strawberry
import structlog
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from graph import limits, text
from graph.admission import actor_of
from graph.context import Context
from graph.errors import present, unavailable
from services.kernel.errors import ConveneError

_DOCUMENTS_KEPT = 128
_AT_ONCE = frozenset({OperationType.QUERY, OperationType.MUTATION})
"""What one answer can answer: a subscription needs a stream."""
_LONG_NUMBER = "the document holds a number of too many digits"
"""Python reads no whole number of thousands of digits: a `ValueError`."""
_log = structlog.get_logger(__name__)


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _parsed(text: str) -> DocumentNode:
    return parse(text, max_tokens=limits.MOST_TOKENS)


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _faults(schema: GraphQLSchema, document: DocumentNode, introspection: bool) -> tuple[GraphQLError, ...]:
    """Keyed by the document itself, which `_parsed` keeps: the same text is validated once."""
    rules = (*specified_rules, text.TextRule) if introspection else (*specified_rules, text.TextRule, NoSchemaIntrospectionCustomRule)
    found = validate(schema, document, rules, max_errors=20, hide_suggestions=not introspection)
    return tuple(limits.TooMuch(_LONG_NUMBER) if isinstance(each.original_error, ValueError) else each for each in found)


class Gate(SchemaExtension):
    """Parses and validates with bounded caches, and judges the limits in between."""

    def __init__(self, *, introspection: bool) -> None:
        self._introspection = introspection

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = limits.MOST_TOKENS
        yield

    def on_parse(self) -> Iterator[None]:
        with suppress(GraphQLError, RecursionError):  # strawberry parses it again, and tells
            self.execution_context.graphql_document = _parsed(self.execution_context.query or "")
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        schema: GraphQLSchema = context.schema._schema  # noqa: SLF001
        document = context.graphql_document
        assert document is not None
        try:
            limits.judge(schema, document, context.variables)
            _name_one(document, context._provided_operation_name)  # noqa: SLF001 the other one guesses the first
            text.judge(context.variables)
            context.pre_execution_errors = list(_faults(schema, document, self._introspection))
        except GraphQLError as refusal:
            context.pre_execution_errors = [refusal]
        except RecursionError:
            context.pre_execution_errors = [limits.TooMuch("the document nests too deeply")]
        except ValueError:
            context.pre_execution_errors = [limits.TooMuch(_LONG_NUMBER)]
        yield


def _name_one(document: DocumentNode, name: str | None) -> None:
    """Of several operations the request names one: the first is no better a guess than another."""
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None and len(operations) > 1:
        raise GraphQLError("the document has several operations: name one of them in operationName")


class GraphSchema(strawberry.Schema):
    """Strawberry's schema with what we promise for every operation. The context is a `Context`."""

    tells_of_itself = True
    """Whether an error may say which names there are beside the one that there is not."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Strawberry would log messages and sources: `present` logs what may be logged."""

    def _get_custom_context_kwargs(self, *args: Any, **named: Any) -> dict[str, Any]:
        """What strawberry hands on to the execution: there the values of variables are judged."""
        found: dict[str, Any] = super()._get_custom_context_kwargs(*args, **named)
        return {**found, "hide_suggestions": not self.tells_of_itself}

    async def execute(  # type: ignore[override]
        self, query: str | None, *, context_value: Context, **named: Any
    ) -> ExecutionResult:
        """Answers within the deadline; who saw which child is on record before the answer is given."""
        try:
            context = context_value.renewed()
        except ConveneError as refusal:
            return _refused(refusal, context_value)
        try:
            async with asyncio.timeout(limits.SECONDS):
                result = await super().execute(query, context_value=context, **{**named, "allowed_operation_types": _AT_ONCE})
        except TimeoutError:
            return _too_slow()
        return await _finish(result, context)

    async def stream(self, query: str | None, *, context_value: Context, **named: Any) -> Any:  # type: ignore[override]
        """The same for subscriptions, and for what is asked over their transports."""
        return self._events(query, context_value, named)

    async def _events(self, query: str | None, connection: Context, named: dict[str, Any]) -> AsyncGenerator[Any, None]:
        if query is not None and len(query) > limits.LARGEST_BODY:
            yield PreExecutionError(data=None, errors=[limits.TooMuch(f"a document has at most {limits.LARGEST_BODY} bytes")])
            return
        try:
            await _meet_again(connection)
            context = connection.renewed()
        except ConveneError as refusal:
            yield _refused(refusal, connection)
            return
        results = await super().stream(query, context_value=context, **named)
        longest = None if _is_followed(query, named.get("operation_name")) else limits.SECONDS
        try:
            while True:
                async with asyncio.timeout(longest):
                    result = await anext(results, None)
                if result is None:
                    return
                yield await _finish(result, context)  # type: ignore[arg-type]
        except TimeoutError:
            yield _too_slow()
        finally:
            await results.aclose()


async def _meet_again(connection: Context) -> None:
    """A socket stays open for as long as its token lives: who had a post when it was opened may have left since."""
    if connection.connection_params is not None and connection.claims is not None:
        connection.actor_or_none = await actor_of(connection.resources, connection.claims, connection.clock())


def _is_followed(query: str | None, name: str | None) -> bool:
    """Whether it is a subscription, which may wait as long as its run does."""
    try:
        operation = get_operation_ast(_parsed(query or ""), name)
    except (GraphQLError, RecursionError):
        return False
    return operation is not None and operation.operation.value == "subscription"


def _too_slow() -> ExecutionResult:
    return ExecutionResult(data=None, errors=[unavailable(f"this took longer than {limits.SECONDS:g} seconds: ask for less")])


async def _finish(result: ExecutionResult, context: Context) -> ExecutionResult:
    """No log, no data: an answer that shows a child and cannot be put on record is not given."""
    if result.errors:
        result.errors = [present(error, context.request_id) for error in result.errors]
    if result.data is None or not context.seen:
        return result
    try:
        await context.record_seen()
    except Exception as fault:  # noqa: BLE001 whatever it was, there is no record
        _log.error("audit.unwritten", request_id=context.request_id, fault=type(fault).__name__)
        return ExecutionResult(data=None, errors=[unavailable("the answer could not be put on record: try again")])
    return result


def _refused(refusal: ConveneError, context: Context) -> PreExecutionError:
    error = GraphQLError(str(refusal), original_error=refusal)
    return PreExecutionError(data=None, errors=[present(error, context.request_id)])

"""Errors as the graph tells them: a member of the field's union where it lists one, else one clear top-level error.

What no service raised on purpose is masked: the client gets an identifier, the log gets it beside the kind of fault and the
place in the code, never a query, a variable or a message, since those may hold what is said of a child.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from services.kernel import errors
from services.kernel.words import BlockerCode, ResourceKind
from services.platform.telemetry import place_of

_log = structlog.get_logger(__name__)


@strawberry.type
class ResourceTaken:
    message: str
    kind: ResourceKind
    code: str
    from_: datetime = strawberry.field(name="from")
    to: datetime


@strawberry.type
class OutsideAvailability:
    message: str
    kind: ResourceKind
    code: str


@strawberry.type
class OutsideTimescale:
    message: str
    statutory_due_on: date
    book_by_on: date


@strawberry.type
class NotEligible:
    message: str
    code: BlockerCode


@strawberry.type
class StaleVersion:
    message: str
    version: int


@strawberry.type
class NotFound:
    message: str


@strawberry.type
class InvalidInput:
    message: str
    field: str | None = strawberry.field(default=None)


@strawberry.type
class RequestKeyReused:
    message: str


@strawberry.type
class Forbidden:
    message: str


@strawberry.type(description="The world changed since the proposal: nothing was applied.")
class Superseded:
    message: str


@strawberry.type(description="wouldFitIf was tried: under it, the answer is yes.")
class Blocker:
    code: BlockerCode
    resource: ResourceKind | None
    resource_code: str | None
    message: str
    would_fit_if: str | None
    source: str | None = strawberry.field(description="Of the rule, where it is one of law or of guidance.")


@strawberry.type
class NoSlot:
    blockers: list[Blocker]


@strawberry.type
class NoAllocation:
    message: str
    blockers: list[Blocker]


def blocker(kept: errors.Blocker) -> Blocker:
    return Blocker(
        code=kept.code,
        resource=kept.resource,
        resource_code=kept.resource_code,
        message=kept.message,
        would_fit_if=kept.would_fit_if,
        source=kept.source,
    )


class _TellResourceTaken(strawberry.ExceptionHandler[errors.ResourceTaken, ResourceTaken]):
    def handle(self, exception: errors.ResourceTaken, *, field: Any, info: Any) -> ResourceTaken:
        return ResourceTaken(
            message=str(exception), kind=exception.kind, code=exception.code, from_=exception.starts_at, to=exception.ends_at
        )


class _TellOutsideAvailability(strawberry.ExceptionHandler[errors.OutsideAvailability, OutsideAvailability]):
    def handle(self, exception: errors.OutsideAvailability, *, field: Any, info: Any) -> OutsideAvailability:
        return OutsideAvailability(message=str(exception), kind=exception.kind, code=exception.code)


class _TellOutsideTimescale(strawberry.ExceptionHandler[errors.OutsideTimescale, OutsideTimescale]):
    def handle(self, exception: errors.OutsideTimescale, *, field: Any, info: Any) -> OutsideTimescale:
        return OutsideTimescale(message=str(exception), statutory_due_on=exception.statutory_due_on, book_by_on=exception.book_by_on)


class _TellNotEligible(strawberry.ExceptionHandler[errors.NotEligible, NotEligible]):
    def handle(self, exception: errors.NotEligible, *, field: Any, info: Any) -> NotEligible:
        return NotEligible(message=str(exception), code=exception.code)


class _TellStaleVersion(strawberry.ExceptionHandler[errors.StaleVersion, StaleVersion]):
    def handle(self, exception: errors.StaleVersion, *, field: Any, info: Any) -> StaleVersion:
        return StaleVersion(message=str(exception), version=exception.version)


class _TellNotFound(strawberry.ExceptionHandler[errors.NotFound, NotFound]):
    def handle(self, exception: errors.NotFound, *, field: Any, info: Any) -> NotFound:
        return NotFound(message=str(exception))


class _TellInvalidInput(strawberry.ExceptionHandler[errors.InvalidInput, InvalidInput]):
    def handle(self, exception: errors.InvalidInput, *, field: Any, info: Any) -> InvalidInput:
        return InvalidInput(message=str(exception), field=exception.field)


class _TellRequestKeyReused(strawberry.ExceptionHandler[errors.RequestKeyReused, RequestKeyReused]):
    def handle(self, exception: errors.RequestKeyReused, *, field: Any, info: Any) -> RequestKeyReused:
        return RequestKeyReused(message=str(exception))


class _TellForbidden(strawberry.ExceptionHandler[errors.Forbidden, Forbidden]):
    def handle(self, exception: errors.Forbidden, *, field: Any, info: Any) -> Forbidden:
        return Forbidden(message=str(exception))


class _TellSuperseded(strawberry.ExceptionHandler[errors.Superseded, Superseded]):
    def handle(self, exception: errors.Superseded, *, field: Any, info: Any) -> Superseded:
        return Superseded(message=str(exception))


class _TellNoSlot(strawberry.ExceptionHandler[errors.Impossible, NoSlot]):
    def handle(self, exception: errors.Impossible, *, field: Any, info: Any) -> NoSlot:
        return NoSlot(blockers=[blocker(each) for each in exception.blockers])


class _TellNoAllocation(strawberry.ExceptionHandler[errors.Impossible, NoAllocation]):
    def handle(self, exception: errors.Impossible, *, field: Any, info: Any) -> NoAllocation:
        return NoAllocation(message=str(exception), blockers=[blocker(each) for each in exception.blockers])


HANDLERS: tuple[strawberry.ExceptionHandler[Any, Any], ...] = (
    _TellResourceTaken(),
    _TellOutsideAvailability(),
    _TellOutsideTimescale(),
    _TellNotEligible(),
    _TellStaleVersion(),
    _TellNotFound(),
    _TellInvalidInput(),
    _TellRequestKeyReused(),
    _TellForbidden(),
    _TellSuperseded(),
    _TellNoSlot(),
    _TellNoAllocation(),
)

_CODES: tuple[tuple[type[Exception], str], ...] = (
    (errors.Unavailable, "UNAVAILABLE"),
    (errors.InvalidInput, "INVALID_INPUT"),
    (errors.NotFound, "NOT_FOUND"),
    (errors.Forbidden, "FORBIDDEN"),
    (errors.RequestKeyReused, "REQUEST_KEY_REUSED"),
    (errors.ConveneError, "REJECTED"),
)
_ABOUT_THE_DOCUMENT = (CannotGetOperationTypeError, InvalidOperationTypeError)


def unavailable(message: str) -> GraphQLError:
    """A top-level error that says: try again."""
    return GraphQLError(message, extensions={"code": "UNAVAILABLE"})


def present(error: GraphQLError, request_id: str) -> GraphQLError:
    """The error as a client may see it: a fault that is no client's is masked, and logged under an identifier."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None or isinstance(cause, _ABOUT_THE_DOCUMENT):
        return error
    for kind, code in _CODES:
        if isinstance(cause, kind):
            return _told(error, str(cause), code)
    if isinstance(cause, RecursionError):
        return _told(error, "the document nests too deeply", "TOO_MUCH")
    return _told(error, masked(cause, request_id), "INTERNAL")


def masked(fault: Exception, request_id: str) -> str:
    """What a client is told of a fault that is ours; the log has it under the same identifier."""
    fault_id = uuid4().hex
    _log.error("graph.fault", fault_id=fault_id, request_id=request_id, fault=type(fault).__name__, at=place_of(fault))
    return f"something went wrong on our side; quote {fault_id} to those who run the service"


def _told(error: GraphQLError, message: str, code: str) -> GraphQLError:
    return GraphQLError(
        message, nodes=error.nodes, source=error.source, positions=error.positions, path=error.path, extensions={"code": code}
    )

"""Cursors and connections: a cursor holds the sort key and identifier of its row, and means nothing to a client."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

import strawberry

from graph.text import is_text
from services.kernel.errors import InvalidInput
from services.kernel.paging import Slice, Window, bad_cursor, cut

Row = TypeVar("Row")
_LONGEST_CURSOR = 512


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


Counting = Callable[[], Awaitable[int]]


class Edge(Protocol):
    cursor: str


def cursor_of(key: str, identifier: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([key, identifier.hex]).encode()).decode().rstrip("=")


def window_of(first: int | None, after: str | None, *, usual: int = 50) -> Window:
    """The rows that a client asks for; raises `InvalidInput` for a page too large or a cursor that is none."""
    if first is not None and first < 0:
        raise InvalidInput("first is not negative", "first")
    wanted = usual if first is None else first
    if after is None:
        return Window(first=wanted)
    if len(after) > _LONGEST_CURSOR:
        raise bad_cursor()
    try:
        key, identifier = json.loads(base64.urlsafe_b64decode(after.encode() + b"=" * (-len(after) % 4)))
        place = UUID(identifier)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise bad_cursor() from None
    if not isinstance(key, str) or not is_text(key):
        raise bad_cursor()
    return Window(first=wanted, after_key=key, after_id=place)


def page_of(rows: Sequence[Row], window: Window, place: Callable[[Row], tuple[str, UUID]]) -> Slice[Row]:
    """A page of rows that are all there, in the order of their places: the sort key and identifier of a cursor."""
    if window.after_key is None or window.after_id is None:
        return cut(rows[: window.first + 1], window)
    after = (window.after_key, window.after_id)
    return cut([row for row in rows if place(row) > after][: window.first + 1], window)


def page_behind(rows: Sequence[Row], window: Window, identity: Callable[[Row], UUID]) -> Slice[Row]:
    """A page of rows that are all there, in an order that no key tells: behind the row that the cursor names."""
    places = [identity(row) for row in rows]
    if window.after_id is not None and window.after_id not in places:
        raise bad_cursor()
    begin = 0 if window.after_id is None else places.index(window.after_id) + 1
    return cut(rows[begin : begin + window.first + 1], window)


def page_info(cursors: Sequence[str], *, more: bool, window: Window) -> PageInfo:
    """Rows come before a page exactly if it was asked for after a row."""
    return PageInfo(
        has_next_page=more,
        has_previous_page=window.after_id is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )

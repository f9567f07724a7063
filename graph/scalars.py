"""The three scalars of the contract, strict: what they refuse would otherwise be guessed at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import GraphQLError

_LONGEST_DECIMAL = 32
_YEARS = range(1900, 2200)
"""Of which days and instants can be: well inside what calendars, zones and the database can reckon with."""


def parse_day(value: object) -> date:
    """An ISO calendar day; an instant, a basic form or a number is refused."""
    if isinstance(value, str) and len(value) == len("2026-11-23") and value[4] == value[7] == "-":
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is not None and day.year in _YEARS:
            return day
    raise GraphQLError('a Date is a calendar day such as "2026-11-23", of the years 1900 to 2199')


def parse_instant(value: object) -> datetime:
    """An ISO instant with an offset; without one, or as a bare day, it is refused."""
    if isinstance(value, str) and "T" in value.upper():
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            instant = None
        if instant is not None and instant.tzinfo is not None and instant.year in _YEARS:
            return instant
    raise GraphQLError('a DateTime is an instant with an offset such as "2026-11-23T10:00:00+00:00", of the years 1900 to 2199')


def parse_decimal(value: object) -> Decimal:
    """An exact decimal in a string; a float, an infinity or a word is refused."""
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_DECIMAL:
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = None
        if number is not None and number.is_finite():
            return number
    raise GraphQLError('a Decimal is an exact decimal in a string such as "1.25"')


def show_decimal(value: Decimal) -> str:
    """Plain digits, without an exponent or needless noughts."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def show_instant(value: datetime) -> str:
    """With its offset; a naive one is a bug."""
    if value.tzinfo is None:
        raise ValueError("a naive datetime reached the graph")
    return value.isoformat()


SCALARS: Mapping[object, Any] = {
    date: strawberry.scalar(
        name="Date",
        description="ISO 8601 calendar day, in the unit's time zone (Europe/London).",
        serialize=date.isoformat,
        parse_value=parse_day,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="ISO 8601 instant with an offset. Input without an offset, or a bare day, is refused.",
        serialize=show_instant,
        parse_value=parse_instant,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="Exact decimal as a string: points, WTE, shares. A JSON float is refused.",
        serialize=show_decimal,
        parse_value=parse_decimal,
    ),
}
"""Strawberry's own would let in a naive DateTime and a float."""

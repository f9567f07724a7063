"""The limits as clients meet them."""

from __future__ import annotations

import asyncio

import pytest

from graph import limits
from services.directory import reading
from tests.support.graph import Graph

_TOO_MUCH = [
    "{ " + "a " * 1_100 + "}",
    "{ a" * 400 + " }" * 400,
    "{ viewer { name } } " + "fragment F on Query { viewer { name } } " * 21,
]


async def test_too_much_is_refused_before_it_is_validated(graph: Graph) -> None:
    for document in _TOO_MUCH:
        answer = await graph.ask(document, accept="application/graphql-response+json")
        assert answer.status == 400
        assert "data" not in answer.body
        (error,) = answer.body["errors"]
        assert len(error["message"]) < 200


async def test_an_operation_that_takes_too_long_is_cut_off(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> list[object]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(limits, "SECONDS", 0.05)
    monkeypatch.setattr(reading, "all_rooms", slow)
    answer = await graph.ask("{ rooms { code } }")
    assert (answer.code, answer.body["data"]) == ("UNAVAILABLE", None)


async def test_the_same_document_is_parsed_and_validated_once(graph: Graph) -> None:
    from graph.execution import _faults, _parsed

    document = "{ rooms { code name seats } }"
    before = (_parsed.cache_info().misses, _faults.cache_info().misses)
    for _ in range(3):
        await graph.ask(document)
    assert (_parsed.cache_info().misses - before[0], _faults.cache_info().misses - before[1]) == (1, 1)
    assert _parsed.cache_info().maxsize == _faults.cache_info().maxsize == 128

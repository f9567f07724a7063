"""A unit under fire: a database of the module's own with two API processes on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from deploy.embedded import EmbeddedPostgres
from tests.fire.api import Api, serving
from tests.fire.unit import Ground, Size, lay
from tests.support.servers import drop_database, fresh_database

CROWD = Size(officers=8, days=1, children=160)
KEYS = Size(officers=8, days=1, children=12)
STORM = Size(officers=8, days=2, children=60)
SPLIT = Size(officers=8, days=2, children=8)
_PARTS = (CROWD, KEYS, STORM, SPLIT)
WHOLE = Size(officers=8, days=sum(each.days for each in _PARTS), children=sum(each.children for each in _PARTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """`url` is the owner's."""

    url: str
    ground: Ground
    api: Api


@pytest.fixture(scope="module")
def arena(postgres: EmbeddedPostgres) -> Iterator[Arena]:
    url = asyncio.run(fresh_database(postgres))
    with serving(url) as api:
        ground = asyncio.run(lay(url, WHOLE, recorded=True))
        asyncio.run(api.ready())
        yield Arena(url=url, ground=ground, api=api)
    asyncio.run(drop_database(postgres, url))


@pytest.fixture(scope="module")
def grounds(arena: Arena) -> list[Ground]:
    """For a crowd, for keys, for a storm, and for a meeting of two sittings."""
    return arena.ground.split(*_PARTS)

"""The page on rebalancing says what its own commands print."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.embedded import EmbeddedPostgres
from tests.deploy.rebalancing_page import PAGE, page, settled
from tests.support.servers import drop_database, fresh_database


@pytest.mark.slow
def test_the_page_is_what_its_commands_print(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    url = asyncio.run(fresh_database(postgres))
    printed = page(url, tmp_path)
    asyncio.run(drop_database(postgres, url))
    assert settled(PAGE.read_text(encoding="utf-8")) == settled(printed), "python -m tests.deploy.rebalancing_page"

"""The control of the crowd: the same, without what PostgreSQL keeps, is double-booked, and the check says so."""

from __future__ import annotations

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres
from tests.booking.world import at
from tests.fire.api import serving
from tests.fire.crowd import judge, rush
from tests.fire.unit import Size, booking, lay
from tests.support.servers import drop_database, fresh_database

pytestmark = pytest.mark.slow

_UNGUARDED = """
ALTER TABLE hold DROP CONSTRAINT hold_no_overlap;
CREATE FUNCTION public.pg_advisory_xact_lock(integer, integer) RETURNS void LANGUAGE sql AS '';
ALTER DATABASE {name} SET search_path = public, pg_catalog;
"""
"""Nothing excludes anything, and whoever locks a day of the police's locks nothing."""


async def test_without_its_constraint_and_its_lock_the_crowd_double_books_chairs_and_police_and_is_found_out(
    postgres: EmbeddedPostgres,
) -> None:
    url = await fresh_database(postgres)
    ground = await lay(url, Size(officers=8, days=1, children=32))
    owner = await asyncpg.connect(url)
    await owner.execute(_UNGUARDED.format(name=url.rsplit("/", 1)[1]))
    await owner.close()
    starts_at = at(ground.days[0], "10:00")
    same = [
        {**booking(f"same-{reference}", "INITIAL_CONFERENCE", reference, starts_at), "policeTeamCode": "POL-01"}
        for reference in ground.officer_of
    ]
    with serving(url) as api:
        await api.ready()
        outcome = await rush(api.addresses, url, same, begun=False)
    seen = {fault.what for fault in await judge(url, ground, outcome)}
    assert {"overlap", "capacity"} <= seen
    await drop_database(postgres, url)

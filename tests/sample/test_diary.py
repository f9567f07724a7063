"""The sample's diary of the first day is taken in whole, beside its records."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from deploy.authority import Source, Taking, take_in
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.sample.conftest import Write

_AS_OF = date(2026, 9, 1)


@pytest.fixture
def resources(database: Database, now: datetime) -> Resources:
    config = Config(_env_file=None, today=_AS_OF)  # type: ignore[call-arg]
    return Resources(config=config, database=database, doorbell=Doorbell(None))


async def test_every_conference_of_the_diary_stands_with_all_that_it_names(resources: Resources, written: Write) -> None:
    sample, _ = written(_AS_OF, 1)
    for source, name in (
        (Source.establishment, "establishment.toml"),
        (Source.cin_census, "cin_census.xml"),
        (Source.family, "family.csv"),
    ):
        await take_in(resources, Taking(source=source, path=sample.folder / name, as_of=_AS_OF))
    report = await take_in(resources, Taking(source=Source.diary, path=sample.folder / "diary.csv", as_of=_AS_OF))
    rows = (sample.folder / "diary.csv").read_text().splitlines()[1:]
    assert len(rows) > 3
    assert report.counts.taken == len(rows)
    assert {finding.rule for finding in report.findings} <= {"DIARY_UNSTATED"}, report.lines()

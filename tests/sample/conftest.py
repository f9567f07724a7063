"""Samples, written once for all tests that only read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from deploy.sample import SampleSummary, write_sample
from tests.sample.reading import Sample

Write = Callable[[date, int], tuple[Sample, SampleSummary]]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """The sample of a day and a scale."""
    known: dict[tuple[date, int], tuple[Sample, SampleSummary]] = {}

    def write(as_of: date, scale: int) -> tuple[Sample, SampleSummary]:
        if (as_of, scale) not in known:
            folder: Path = tmp_path_factory.mktemp("sample")
            summary = write_sample(folder, as_of=as_of, scale=scale)
            known[as_of, scale] = Sample(folder=folder, as_of=as_of), summary
        return known[as_of, scale]

    return write


@pytest.fixture(scope="session", params=[(date(2026, 9, 1), 1), (date(2026, 11, 23), 1), (date(2026, 9, 1), 10)], ids=str)
def authority(request: pytest.FixtureRequest, written: Write) -> tuple[Sample, int]:
    """The report's size on two days, and ten times that size."""
    as_of, scale = request.param
    return written(as_of, scale)[0], scale


@pytest.fixture(scope="session", params=[date(2026, 9, 1), date(2026, 11, 23)], ids=str)
def sample(request: pytest.FixtureRequest, written: Write) -> Sample:
    """The report's size, on two days."""
    return written(request.param, 1)[0]

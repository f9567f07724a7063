"""A reader that is not there skips its test, and says so."""

from __future__ import annotations

import pytest

from tests.readers.fetching import lacking


def need(reader: str) -> None:
    """The test is skipped, with what to do about it, unless the reader can be asked."""
    why = lacking(reader)
    if why is not None:
        pytest.skip(why)

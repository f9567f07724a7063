"""What logs hold of a fault: its kind and its place."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from services.platform.telemetry import configure_logging, place_of


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def _break() -> None:
    raise RuntimeError("DETAIL: Key (reference)=(CH-SECRET) already exists")


def _fault() -> RuntimeError:
    with pytest.raises(RuntimeError) as broken:
        _break()
    return broken.value


@pytest.mark.usefixtures("restored")
def test_a_librarys_fault_is_logged_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    logging.getLogger("uvicorn.error").error("Exception about CH-SECRET\n", exc_info=_fault())
    written = capsys.readouterr().err
    assert "RuntimeError at test_telemetry.py" in written
    assert "SECRET" not in written


def test_the_place_of_a_fault_is_code_alone() -> None:
    assert place_of(_fault()).split(" < ")[0].endswith(":_break")

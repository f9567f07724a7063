"""Settings: all faults at once, no value in the message."""

from __future__ import annotations

from datetime import date

import pytest

from services.platform.config import BadSettings, load_config


def test_defaults_are_enough() -> None:
    config = load_config(_env_file=None)
    assert (config.port, config.management_port, config.sample, config.today) == (8000, 8001, True, None)
    assert config.base_url == "http://127.0.0.1:8000"


def test_every_fault_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVENE_PORT", "70000")
    monkeypatch.setenv("CONVENE_TODAY", "tomorrow")
    monkeypatch.setenv("CONVENE_DATABASE_URL", "mysql://secret-password@host/db")
    with pytest.raises(BadSettings) as refusal:
        load_config(_env_file=None)
    text = str(refusal.value)
    assert all(name in text for name in ("CONVENE_PORT", "CONVENE_TODAY", "CONVENE_DATABASE_URL"))
    assert "secret-password" not in text
    assert "postgresql://" in text


def test_the_day_can_be_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVENE_TODAY", "2026-09-01")
    assert load_config(_env_file=None).today == date(2026, 9, 1)


def test_equal_ports_are_refused() -> None:
    with pytest.raises(BadSettings, match="must differ"):
        load_config(_env_file=None, port=9000, management_port=9000)

"""The checks of made files can each fail."""

from __future__ import annotations

import tomllib

from deploy.checks import ROOT, environment_example, lock_faults
from services.platform.config import Config

LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_lock_file_is_fit() -> None:
    assert lock_faults(LOCK, PROJECT) == []


def test_a_named_index_is_a_fault() -> None:
    assert lock_faults("--index-url somewhere\n" + LOCK, PROJECT)


def test_a_pin_without_a_hash_is_a_fault() -> None:
    assert any("no hash for extra" in fault for fault in lock_faults(LOCK + "\nextra==1.0\n", PROJECT))


def test_a_missing_dependency_is_a_fault() -> None:
    assert any("lacks left-out" in fault for fault in lock_faults(LOCK, {**PROJECT, "dependencies": ["left_out>=1"]}))


def test_the_example_lists_every_setting() -> None:
    text = (ROOT / ".env.example").read_text()
    assert text.strip() == environment_example().strip()
    assert all(f"#CONVENE_{name.upper()}=" in text for name in Config.model_fields)

"""The container files, held to the code: no engine runs them here, so every name in them is compared."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from deploy.cli import app
from services.platform.config import Config

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
OURS = {"migrate", "api", "delivery-worker", "solver-worker"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_every_part_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"postgres", "valkey", "mail", *OURS}
    assert compose["services"]["postgres"]["image"] == "postgres:18"


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_command_exists(compose: dict[str, Any], name: str) -> None:
    program, command, *rest = compose["services"][name]["command"]
    known = get_command(app).commands  # type: ignore[attr-defined]
    assert program == "convene"
    assert command in known
    assert rest in ([], ["delivery"], ["solver"])
    assert bool(rest) == (command == "worker")


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_environment_name_is_a_setting(compose: dict[str, Any], name: str) -> None:
    settings = {f"CONVENE_{field.upper()}" for field in Config.model_fields}
    assert set(compose["services"][name]["environment"]) <= settings


def test_the_addresses_are_those_of_the_services(compose: dict[str, Any]) -> None:
    environment = compose["services"]["api"]["environment"]
    for setting in ("CONVENE_DATABASE_URL", "CONVENE_QUEUE_URL", "CONVENE_SMTP_URL"):
        host = re.search(r"(?:@|//)([a-z]+):\d+", environment[setting])
        assert host is not None
        assert host[1] in compose["services"]
    values = {name: "x" * 40 if "${" in value else value for name, value in environment.items()}
    Config.model_validate({name.removeprefix("CONVENE_").lower(): value for name, value in values.items() if "URL" not in name})


def test_the_published_ports_are_those_listened_on(compose: dict[str, Any]) -> None:
    environment = compose["services"]["api"]["environment"]
    inside = {port.rsplit(":", 1)[1] for port in compose["services"]["api"]["ports"]}
    assert inside == {environment["CONVENE_PORT"], environment["CONVENE_MANAGEMENT_PORT"]}
    exposed = re.search(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)
    assert exposed is not None
    assert inside == set(exposed[1].split())
    assert all(port.startswith("127.0.0.1:") for port in compose["services"]["api"]["ports"])


def test_everything_waits_for_the_migration(compose: dict[str, Any]) -> None:
    for name in OURS - {"migrate"}:
        assert compose["services"][name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert compose["services"]["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_the_image_is_slim_not_root_and_looks_after_itself() -> None:
    assert len(re.findall(r"^FROM python:3\.1[123]-slim", DOCKERFILE, re.MULTILINE)) == 2
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert "HEALTHCHECK" in DOCKERFILE
    assert "/health/live" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE


def test_every_folder_that_the_image_copies_is_there() -> None:
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for name in source.split():
            assert (ROOT / name).exists(), name

"""The servers of a `convene up`, as other commands on the same machine find them."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.kernel.errors import Rejected
from services.platform.config import Config

_RUNNING = "running.json"
_SIGNING_KEY = "token.key"
_ADDRESSES = ("database_url", "owner_database_url", "queue_url", "smtp_url", "port", "management_port")


class AlreadyRunning(Rejected):
    """Another `convene up` works on the same data."""


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Nobody else runs on `folder` meanwhile; the addresses in it are forgotten at the end. A new folder is this user's alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(
                f"Convene already runs on {folder}: stop that one first, or set CONVENE_DATA_DIR to another folder"
            ) from None
        try:
            yield
        finally:
            (folder / _RUNNING).unlink(missing_ok=True)


def write_addresses(config: Config) -> None:
    """Lets other commands find the servers: readable by this user alone, for passwords are in it."""
    path = config.data_dir / _RUNNING
    path.touch(mode=0o600)
    path.write_text(json.dumps({name: getattr(config, name) for name in _ADDRESSES}))


def with_addresses(config: Config) -> Config:
    """The settings, completed by the addresses of a `convene up` on the same data, where none are given."""
    try:
        found = json.loads((config.data_dir / _RUNNING).read_text())
    except (OSError, ValueError):
        found = {}
    missing = {name: value for name, value in found.items() if name.endswith("_url") and getattr(config, name, None) is None}
    return with_secret(config.model_copy(update=missing))


def with_secret(config: Config) -> Config:
    """The settings with a token secret: the one given, else the one kept in the data folder, made if there is none."""
    if config.token_secret is not None or config.token_jwks is not None:
        return config
    path = config.data_dir / _SIGNING_KEY
    if not path.exists():
        config.data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return config.model_copy(update={"token_secret": path.read_text().strip()})


def environment_of(config: Config) -> dict[str, str]:
    """The environment in which a child process has the same settings."""
    values = {name: getattr(config, name) for name in Config.model_fields}
    told = {f"CONVENE_{name.upper()}": str(value) for name, value in values.items() if value is not None}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONVENE_")}
    return {**kept, **told}

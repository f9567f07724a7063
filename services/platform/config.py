"""Settings of a process, from the environment (`CONVENE_…`) or a `.env` file; all faults are told at once.

Policy values of the unit (limits, who attends what) are not here: they are data, in `directory/settings.py`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kernel.errors import Rejected


class BadSettings(Rejected):
    """One or more settings are wrong; the message lists all of them."""


class Config(BaseSettings):
    """Every setting with its default. `.env.example` lists the same, and a test compares the two."""

    model_config = SettingsConfigDict(env_prefix="CONVENE_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="address that the graph listens on")
    port: int = Field(8000, ge=0, le=65535, description="port of the graph, the feeds and the health checks")
    management_port: int = Field(8001, ge=0, le=65535, description="port of the metrics")
    data_dir: Path = Field(Path("var"), description="where the embedded servers keep their data")
    sample: bool = Field(True, description="load the sample authority into an empty database at the first `convene up`")
    today: date | None = Field(None, description="fixes the civil day, for demonstrations and tests")
    database_url: str | None = Field(None, description="PostgreSQL 18; unset: the embedded one")
    owner_database_url: str | None = Field(None, description="the same database as its owner, for migrations; unset: database_url")
    queue_url: str | None = Field(None, description="Valkey; unset: the embedded one")
    smtp_url: str | None = Field(
        None, description="smtp://, smtps:// or smtp+starttls:// with user:password@host:port; unset: the embedded sink"
    )
    public_url: str | None = Field(
        None, description="address under which others reach the service, for feed links; unset: http://host:port"
    )
    token_secret: str | None = Field(None, min_length=32, description="signs and checks tokens (HS256); unset: kept in data_dir")
    token_jwks: Path | None = Field(None, description="file of public keys (JWKS, RS256) of an identity provider, instead of token_secret")
    token_issuer: str = Field("convene", description="iss that a token must carry")
    token_audience: str = Field("convene", description="aud that a token must carry")
    database_pool: int = Field(8, ge=1, le=100, description="connections to PostgreSQL of one process")
    introspection: bool = Field(True, description="answer introspection queries and show /schema.graphql")
    solver_seconds: float = Field(60.0, gt=0, le=3600, description="longest that one run of the solver searches")
    solver_workers: int = Field(2, ge=1, le=64, description="threads of the solver")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    @field_validator("database_url", "owner_database_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        return _with_scheme(url, {"postgresql", "postgres"}, "postgresql://user:password@host:5432/convene")

    @field_validator("queue_url")
    @classmethod
    def _is_valkey(cls, url: str | None) -> str | None:
        return _with_scheme(url, {"redis", "rediss", "valkey", "unix"}, "redis://host:6379/0")

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, url: str | None) -> str | None:
        return _with_scheme(url, {"smtp", "smtps", "smtp+starttls"}, "smtp://host:25")

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, level: str) -> str:
        if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    @model_validator(mode="after")
    def _ports_differ(self) -> Config:
        if self.port and self.port == self.management_port:
            raise ValueError(f"port and management_port are both {self.port}: they must differ")
        return self

    @property
    def base_url(self) -> str:
        """The address that links begin with, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def _with_scheme(url: str | None, schemes: set[str], example: str) -> str | None:
    if url is None or url == "":
        return None
    parts = urlsplit(url)
    if parts.scheme not in schemes:
        raise ValueError(f"must look like {example}")
    return url


def load_config(**overrides: object) -> Config:
    """The settings of this process; raises `BadSettings` that lists every fault, without any value."""
    try:
        return Config(**overrides)  # type: ignore[arg-type]
    except ValidationError as faults:
        lines = [
            f"CONVENE_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}" if fault["loc"] else str(fault["msg"])
            for fault in faults.errors(include_url=False, include_input=False)
        ]
        raise BadSettings("the settings are wrong:\n  " + "\n  ".join(lines)) from None

"""What is printed at the start tells no password."""

from __future__ import annotations

from pathlib import Path

from deploy.welcome import mail_address
from services.platform.config import load_config


def test_the_relay_is_named_without_its_password() -> None:
    config = load_config(_env_file=None, smtp_url="smtp+starttls://user:hush@relay.example.org:587")
    assert mail_address(config) == "smtp+starttls://relay.example.org:587"


def test_the_sink_is_named_by_its_folder(tmp_path: Path) -> None:
    assert mail_address(load_config(_env_file=None, data_dir=tmp_path)) == str(tmp_path.resolve() / "mail")

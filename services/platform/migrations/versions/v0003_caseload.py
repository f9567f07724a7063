"""Caseloads that can be argued with: schemes and capacity as they were known, circumstances of a child, requests, rebalancing."""

from services.platform.migrations.script import run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what weighs beyond the returns, decisions that wait for a second person, and proposals to move children."""
    run_script("0003_caseload.sql")

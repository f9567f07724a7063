"""Records of every kind of meeting: statuses of care, transfers, earlier reviews, foster homes, and children stated twice."""

from services.platform.migrations.script import run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what starts, feeds and stops the clocks of every kind of meeting."""
    run_script("0002_records.sql")

"""A diary that is re-planned: what a plan may move, and which of its changes belong together."""

from services.platform.migrations.script import run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what a plan needs to change meetings that stand."""
    run_script("0004_diary.sql")

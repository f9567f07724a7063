"""The first schema."""

from services.platform.migrations.script import run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table of the first release."""
    run_script("0001_foundation.sql")

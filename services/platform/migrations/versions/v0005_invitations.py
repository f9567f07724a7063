"""Invitations that are answered, and mail that waits for a person because it could not be delivered."""

from services.platform.migrations.script import run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the answers to invitations, and who has seen to mail that was refused."""
    run_script("0005_invitations.sql")

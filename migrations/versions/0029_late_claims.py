"""Let a late claim that nobody could be told about be looked at again later."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029_late_claims"
down_revision = "0028_morning"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.add_column(
        "claim", sa.Column("late_again_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Remove."""
    op.drop_column("claim", "late_again_at")

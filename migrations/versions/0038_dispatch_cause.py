"""Keep on a case why it is to be offered anew: whoever decides tells it in the decision log."""

import sqlalchemy as sa
from alembic import op

revision = "0038_dispatch_cause"
down_revision = "0037_backup_call"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.add_column("case", sa.Column("dispatch_cause", sa.Text(), nullable=True))


def downgrade() -> None:
    """Remove."""
    op.drop_column("case", "dispatch_cause")

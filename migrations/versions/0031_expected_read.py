"""Keep on a case how long its read is expected to take: every countdown of it counts with that."""

import sqlalchemy as sa
from alembic import op

revision = "0031_expected_read"
down_revision = "0030_notifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.add_column(
        "case", sa.Column("expected_read_s", sa.BigInteger(), server_default="900", nullable=False)
    )
    op.create_check_constraint(op.f("ck_case_expected_read"), "case", "expected_read_s > 0")


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("ck_case_expected_read"), "case", type_="check")
    op.drop_column("case", "expected_read_s")

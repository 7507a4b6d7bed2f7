"""Find the identities under a Patient ID as it is compared, however many a domain has."""

import sqlalchemy as sa
from alembic import op

revision = "0039_patient_ids"
down_revision = "0038_dispatch_cause"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create."""
    op.create_index(
        "ix_patient_folded",
        "patient",
        ["domain_id", sa.literal_column("lower(btrim(patient_id))")],
    )


def downgrade() -> None:
    """Remove."""
    op.drop_index("ix_patient_folded", "patient")

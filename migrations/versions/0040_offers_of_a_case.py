"""Find by its case who was asked for it, and who had claimed it, also when that is over."""

from alembic import op

revision = "0040_offers_of_a_case"
down_revision = "0039_patient_ids"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_index(op.f("ix_nomination_case_id"), "nomination", ["case_id"])
    op.create_index(op.f("ix_claim_case_id"), "claim", ["case_id"])


def downgrade() -> None:
    """Remove."""
    op.drop_index(op.f("ix_claim_case_id"), table_name="claim")
    op.drop_index(op.f("ix_nomination_case_id"), table_name="nomination")

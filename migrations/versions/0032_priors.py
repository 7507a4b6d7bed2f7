"""Keep which earlier studies of the patient go to the readers of a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032_priors"
down_revision = "0031_expected_read"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.add_column(
        "delivery",
        sa.Column("is_prior", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_delivery_prior_is_images"), "delivery", "NOT is_prior OR kind = 'images'"
    )
    op.create_table(
        "case_prior",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("chosen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_prior_case_id")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_case_prior_study_id")),
        sa.PrimaryKeyConstraint("case_id", "study_id", name=op.f("pk_case_prior")),
    )
    op.create_index(op.f("ix_case_prior_study_id"), "case_prior", ["study_id"])


def downgrade() -> None:
    """Remove."""
    op.drop_table("case_prior")
    op.drop_constraint(op.f("ck_delivery_prior_is_images"), "delivery", type_="check")
    op.drop_column("delivery", "is_prior")

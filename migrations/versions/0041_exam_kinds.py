"""Keep on a case of what kind its exam is: who decides another case need not look at its images."""

import sqlalchemy as sa
from alembic import op

revision = "0041_exam_kinds"
down_revision = "0040_offers_of_a_case"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.add_column("case", sa.Column("exam_modality", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("exam_region", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_case_exam_kind"), "case", "(exam_modality IS NULL) = (exam_region IS NULL)"
    )


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("ck_case_exam_kind"), "case", type_="check")
    op.drop_column("case", "exam_region")
    op.drop_column("case", "exam_modality")

"""Let cases have requests, owners, joins and splits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012_cases_of_requests"
down_revision = "0011_requests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_table(
        "case_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_request_case_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_case_request_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_request")),
        sa.UniqueConstraint(
            "case_id", "request_id", name=op.f("uq_case_request_case_id_request_id")
        ),
    )
    op.create_index(
        "uq_case_request_one_case",
        "case_request",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("case", sa.Column("owner_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "case", sa.Column("critical_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column("case", sa.Column("joined_into_id", sa.BigInteger(), nullable=True))
    op.add_column("case", sa.Column("split_from_id", sa.BigInteger(), nullable=True))
    op.alter_column(
        "case", "first_image_at", existing_type=postgresql.TIMESTAMP(timezone=True), nullable=True
    )
    op.alter_column(
        "case", "signed_due_at", existing_type=postgresql.TIMESTAMP(timezone=True), nullable=True
    )
    op.create_foreign_key(op.f("fk_case_owner_id"), "case", "radiologist", ["owner_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_case_joined_into_id"), "case", "case", ["joined_into_id"], ["id"]
    )
    op.create_foreign_key(op.f("fk_case_split_from_id"), "case", "case", ["split_from_id"], ["id"])


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("fk_case_split_from_id"), "case", type_="foreignkey")
    op.drop_constraint(op.f("fk_case_joined_into_id"), "case", type_="foreignkey")
    op.drop_constraint(op.f("fk_case_owner_id"), "case", type_="foreignkey")
    op.alter_column(
        "case", "signed_due_at", existing_type=postgresql.TIMESTAMP(timezone=True), nullable=False
    )
    op.alter_column(
        "case", "first_image_at", existing_type=postgresql.TIMESTAMP(timezone=True), nullable=False
    )
    op.drop_column("case", "split_from_id")
    op.drop_column("case", "joined_into_id")
    op.drop_column("case", "critical_at")
    op.drop_column("case", "owner_id")
    op.drop_index(
        "uq_case_request_one_case",
        table_name="case_request",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("case_request")

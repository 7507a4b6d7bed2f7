"""Create the tables of nominations, claims and decisions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_dispatch"
down_revision = "0004_planning"
branch_labels = None
depends_on = None

TRIGGERS = (
    """
    CREATE TRIGGER tr_decision_append_only BEFORE UPDATE OR DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
)


def upgrade() -> None:
    """Create."""
    op.create_table(
        "claim",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_claim_case_id")),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_claim_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index("ix_claim_radiologist", "claim", ["radiologist_id", "claimed_at"], unique=False)
    op.create_index(
        "uq_claim_standing",
        "claim",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ranking", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("exclusions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("next_deadline", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_decision_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_case_id"), "decision", ["case_id"], unique=False)
    op.create_table(
        "nomination",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("nominated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("acknowledged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_nomination_case_id")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_nomination_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_nomination_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination")),
    )
    op.create_index(
        "ix_nomination_radiologist_standing",
        "nomination",
        ["radiologist_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_nomination_standing",
        "nomination",
        ["case_id", "radiologist_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Remove."""
    op.drop_index(
        "uq_nomination_standing",
        table_name="nomination",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(
        "ix_nomination_radiologist_standing",
        table_name="nomination",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("nomination")
    op.drop_index(op.f("ix_decision_case_id"), table_name="decision")
    op.drop_table("decision")
    op.drop_index(
        "uq_claim_standing", table_name="claim", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_index("ix_claim_radiologist", table_name="claim")
    op.drop_table("claim")

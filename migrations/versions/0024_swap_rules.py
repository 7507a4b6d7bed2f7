"""Let societies set how they swap, and their planners see what is to be done about guards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024_swap_rules"
down_revision = "0023_authorisations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_table(
        "swap_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("credit_to", sa.Text(), nullable=True),
        sa.Column("set_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("credit_to IN ('giver','taker')", name=op.f("ck_swap_rule_credit_to")),
        sa.ForeignKeyConstraint(["set_by"], ["user.id"], name=op.f("fk_swap_rule_set_by")),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_swap_rule_society_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap_rule")),
    )
    op.create_index(op.f("ix_swap_rule_society_id"), "swap_rule", ["society_id"], unique=False)
    op.add_column("task", sa.Column("society_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_task_society_id"), "task", "society", ["society_id"], ["id"])
    op.create_index(op.f("ix_task_society_id"), "task", ["society_id"], unique=False)
    op.execute(
        "UPDATE task SET roles = roles || '{planner}'::text[] "
        "WHERE kind IN ('gap', 'guard_cancelled') AND settled_at IS NULL"
    )


def downgrade() -> None:
    """Remove."""
    op.execute("UPDATE task SET roles = array_remove(roles, 'planner')")
    op.drop_index(op.f("ix_task_society_id"), table_name="task")
    op.drop_constraint(op.f("fk_task_society_id"), "task", type_="foreignkey")
    op.drop_column("task", "society_id")
    op.drop_table("swap_rule")

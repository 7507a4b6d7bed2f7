"""Let seats be swapped."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021_swaps"
down_revision = "0020_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_table(
        "swap",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column("counter_seat_id", sa.BigInteger(), nullable=True),
        sa.Column("giver_id", sa.BigInteger(), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("addressed_id", sa.BigInteger(), nullable=True),
        sa.Column("taker_id", sa.BigInteger(), nullable=True),
        sa.Column("credit_to", sa.Text(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("credit_to IN ('giver','taker')", name=op.f("ck_swap_credit_to")),
        sa.CheckConstraint(
            "state IN ('offered','accepted','approved','refused','withdrawn','expired','undone')",
            name=op.f("ck_swap_state"),
        ),
        sa.CheckConstraint(
            "counter_seat_id IS NULL OR counter_seat_id <> seat_id", name=op.f("ck_swap_two_seats")
        ),
        sa.ForeignKeyConstraint(
            ["addressed_id"], ["radiologist.id"], name=op.f("fk_swap_addressed_id")
        ),
        sa.ForeignKeyConstraint(
            ["counter_seat_id"], ["seat.id"], name=op.f("fk_swap_counter_seat_id")
        ),
        sa.ForeignKeyConstraint(["giver_id"], ["radiologist.id"], name=op.f("fk_swap_giver_id")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["planning_revision.id"], name=op.f("fk_swap_revision_id")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_swap_seat_id")),
        sa.ForeignKeyConstraint(["society_id"], ["society.id"], name=op.f("fk_swap_society_id")),
        sa.ForeignKeyConstraint(["taker_id"], ["radiologist.id"], name=op.f("fk_swap_taker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap")),
    )
    op.create_index(op.f("ix_swap_addressed_id"), "swap", ["addressed_id"], unique=False)
    op.create_index(op.f("ix_swap_giver_id"), "swap", ["giver_id"], unique=False)
    op.create_index(op.f("ix_swap_society_id"), "swap", ["society_id"], unique=False)
    op.create_index(op.f("ix_swap_taker_id"), "swap", ["taker_id"], unique=False)
    op.create_index(
        "uq_swap_open",
        "swap",
        ["seat_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('offered','accepted')"),
    )
    op.create_table(
        "swap_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("swap_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("on_behalf_of", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["by"], ["user.id"], name=op.f("fk_swap_event_by")),
        sa.ForeignKeyConstraint(
            ["on_behalf_of"], ["radiologist.id"], name=op.f("fk_swap_event_on_behalf_of")
        ),
        sa.ForeignKeyConstraint(["swap_id"], ["swap.id"], name=op.f("fk_swap_event_swap_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap_event")),
    )
    op.create_index(op.f("ix_swap_event_swap_id"), "swap_event", ["swap_id"], unique=False)
    op.execute(
        "CREATE TRIGGER tr_swap_event_append_only BEFORE UPDATE OR DELETE ON swap_event"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Remove."""
    op.drop_index(op.f("ix_swap_event_swap_id"), table_name="swap_event")
    op.drop_table("swap_event")
    op.drop_index(
        "uq_swap_open",
        table_name="swap",
        postgresql_where=sa.text("state IN ('offered','accepted')"),
    )
    op.drop_index(op.f("ix_swap_taker_id"), table_name="swap")
    op.drop_index(op.f("ix_swap_society_id"), table_name="swap")
    op.drop_index(op.f("ix_swap_giver_id"), table_name="swap")
    op.drop_index(op.f("ix_swap_addressed_id"), table_name="swap")
    op.drop_table("swap")

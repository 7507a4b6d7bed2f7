"""Let readers check in before their guard."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025_check_in"
down_revision = "0024_swap_rules"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Add."""
    op.create_table(
        "check_in",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("known_at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text(), server_default="awaited", nullable=False),
        sa.Column("next_due_at", _INSTANT, nullable=True),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.Column("sound_heard_at", _INSTANT, nullable=True),
        sa.Column("telephone", sa.Text(), server_default="", nullable=False),
        sa.Column("telephone_at", _INSTANT, nullable=True),
        sa.Column("telephone_test", sa.Text(), nullable=True),
        sa.Column("page_visible_at", _INSTANT, nullable=True),
        sa.Column("checked_in_at", _INSTANT, nullable=True),
        sa.Column("checked_in_by", sa.BigInteger(), nullable=True),
        sa.Column("continued_from_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('awaited','missing','done','missed','cancelled')",
            name=op.f("ck_check_in_state"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_check_in_ends_after_start")),
        sa.CheckConstraint(
            "telephone_test IN ('word','call')", name=op.f("ck_check_in_telephone_test")
        ),
        sa.CheckConstraint(
            "(telephone_at IS NULL) = (telephone_test IS NULL)",
            name=op.f("ck_check_in_telephone_tested_somehow"),
        ),
        sa.CheckConstraint(
            "state <> 'done' OR checked_in_at IS NOT NULL",
            name=op.f("ck_check_in_done_at_some_time"),
        ),
        sa.CheckConstraint(
            "checked_in_at IS NULL OR continued_from_id IS NOT NULL OR (sound_heard_at IS NOT NULL"
            " AND telephone_at IS NOT NULL AND page_visible_at IS NOT NULL)",
            name=op.f("ck_check_in_done_is_tested"),
        ),
        sa.CheckConstraint(
            "(state IN ('awaited','missing')) = (next_due_at IS NOT NULL)",
            name=op.f("ck_check_in_standing_is_due"),
        ),
        sa.ForeignKeyConstraint(
            ["checked_in_by"], ["user.id"], name=op.f("fk_check_in_checked_in_by")
        ),
        sa.ForeignKeyConstraint(
            ["continued_from_id"], ["check_in.id"], name=op.f("fk_check_in_continued_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_check_in_radiologist_id")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_check_in_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
    )
    standing = sa.text("state IN ('awaited','missing')")
    op.create_index("ix_check_in_due", "check_in", ["next_due_at"], postgresql_where=standing)
    op.create_index("ix_check_in_radiologist", "check_in", ["radiologist_id", "starts_at"])
    op.create_index(
        "uq_check_in_one_for_holder",
        "check_in",
        ["seat_id", "radiologist_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )


def downgrade() -> None:
    """Remove."""
    op.drop_table("check_in")

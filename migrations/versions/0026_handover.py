"""Let what a reader leaves pass to named persons who accept it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026_handover"
down_revision = "0025_claims"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Add."""
    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("look_due_at", _INSTANT, nullable=True),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (look_due_at IS NOT NULL)",
            name=op.f("ck_handover_open_is_looked_at"),
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_handover_closed_with_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_handover_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index("ix_handover_look_due", "handover", ["look_due_at"], postgresql_where=_OPEN)
    op.create_index(
        "uq_handover_one_open", "handover", ["radiologist_id"], unique=True, postgresql_where=_OPEN
    )
    op.create_table(
        "handover_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("handover_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("to_radiologist_id", sa.BigInteger(), nullable=True),
        sa.Column("offered_at", _INSTANT, nullable=False),
        sa.Column("offered_by", sa.BigInteger(), nullable=True),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("answered_at", _INSTANT, nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("superseded_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('case','claim','request','delivery','call')",
            name=op.f("ck_handover_item_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('kept','offered','accepted','refused','lapsed','settled')",
            name=op.f("ck_handover_item_state"),
        ),
        sa.CheckConstraint(
            "(kind = 'call') = (task_id IS NOT NULL)", name=op.f("ck_handover_item_call_has_task")
        ),
        sa.CheckConstraint(
            "state NOT IN ('offered','accepted','refused') OR to_radiologist_id IS NOT NULL",
            name=op.f("ck_handover_item_offered_to_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'offered') <= (due_at IS NOT NULL)",
            name=op.f("ck_handover_item_offer_has_due"),
        ),
        sa.CheckConstraint(
            "(state IN ('kept','offered')) = (answered_at IS NULL)",
            name=op.f("ck_handover_item_answered_at_some_time"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["user.id"], name=op.f("fk_handover_item_answered_by")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_handover_item_case_id")),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["handover.id"], name=op.f("fk_handover_item_handover_id")
        ),
        sa.ForeignKeyConstraint(
            ["offered_by"], ["user.id"], name=op.f("fk_handover_item_offered_by")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_handover_item_task_id")),
        sa.ForeignKeyConstraint(
            ["to_radiologist_id"],
            ["radiologist.id"],
            name=op.f("fk_handover_item_to_radiologist_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_item")),
    )
    op.create_index("ix_handover_item_case", "handover_item", ["case_id"])
    op.create_index(
        "ix_handover_item_due",
        "handover_item",
        ["due_at"],
        postgresql_where=sa.text("state = 'offered' AND superseded_at IS NULL"),
    )
    op.create_index("ix_handover_item_taker", "handover_item", ["to_radiologist_id", "state"])
    op.create_index(
        "uq_handover_item_current",
        "handover_item",
        ["handover_id", "kind", "case_id", "task_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def downgrade() -> None:
    """Remove."""
    op.drop_table("handover_item")
    op.drop_table("handover")

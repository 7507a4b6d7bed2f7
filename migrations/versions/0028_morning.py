"""Let each society read in the morning what others have read for its hospitals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028_morning"
down_revision = "0027_policy"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Add."""
    op.create_table(
        "morning_list",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_morning_list_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_morning_list_society_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_morning_list")),
        sa.UniqueConstraint(
            "society_id", "zone", "ends_at", name=op.f("uq_morning_list_society_id_zone_ends_at")
        ),
    )
    op.create_table(
        "morning_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reader_id", sa.BigInteger(), nullable=True),
        sa.Column("signed_at", _INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('read','open')", name=op.f("ck_morning_item_kind")),
        sa.CheckConstraint(
            "(kind = 'read') <= (signed_at IS NOT NULL)",
            name=op.f("ck_morning_item_read_was_signed"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_morning_item_case_id")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["morning_list.id"], name=op.f("fk_morning_item_list_id")
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["radiologist.id"], name=op.f("fk_morning_item_reader_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_morning_item")),
        sa.UniqueConstraint(
            "list_id", "kind", "case_id", name=op.f("uq_morning_item_list_id_kind_case_id")
        ),
    )
    op.create_index(op.f("ix_morning_item_case_id"), "morning_item", ["case_id"])
    op.add_column("delivery", sa.Column("morning_list_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_delivery_morning_list_id"), "delivery", "morning_list", ["morning_list_id"], ["id"]
    )
    op.create_unique_constraint(
        op.f("uq_delivery_morning_list_id_mail_to"), "delivery", ["morning_list_id", "mail_to"]
    )


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("uq_delivery_morning_list_id_mail_to"), "delivery", type_="unique")
    op.drop_constraint(op.f("fk_delivery_morning_list_id"), "delivery", type_="foreignkey")
    op.drop_column("delivery", "morning_list_id")
    op.drop_table("morning_item")
    op.drop_table("morning_list")

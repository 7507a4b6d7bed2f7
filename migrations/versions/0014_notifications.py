"""Add the on-call sheet, notifications, the alarm of reports not accepted, disk readings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_notifications"
down_revision = "0013_calls"
branch_labels = None
depends_on = None

HAS_ADDRESS = "(kind = 'notification') = (mail_to IS NOT NULL)"
HAS_NODE = "(kind = 'notification') <> (endpoint_id IS NOT NULL AND case_id IS NOT NULL)"


def upgrade() -> None:
    """Add."""
    op.create_table(
        "on_call_sheet",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("published_count", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_sheet")),
    )
    op.create_table(
        "disk_reading",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("total_bytes", sa.BigInteger(), nullable=False),
        sa.Column("free_bytes", sa.BigInteger(), nullable=False),
        sa.Column("reserve_bytes", sa.BigInteger(), nullable=False),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_day_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_week_bytes", sa.BigInteger(), nullable=False),
        sa.Column("can_go_bytes", sa.BigInteger(), nullable=False),
        sa.Column("full_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("swept_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "level IN ('good','pressure','alarm')", name=op.f("ck_disk_reading_level")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disk_reading")),
    )
    op.create_index(op.f("ix_disk_reading_at"), "disk_reading", ["at"], unique=False)
    op.add_column("delivery", sa.Column("mail_to", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("sheet_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "delivery", sa.Column("alarm_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column(
        "delivery",
        sa.Column("node_was_away", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.alter_column("delivery", "case_id", existing_type=sa.BIGINT(), nullable=True)
    op.alter_column("delivery", "endpoint_id", existing_type=sa.BIGINT(), nullable=True)
    op.create_index(
        "ix_delivery_unaccepted",
        "delivery",
        ["alarm_due_at"],
        unique=False,
        postgresql_where=sa.text("alarm_due_at IS NOT NULL"),
    )
    op.create_unique_constraint(
        op.f("uq_delivery_sheet_id_mail_to"), "delivery", ["sheet_id", "mail_to"]
    )
    op.create_foreign_key(
        op.f("fk_delivery_sheet_id"), "delivery", "on_call_sheet", ["sheet_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_delivery_notification_has_address"), "delivery", HAS_ADDRESS
    )
    op.create_check_constraint(
        op.f("ck_delivery_images_and_reports_have_node"), "delivery", HAS_NODE
    )


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("ck_delivery_images_and_reports_have_node"), "delivery", type_="check")
    op.drop_constraint(op.f("ck_delivery_notification_has_address"), "delivery", type_="check")
    op.drop_constraint(op.f("fk_delivery_sheet_id"), "delivery", type_="foreignkey")
    op.drop_constraint(op.f("uq_delivery_sheet_id_mail_to"), "delivery", type_="unique")
    op.drop_index(
        "ix_delivery_unaccepted",
        table_name="delivery",
        postgresql_where=sa.text("alarm_due_at IS NOT NULL"),
    )
    op.alter_column("delivery", "endpoint_id", existing_type=sa.BIGINT(), nullable=False)
    op.alter_column("delivery", "case_id", existing_type=sa.BIGINT(), nullable=False)
    op.drop_column("delivery", "node_was_away")
    op.drop_column("delivery", "alarm_due_at")
    op.drop_column("delivery", "sheet_id")
    op.drop_column("delivery", "mail_to")
    op.drop_table("disk_reading")
    op.drop_table("on_call_sheet")

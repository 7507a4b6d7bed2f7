"""Let the gateway limit senders, promise commitments and tell more of each association."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015_gateway"
down_revision = "0014_notifications"
branch_labels = None
depends_on = None

CHECKS = (
    ("site", "ck_site_commitment_days", "commitment_days > 0"),
    ("site", "ck_site_quota_gib", "quota_gib > 0"),
    ("sender", "ck_sender_most_associations", "most_associations > 0"),
)


def upgrade() -> None:
    """Add."""
    op.create_table(
        "commitment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("transaction_uid", sa.Text(), nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("calling_ae_title", sa.Text(), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("next_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reported_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(next_at IS NOT NULL) = (state = 'asked')", name=op.f("ck_commitment_next_while_asked")
        ),
        sa.CheckConstraint(
            "state IN ('asked','reported','given_up')", name=op.f("ck_commitment_state")
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_commitment_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint(
            "sender_id", "transaction_uid", name=op.f("uq_commitment_sender_id_transaction_uid")
        ),
    )
    op.create_index(
        "ix_commitment_due",
        "commitment",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "commitment_instance",
        sa.Column("commitment_id", sa.BigInteger(), nullable=False),
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("sop_class_uid", sa.Text(), nullable=False),
        sa.Column("failure_reason", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_instance_commitment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "commitment_id", "sop_instance_uid", name=op.f("pk_commitment_instance")
        ),
    )
    op.create_index(
        op.f("ix_commitment_instance_sop_instance_uid"),
        "commitment_instance",
        ["sop_instance_uid"],
        unique=False,
    )
    op.add_column(
        "association",
        sa.Column("refused_count", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "association", sa.Column("echo_count", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "association",
        sa.Column("received_bytes", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "association",
        sa.Column("last_message_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    op.add_column("association", sa.Column("implementation", sa.Text(), nullable=True))
    op.add_column("association", sa.Column("max_pdu_bytes", sa.BigInteger(), nullable=True))
    op.add_column(
        "association", sa.Column("contexts", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("association", sa.Column("certificate_name", sa.Text(), nullable=True))
    op.add_column(
        "association",
        sa.Column("certificate_not_after", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    op.add_column(
        "endpoint", sa.Column("tls", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "sender",
        sa.Column(
            "certificate_names", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
    )
    op.add_column("sender", sa.Column("most_associations", sa.BigInteger(), nullable=True))
    op.add_column(
        "sender",
        sa.Column("sop_classes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column(
        "sender",
        sa.Column(
            "transfer_syntaxes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
    )
    op.add_column("site", sa.Column("commitment_days", sa.BigInteger(), nullable=True))
    op.add_column("site", sa.Column("quota_gib", sa.BigInteger(), nullable=True))
    for table, name, condition in CHECKS:
        op.create_check_constraint(op.f(name), table, condition)


def downgrade() -> None:
    """Remove."""
    op.drop_column("site", "quota_gib")
    op.drop_column("site", "commitment_days")
    op.drop_column("sender", "transfer_syntaxes")
    op.drop_column("sender", "sop_classes")
    op.drop_column("sender", "most_associations")
    op.drop_column("sender", "certificate_names")
    op.drop_column("endpoint", "tls")
    op.drop_column("association", "certificate_not_after")
    op.drop_column("association", "certificate_name")
    op.drop_column("association", "contexts")
    op.drop_column("association", "max_pdu_bytes")
    op.drop_column("association", "implementation")
    op.drop_column("association", "last_message_at")
    op.drop_column("association", "received_bytes")
    op.drop_column("association", "echo_count")
    op.drop_column("association", "refused_count")
    op.drop_index(op.f("ix_commitment_instance_sop_instance_uid"), table_name="commitment_instance")
    op.drop_table("commitment_instance")
    op.drop_index(
        "ix_commitment_due", table_name="commitment", postgresql_where=sa.text("state = 'asked'")
    )
    op.drop_table("commitment")

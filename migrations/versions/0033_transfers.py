"""Measure by bytes how long images take to a node, and keep what each node has of a study."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033_transfers"
down_revision = "0032_priors"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Add."""
    op.create_table(
        "study_at_node",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("byte_count >= 0", name=op.f("ck_study_at_node_byte_count")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_study_at_node_study_id")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_study_at_node_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("study_id", "endpoint_id", name=op.f("pk_study_at_node")),
    )
    op.create_table(
        "node_transfer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "byte_count > 0 AND seconds > 0", name=op.f("ck_node_transfer_measures")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_node_transfer_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_transfer")),
    )
    op.create_index(op.f("ix_node_transfer_ended_at"), "node_transfer", ["ended_at"])
    # They were seconds for an image; decisions keep the minutes that they were made with.
    op.execute("DELETE FROM transfer_time")
    op.execute(
        "INSERT INTO study_at_node (study_id, endpoint_id, byte_count)"
        " SELECT delivery.study_id, delivery.endpoint_id, sum(instance.size_bytes)"
        " FROM delivery JOIN delivered_instance ON delivered_instance.delivery_id = delivery.id"
        " JOIN instance ON instance.id = delivered_instance.instance_id"
        " GROUP BY delivery.study_id, delivery.endpoint_id"
    )


def downgrade() -> None:
    """Remove."""
    op.execute("DELETE FROM transfer_time")
    op.drop_table("node_transfer")
    op.drop_table("study_at_node")

"""Keep the account between societies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019_sharing"
down_revision = "0018_volumes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_table(
        "cession",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("giver_id", sa.BigInteger(), nullable=False),
        sa.Column("taker_id", sa.BigInteger(), nullable=False),
        sa.Column("segment_code", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=False),
        sa.Column("returned_segment", sa.Text(), nullable=True),
        sa.Column("returned_seats", sa.BigInteger(), nullable=True),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("agreed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("giver_id <> taker_id", name=op.f("ck_cession_two_societies")),
        sa.CheckConstraint(
            "num_nonnulls(returned_segment, returned_seats) <> 1 AND returned_seats <> 0",
            name=op.f("ck_cession_returned"),
        ),
        sa.CheckConstraint("seats > 0", name=op.f("ck_cession_seats")),
        sa.ForeignKeyConstraint(["agreed_by"], ["user.id"], name=op.f("fk_cession_agreed_by")),
        sa.ForeignKeyConstraint(["giver_id"], ["society.id"], name=op.f("fk_cession_giver_id")),
        sa.ForeignKeyConstraint(["taker_id"], ["society.id"], name=op.f("fk_cession_taker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cession")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("segment_code", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("counter", sa.Text(), server_default="guard", nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("millionths", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("planning_id", sa.BigInteger(), nullable=True),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.Column("seat_id", sa.BigInteger(), nullable=True),
        sa.Column("counterpart_id", sa.BigInteger(), nullable=True),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "entry IN ('opening','entitled','allotted','ceded','exchanged','loan','swap',"
            "'correction','cancelled','reinforcement','settled')",
            name=op.f("ck_ledger_entry_entry"),
        ),
        sa.CheckConstraint("millionths <> 0", name=op.f("ck_ledger_entry_not_nothing")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["counterpart_id"], ["society.id"], name=op.f("fk_ledger_entry_counterpart_id")
        ),
        sa.ForeignKeyConstraint(
            ["planning_id"], ["planning.id"], name=op.f("fk_ledger_entry_planning_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["planning_revision.id"], name=op.f("fk_ledger_entry_revision_id")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_ledger_entry_seat_id")),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_ledger_entry_society_id")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["user.id"], name=op.f("fk_ledger_entry_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(
        "ix_ledger_entry_account",
        "ledger_entry",
        ["society_id", "segment_code", "line", "kind"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_entry_planning_id"), "ledger_entry", ["planning_id"], unique=False
    )
    op.add_column(
        "entitlement",
        sa.Column("opening_millionths", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "entitlement",
        sa.Column("deviation_millionths", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "entitlement", sa.Column("deviation_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column("entitlement", sa.Column("snapshot_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_entitlement_snapshot_id"),
        "entitlement",
        "volume_snapshot",
        ["snapshot_id"],
        ["id"],
    )
    op.execute(
        "CREATE TRIGGER tr_ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("fk_entitlement_snapshot_id"), "entitlement", type_="foreignkey")
    op.drop_column("entitlement", "snapshot_id")
    op.drop_column("entitlement", "deviation_at")
    op.drop_column("entitlement", "deviation_millionths")
    op.drop_column("entitlement", "opening_millionths")
    op.drop_index(op.f("ix_ledger_entry_planning_id"), table_name="ledger_entry")
    op.drop_index("ix_ledger_entry_account", table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_table("cession")

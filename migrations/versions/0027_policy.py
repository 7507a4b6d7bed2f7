"""Let people set the parameters of dispatch and the rings of a site; keep how long reads take."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027_policy"
down_revision = "0026_presence"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    cascades = "CASCADE" if target == "read_time_table" else None
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=cascades
    )


def upgrade() -> None:
    """Add."""
    op.create_table(
        "dispatch_parameters",
        _key(),
        sa.Column("set_at", _INSTANT, nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        _refers("dispatch_parameters", "set_by", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_parameters")),
    )
    op.create_table(
        "site_ring",
        _key(),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=True),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=True),
        sa.Column("ring", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("set_at", _INSTANT, nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "ring IN ('referent','territory','gcs','outside')", name=op.f("ck_site_ring_ring")
        ),
        sa.CheckConstraint(
            "(society_id IS NULL) <> (radiologist_id IS NULL)", name=op.f("ck_site_ring_of_one")
        ),
        _refers("site_ring", "site_id", "site"),
        _refers("site_ring", "society_id", "society"),
        _refers("site_ring", "radiologist_id", "radiologist"),
        _refers("site_ring", "set_by", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_ring")),
    )
    op.create_index(op.f("ix_site_ring_site_id"), "site_ring", ["site_id"])
    for who in ("society", "radiologist"):
        op.execute(
            f"ALTER TABLE site_ring ADD CONSTRAINT ex_site_ring_{who}_once EXCLUDE USING gist"
            " (int8range(site_id, site_id, '[]') WITH &&,"
            f" int8range({who}_id, {who}_id, '[]') WITH &&, valid WITH &&)"
            f" WHERE ({who}_id IS NOT NULL)"
        )
    op.create_table(
        "read_time_table",
        _key(),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("read_count", sa.BigInteger(), nullable=False),
        sa.Column("next_due_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_time_table")),
        sa.UniqueConstraint("next_due_at", name=op.f("uq_read_time_table_next_due_at")),
    )
    op.create_table(
        "read_time",
        _key(),
        sa.Column("table_id", sa.BigInteger(), nullable=False),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("read_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_read_time_minutes")),
        _refers("read_time", "table_id", "read_time_table"),
        _refers("read_time", "radiologist_id", "radiologist"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_time")),
        sa.UniqueConstraint(
            "table_id",
            "modality",
            "region",
            "radiologist_id",
            name="uq_read_time_cell",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "transfer_time",
        sa.Column("table_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("transfer_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_transfer_time_seconds")),
        _refers("transfer_time", "table_id", "read_time_table"),
        _refers("transfer_time", "endpoint_id", "endpoint"),
        sa.PrimaryKeyConstraint("table_id", "endpoint_id", name=op.f("pk_transfer_time")),
    )


def downgrade() -> None:
    """Remove."""
    for table in (
        "transfer_time", "read_time", "read_time_table", "site_ring", "dispatch_parameters",
    ):  # fmt: skip
        op.drop_table(table)

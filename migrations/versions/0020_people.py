"""Know statutes, wishes, sessions elsewhere and points of those who hold seats."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020_people"
down_revision = "0019_sharing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_table(
        "busy_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("imported_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_busy_session_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_busy_session")),
        sa.UniqueConstraint(
            "radiologist_id",
            "source",
            "uid",
            name=op.f("uq_busy_session_radiologist_id_source_uid"),
        ),
    )
    op.create_index(
        op.f("ix_busy_session_radiologist_id"), "busy_session", ["radiologist_id"], unique=False
    )
    op.create_table(
        "incompatibility",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("one_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_incompatibility_order")),
        sa.ForeignKeyConstraint(
            ["one_id"], ["radiologist.id"], name=op.f("fk_incompatibility_one_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["radiologist.id"], name=op.f("fk_incompatibility_other_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incompatibility")),
        sa.UniqueConstraint("one_id", "other_id", name=op.f("uq_incompatibility_one_id_other_id")),
    )
    op.create_table(
        "point_balance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("planning_id", sa.BigInteger(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("owed", sa.BigInteger(), nullable=False),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["planning_id"], ["planning.id"], name=op.f("fk_point_balance_planning_id")
        ),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_point_balance_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_balance")),
        sa.UniqueConstraint(
            "planning_id",
            "radiologist_id",
            "counter",
            name=op.f("uq_point_balance_planning_id_radiologist_id_counter"),
        ),
    )
    op.create_index(
        op.f("ix_point_balance_radiologist_id"), "point_balance", ["radiologist_id"], unique=False
    )
    op.create_table(
        "working_time",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("fte", sa.BigInteger(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(radiologist_id, radiologist_id, '[]')"), "&&"),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_working_time_one_at_a_time",
        ),
        sa.CheckConstraint("fte BETWEEN 1 AND 1000", name=op.f("ck_working_time_fte")),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_working_time_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_time")),
    )
    op.create_table(
        "authorisation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_authorisation_radiologist_id")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["user.id"], name=op.f("fk_authorisation_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisation")),
    )
    op.create_index(
        op.f("ix_authorisation_radiologist_id"), "authorisation", ["radiologist_id"], unique=False
    )
    op.create_table(
        "statute_profile",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("statute", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["written_by"], ["user.id"], name=op.f("fk_statute_profile_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statute_profile")),
        sa.UniqueConstraint(
            "statute", "valid_from", name=op.f("uq_statute_profile_statute_valid_from")
        ),
    )
    op.create_table(
        "wish",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("weight", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('avoid','prefer')", name=op.f("ck_wish_kind")),
        sa.CheckConstraint("weight BETWEEN 1 AND 3", name=op.f("ck_wish_weight")),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_wish_created_by")),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_wish_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish")),
    )
    op.create_index(op.f("ix_wish_radiologist_id"), "wish", ["radiologist_id"], unique=False)
    op.create_table(
        "last_act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("acted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_last_act_radiologist_id")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_last_act_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_last_act")),
        sa.UniqueConstraint("seat_id", name=op.f("uq_last_act_seat_id")),
    )
    op.add_column("absence", sa.Column("kind", sa.Text(), server_default="other", nullable=False))
    op.add_column(
        "absence", sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column("absence", sa.Column("created_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_absence_created_by"), "absence", "user", ["created_by"], ["id"])


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("fk_absence_created_by"), "absence", type_="foreignkey")
    op.drop_column("absence", "created_by")
    op.drop_column("absence", "created_at")
    op.drop_column("absence", "kind")
    op.drop_table("last_act")
    op.drop_index(op.f("ix_wish_radiologist_id"), table_name="wish")
    op.drop_table("wish")
    op.drop_table("statute_profile")
    op.drop_index(op.f("ix_authorisation_radiologist_id"), table_name="authorisation")
    op.drop_table("authorisation")
    op.drop_table("working_time")
    op.drop_index(op.f("ix_point_balance_radiologist_id"), table_name="point_balance")
    op.drop_table("point_balance")
    op.drop_table("incompatibility")
    op.drop_index(op.f("ix_busy_session_radiologist_id"), table_name="busy_session")
    op.drop_table("busy_session")

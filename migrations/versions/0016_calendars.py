"""Let several calendars lie over one stream of instants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_calendars"
down_revision = "0015_gateway"
branch_labels = None
depends_on = None


DAYS = "'monday','tuesday','wednesday','thursday','friday','saturday','sunday','holiday'"


def upgrade() -> None:
    """Add."""
    op.create_table(
        "calendar",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("alsace_moselle", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("bridges", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'on_site') = (site_id IS NOT NULL)", name=op.f("ck_calendar_site")
        ),
        sa.CheckConstraint("kind IN ('guard','hours','on_site')", name=op.f("ck_calendar_kind")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_calendar_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("code", name=op.f("uq_calendar_code")),
    )
    op.create_index(
        "uq_calendar_guard",
        "calendar",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("kind = 'guard'"),
    )
    op.create_table(
        "information_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), server_default="", nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user.id"], name=op.f("fk_information_line_created_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_information_line_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_line")),
    )
    op.create_index(
        "ix_information_line_period",
        "information_line",
        ["period"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_index(
        op.f("ix_information_line_site_id"), "information_line", ["site_id"], unique=False
    )
    op.add_column("segment", sa.Column("calendar_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "segment", sa.Column("points", sa.BigInteger(), server_default="1000", nullable=False)
    )
    op.add_column(
        "segment",
        sa.Column("skills", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column(
        "segment", sa.Column("least_societies", sa.BigInteger(), server_default="1", nullable=False)
    )
    op.create_index(op.f("ix_segment_calendar_id"), "segment", ["calendar_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_segment_calendar_id"), "segment", "calendar", ["calendar_id"], ["id"]
    )
    op.drop_constraint(op.f("ck_segment_days"), "segment", type_="check")
    op.create_check_constraint(
        op.f("ck_segment_days"),
        "segment",
        f"cardinality(days) > 0 AND days <@ ARRAY[{DAYS},'bridge']",
    )
    op.create_check_constraint(
        op.f("ck_segment_weights"), "segment", "points >= 0 AND least_societies >= 1"
    )
    op.execute(
        "INSERT INTO calendar (code, name, kind) VALUES ('gcs', 'Guards of the group', 'guard')"
    )
    op.execute("UPDATE segment SET calendar_id = (SELECT id FROM calendar WHERE kind = 'guard')")
    op.alter_column("segment", "calendar_id", nullable=False)


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("ck_segment_weights"), "segment", type_="check")
    op.drop_constraint(op.f("ck_segment_days"), "segment", type_="check")
    op.create_check_constraint(
        op.f("ck_segment_days"), "segment", f"cardinality(days) > 0 AND days <@ ARRAY[{DAYS}]"
    )
    op.drop_constraint(op.f("fk_segment_calendar_id"), "segment", type_="foreignkey")
    op.drop_index(op.f("ix_segment_calendar_id"), table_name="segment")
    op.drop_column("segment", "least_societies")
    op.drop_column("segment", "skills")
    op.drop_column("segment", "points")
    op.drop_column("segment", "calendar_id")
    op.drop_index(op.f("ix_information_line_site_id"), table_name="information_line")
    op.drop_index(
        "ix_information_line_period", table_name="information_line", postgresql_using="gist"
    )
    op.drop_table("information_line")
    op.drop_index(
        "uq_calendar_guard", table_name="calendar", postgresql_where=sa.text("kind = 'guard'")
    )
    op.drop_table("calendar")

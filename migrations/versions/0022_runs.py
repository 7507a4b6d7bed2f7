"""Compute rosters and calibrations, tell gaps, publish calendars."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022_runs"
down_revision = "0021_swaps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=True),
        sa.Column("society_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(radiologist_id, society_id) <= 1",
            name=op.f("ck_calendar_feed_one_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user.id"], name=op.f("fk_calendar_feed_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_calendar_feed_radiologist_id")
        ),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_calendar_feed_society_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feed_digest")),
    )
    op.create_table(
        "calibration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("period", postgresql.DATERANGE(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("claimed_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued','running','done','failed')", name=op.f("ck_calibration_state")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user.id"], name=op.f("fk_calibration_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
    )
    op.create_index(
        "ix_calibration_open",
        "calibration",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued','running')"),
    )
    op.create_table(
        "arrival_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("exams", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "source IN ('measured','imported')", name=op.f("ck_arrival_count_source")
        ),
        sa.CheckConstraint("exams >= 0", name=op.f("ck_arrival_count_exams")),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_arrival_count_hour")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["volume_import.id"], name=op.f("fk_arrival_count_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_arrival_count_society_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_count")),
        sa.UniqueConstraint(
            "society_id",
            "day",
            "hour",
            "source",
            name=op.f("uq_arrival_count_society_id_day_hour_source"),
        ),
    )
    op.create_table(
        "roster_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("planning_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("claimed_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('generate','repair')", name=op.f("ck_roster_run_kind")),
        sa.CheckConstraint(
            "state IN ('queued','running','stopping','done','failed')",
            name=op.f("ck_roster_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["planning_id"], ["planning.id"], name=op.f("fk_roster_run_planning_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user.id"], name=op.f("fk_roster_run_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["planning_revision.id"], name=op.f("fk_roster_run_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_run")),
    )
    op.create_index(
        "ix_roster_run_open",
        "roster_run",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued','running','stopping')"),
    )
    op.create_index(op.f("ix_roster_run_planning_id"), "roster_run", ["planning_id"], unique=False)
    op.create_table(
        "gap",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column("found_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_gap_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    op.create_index(
        "uq_gap_open",
        "gap",
        ["seat_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "on_site_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("called_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_on_site_call_radiologist_id")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_on_site_call_seat_id")),
        sa.ForeignKeyConstraint(
            ["written_by"], ["user.id"], name=op.f("fk_on_site_call_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_site_call")),
    )
    op.create_index(
        op.f("ix_on_site_call_radiologist_id"), "on_site_call", ["radiologist_id"], unique=False
    )
    op.create_index(
        "uq_on_site_call_open",
        "on_site_call",
        ["seat_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    """Remove."""
    op.drop_index(
        "uq_on_site_call_open",
        table_name="on_site_call",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_on_site_call_radiologist_id"), table_name="on_site_call")
    op.drop_table("on_site_call")
    op.drop_index("uq_gap_open", table_name="gap", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("gap")
    op.drop_index(op.f("ix_roster_run_planning_id"), table_name="roster_run")
    op.drop_index(
        "ix_roster_run_open",
        table_name="roster_run",
        postgresql_where=sa.text("state IN ('queued','running','stopping')"),
    )
    op.drop_table("roster_run")
    op.drop_table("arrival_count")
    op.drop_index(
        "ix_calibration_open",
        table_name="calibration",
        postgresql_where=sa.text("state IN ('queued','running')"),
    )
    op.drop_table("calibration")
    op.drop_table("calendar_feed")

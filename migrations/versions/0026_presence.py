"""Add who is there: streams of pages, what readers say, centres that are down, audits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026_presence"
down_revision = "0026_handover"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("case_count", sa.BigInteger(), nullable=False),
        sa.Column("finding_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "mass_silence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("began_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("silent_count", sa.BigInteger(), nullable=False),
        sa.Column("came_count", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_silence")),
    )
    op.create_index(
        "uq_mass_silence_standing",
        "mass_silence",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "web_process",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("beat_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_process")),
    )
    op.create_table(
        "node_echo",
        sa.Column("endpoint_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "failed_at",
            postgresql.ARRAY(postgresql.TIMESTAMP(timezone=True)),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_node_echo_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_node_echo")),
    )
    op.create_table(
        "page_stream",
        sa.Column("process_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_id"],
            ["web_process.id"],
            name=op.f("fk_page_stream_process_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_page_stream_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("process_id", "number", name=op.f("pk_page_stream")),
    )
    op.create_index(
        op.f("ix_page_stream_radiologist_id"), "page_stream", ["radiologist_id"], unique=False
    )
    op.create_table(
        "presence",
        sa.Column("radiologist_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("gone_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_presence_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("radiologist_id", name=op.f("pk_presence")),
    )
    op.create_table(
        "centre_down",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("centre_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("began_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("begun_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(cause = 'coordinator') = (begun_by IS NOT NULL)",
            name=op.f("ck_centre_down_coordinator_is_named"),
        ),
        sa.CheckConstraint(
            "cause IN ('silence','node','coordinator')", name=op.f("ck_centre_down_cause")
        ),
        sa.ForeignKeyConstraint(["begun_by"], ["user.id"], name=op.f("fk_centre_down_begun_by")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name=op.f("fk_centre_down_centre_id")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["user.id"], name=op.f("fk_centre_down_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre_down")),
    )
    op.create_index(op.f("ix_centre_down_centre_id"), "centre_down", ["centre_id"], unique=False)
    op.create_index(
        "uq_centre_down_standing",
        "centre_down",
        ["centre_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "no_new_work",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("said_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("said_by", sa.BigInteger(), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("until > said_at", name=op.f("ck_no_new_work_until_after_said")),
        sa.ForeignKeyConstraint(["ended_by"], ["user.id"], name=op.f("fk_no_new_work_ended_by")),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_no_new_work_radiologist_id")
        ),
        sa.ForeignKeyConstraint(["said_by"], ["user.id"], name=op.f("fk_no_new_work_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_no_new_work")),
    )
    op.create_index(
        "uq_no_new_work_standing",
        "no_new_work",
        ["radiologist_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "centre_down_case",
        sa.Column("centre_down_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_centre_down_case_case_id")),
        sa.ForeignKeyConstraint(
            ["centre_down_id"], ["centre_down.id"], name=op.f("fk_centre_down_case_centre_down_id")
        ),
        sa.PrimaryKeyConstraint("centre_down_id", "case_id", name=op.f("pk_centre_down_case")),
    )
    op.create_index(
        op.f("ix_centre_down_case_case_id"), "centre_down_case", ["case_id"], unique=False
    )
    op.create_table(
        "reader_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("centre_down_id", sa.BigInteger(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL)",
            name=op.f("ck_reader_check_answered_with_instant"),
        ),
        sa.CheckConstraint(
            "state IN ('asked','still_reading','failed_over','cancelled')",
            name=op.f("ck_reader_check_state"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["user.id"], name=op.f("fk_reader_check_answered_by")
        ),
        sa.ForeignKeyConstraint(
            ["centre_down_id"], ["centre_down.id"], name=op.f("fk_reader_check_centre_down_id")
        ),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_reader_check_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_check")),
        sa.UniqueConstraint(
            "centre_down_id",
            "radiologist_id",
            name=op.f("uq_reader_check_centre_down_id_radiologist_id"),
        ),
    )
    op.create_index(
        op.f("ix_reader_check_radiologist_id"), "reader_check", ["radiologist_id"], unique=False
    )


def downgrade() -> None:
    """Remove."""
    op.drop_index(op.f("ix_reader_check_radiologist_id"), table_name="reader_check")
    op.drop_table("reader_check")
    op.drop_index(op.f("ix_centre_down_case_case_id"), table_name="centre_down_case")
    op.drop_table("centre_down_case")
    op.drop_index(
        "uq_no_new_work_standing",
        table_name="no_new_work",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("no_new_work")
    op.drop_index(
        "uq_centre_down_standing",
        table_name="centre_down",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_centre_down_centre_id"), table_name="centre_down")
    op.drop_table("centre_down")
    op.drop_table("presence")
    op.drop_index(op.f("ix_page_stream_radiologist_id"), table_name="page_stream")
    op.drop_table("page_stream")
    op.drop_table("node_echo")
    op.drop_table("web_process")
    op.drop_index(
        "uq_mass_silence_standing",
        table_name="mass_silence",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("mass_silence")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")

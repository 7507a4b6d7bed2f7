"""Create the tables of the case and its timeline."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_cases"
down_revision = "0002_intake"
branch_labels = None
depends_on = None

FUNCTIONS = ("raise_case_version()", "write_case_move()", "notify_worklist()")
TRIGGERS = (
    """
    CREATE TRIGGER tr_case_event_append_only BEFORE UPDATE OR DELETE ON case_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER tr_case_sla_append_only BEFORE UPDATE OR DELETE ON case_sla
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE FUNCTION raise_case_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.version := OLD.version + 1;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER tr_case_version BEFORE UPDATE ON "case"
    FOR EACH ROW EXECUTE FUNCTION raise_case_version()
    """,
    # Each move reaches the timeline, whoever makes it: none can be forgotten.
    """
    CREATE FUNCTION write_case_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO case_event (case_id, at, kind, by_user_id, state_from, state_to, reason)
        VALUES (NEW.id, NEW.state_at, 'moved', NEW.state_by,
                CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.state_reason);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER tr_case_opened AFTER INSERT ON "case"
    FOR EACH ROW EXECUTE FUNCTION write_case_move()
    """,
    """
    CREATE TRIGGER tr_case_moved AFTER UPDATE ON "case" FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.state_at IS DISTINCT FROM NEW.state_at)
    EXECUTE FUNCTION write_case_move()
    """,
    # PostgreSQL folds equal notifications of one transaction into one.
    """
    CREATE FUNCTION notify_worklist() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('worklist', json_build_object(
            'case', NEW.id, 'site', NEW.site_id, 'version', NEW.version)::text);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER tr_case_notify AFTER INSERT OR UPDATE ON "case"
    FOR EACH ROW EXECUTE FUNCTION notify_worklist()
    """,
)


def upgrade() -> None:
    """Create."""
    op.create_table(
        "case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("priority_reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("state_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state_by", sa.BigInteger(), nullable=True),
        sa.Column("state_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("first_image_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("complete_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("complete_reason", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("instance_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seen_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reader_id", sa.BigInteger(), nullable=True),
        sa.Column("signed_due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("dispatch_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("step_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("preliminary_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'reading') <= (reader_id IS NOT NULL)",
            name=op.f("ck_case_reading_has_reader"),
        ),
        sa.CheckConstraint("priority IN ('P1','P2','P3','P4')", name=op.f("ck_case_priority")),
        sa.CheckConstraint(
            "state IN ('open','nominated','reading','signed','delivered','acknowledged','voided')",
            name=op.f("ck_case_state"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_case_patient_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["radiologist.id"], name=op.f("fk_case_reader_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_case_site_id")),
        sa.ForeignKeyConstraint(["state_by"], ["user.id"], name=op.f("fk_case_state_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
    )
    op.create_index("ix_case_created", "case", ["created_at"], unique=False)
    op.create_index("ix_case_first_image", "case", ["first_image_at"], unique=False)
    op.create_index(
        "ix_case_dispatch_due",
        "case",
        ["dispatch_due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','nominated','reading')"),
    )
    op.create_index(
        "ix_case_open",
        "case",
        ["signed_due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','nominated','reading')"),
    )
    op.create_index(op.f("ix_case_patient_id"), "case", ["patient_id"], unique=False)
    op.create_index(op.f("ix_case_reader_id"), "case", ["reader_id"], unique=False)
    op.create_index(op.f("ix_case_site_id"), "case", ["site_id"], unique=False)
    op.create_index(
        "ix_case_step_due",
        "case",
        ["step_due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open','nominated','reading')"),
    )
    op.create_index(
        "ix_case_to_deliver",
        "case",
        ["state_at"],
        unique=False,
        postgresql_where=sa.text("state = 'signed'"),
    )
    op.create_table(
        "case_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.BigInteger(), nullable=True),
        sa.Column("state_from", sa.Text(), nullable=True),
        sa.Column("state_to", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["user.id"], name=op.f("fk_case_event_by_user_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_event_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index(op.f("ix_case_event_case_id_at"), "case_event", ["case_id", "at"], unique=False)
    op.create_index(op.f("ix_case_event_kind_at"), "case_event", ["kind", "at"], unique=False)
    op.create_table(
        "case_sla",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("signed_within_s", sa.BigInteger(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_sla_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_sla")),
    )
    op.create_index(op.f("ix_case_sla_case_id"), "case_sla", ["case_id"], unique=False)
    op.create_table(
        "case_study",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_study_case_id")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_case_study_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_study")),
        sa.UniqueConstraint("case_id", "study_id", name=op.f("uq_case_study_case_id_study_id")),
    )
    op.create_index(
        "uq_case_study_one_case",
        "case_study",
        ["study_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Remove."""
    op.drop_index(
        "uq_case_study_one_case",
        table_name="case_study",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("case_study")
    op.drop_index(op.f("ix_case_sla_case_id"), table_name="case_sla")
    op.drop_table("case_sla")
    op.drop_index(op.f("ix_case_event_kind_at"), table_name="case_event")
    op.drop_index(op.f("ix_case_event_case_id_at"), table_name="case_event")
    op.drop_table("case_event")
    op.drop_index(
        "ix_case_to_deliver", table_name="case", postgresql_where=sa.text("state = 'signed'")
    )
    op.drop_index(
        "ix_case_step_due",
        table_name="case",
        postgresql_where=sa.text("state IN ('open','nominated','reading')"),
    )
    op.drop_index(op.f("ix_case_site_id"), table_name="case")
    op.drop_index(op.f("ix_case_reader_id"), table_name="case")
    op.drop_index(op.f("ix_case_patient_id"), table_name="case")
    op.drop_index(
        "ix_case_open",
        table_name="case",
        postgresql_where=sa.text("state IN ('open','nominated','reading')"),
    )
    op.drop_index(
        "ix_case_dispatch_due",
        table_name="case",
        postgresql_where=sa.text("state IN ('open','nominated','reading')"),
    )
    op.drop_index("ix_case_first_image", table_name="case")
    op.drop_index("ix_case_created", table_name="case")
    op.drop_table("case")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")

"""Add requests, decisions and attachments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_requests"
down_revision = "0010_tasks"
branch_labels = None
depends_on = None

FUNCTIONS = ("raise_request_version()", "write_request_move()", "notify_request()")
TRIGGERS = (
    """
    CREATE TRIGGER tr_request_event_append_only BEFORE UPDATE OR DELETE ON request_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER tr_request_decision_append_only BEFORE UPDATE OR DELETE ON request_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE FUNCTION raise_request_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.version := OLD.version + 1;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER tr_request_version BEFORE UPDATE ON request
    FOR EACH ROW EXECUTE FUNCTION raise_request_version()
    """,
    """
    CREATE FUNCTION write_request_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO request_event (request_id, at, kind, by_user_id, state_from, state_to, reason)
        VALUES (NEW.id, NEW.state_at, 'moved', NEW.state_by,
                CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.state_reason);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER tr_request_made AFTER INSERT ON request
    FOR EACH ROW EXECUTE FUNCTION write_request_move()
    """,
    """
    CREATE TRIGGER tr_request_moved AFTER UPDATE ON request FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.state_at IS DISTINCT FROM NEW.state_at)
    EXECUTE FUNCTION write_request_move()
    """,
    """
    CREATE FUNCTION notify_request() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('worklist', json_build_object(
            'request', NEW.id, 'site', NEW.site_id, 'version', NEW.version)::text);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER tr_request_notify AFTER INSERT OR UPDATE ON request
    FOR EACH ROW EXECUTE FUNCTION notify_request()
    """,
)


def upgrade() -> None:
    """Add."""
    op.create_table(
        "request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="requested", nullable=False),
        sa.Column("state_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state_by", sa.BigInteger(), nullable=True),
        sa.Column("state_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), server_default="", nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), server_default="", nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), server_default="", nullable=False),
        sa.Column("accession_number", sa.Text(), server_default="", nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), server_default="", nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("exam", sa.Text(), nullable=False),
        sa.Column("allergy", sa.Text(), server_default="", nullable=False),
        sa.Column("renal_function", sa.Text(), server_default="", nullable=False),
        sa.Column("pregnancy", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("call_back_number", sa.Text(), nullable=False),
        sa.Column("patient_informed", sa.Boolean(), nullable=False),
        sa.Column("expected_count", sa.BigInteger(), nullable=True),
        sa.Column("protocol", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("images_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("images_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("open_question", sa.Text(), server_default="", nullable=False),
        sa.Column("submission_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "pregnancy IN ('yes','no','unknown','not_applicable')",
            name=op.f("ck_request_pregnancy"),
        ),
        sa.CheckConstraint("priority IN ('P1','P2','P3','P4')", name=op.f("ck_request_priority")),
        sa.CheckConstraint("sex IN ('M','F','O','')", name=op.f("ck_request_sex")),
        sa.CheckConstraint(
            "state IN ('draft','requested','validated','substituted','refused','cancelled')",
            name=op.f("ck_request_state"),
        ),
        sa.CheckConstraint("expected_count > 0", name=op.f("ck_request_expected_count")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["radiologist.id"], name=op.f("fk_request_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user.id"], name=op.f("fk_request_requested_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_request_site_id")),
        sa.ForeignKeyConstraint(["state_by"], ["user.id"], name=op.f("fk_request_state_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint(
            "requested_by", "submission_key", name=op.f("uq_request_requested_by_submission_key")
        ),
    )
    op.create_index(
        "ix_request_accession", "request", ["site_id", "accession_number"], unique=False
    )
    op.create_index("ix_request_images_due", "request", ["images_due_at"], unique=False)
    op.create_index("ix_request_patient", "request", ["site_id", "patient_id"], unique=False)
    op.create_index(
        "ix_request_standing",
        "request",
        ["requested_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('requested','validated','substituted')"),
    )
    op.create_table(
        "request_attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("added_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('application/pdf','image/jpeg','image/png')",
            name=op.f("ck_request_attachment_media_type"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["user.id"], name=op.f("fk_request_attachment_added_by")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_request_attachment_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_attachment")),
    )
    op.create_index(
        op.f("ix_request_attachment_request_id"), "request_attachment", ["request_id"], unique=False
    )
    op.create_table(
        "request_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("by_radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("protocol", sa.Text(), server_default="", nullable=False),
        sa.Column("exam", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('validated','substituted','refused','more_information')",
            name=op.f("ck_request_decision_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["by_radiologist_id"],
            ["radiologist.id"],
            name=op.f("fk_request_decision_by_radiologist_id"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_request_decision_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_decision")),
    )
    op.create_index(
        op.f("ix_request_decision_request_id"), "request_decision", ["request_id"], unique=False
    )
    op.create_table(
        "request_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.BigInteger(), nullable=True),
        sa.Column("state_from", sa.Text(), nullable=True),
        sa.Column("state_to", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user.id"], name=op.f("fk_request_event_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_request_event_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_event")),
    )
    op.create_index(
        op.f("ix_request_event_request_id_at"), "request_event", ["request_id", "at"], unique=False
    )
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Remove."""
    op.drop_index(op.f("ix_request_event_request_id_at"), table_name="request_event")
    op.drop_table("request_event")
    op.drop_index(op.f("ix_request_decision_request_id"), table_name="request_decision")
    op.drop_table("request_decision")
    op.drop_index(op.f("ix_request_attachment_request_id"), table_name="request_attachment")
    op.drop_table("request_attachment")
    op.drop_index(
        "ix_request_standing",
        table_name="request",
        postgresql_where=sa.text("state IN ('requested','validated','substituted')"),
    )
    op.drop_index("ix_request_patient", table_name="request")
    op.drop_index("ix_request_images_due", table_name="request")
    op.drop_index("ix_request_accession", table_name="request")
    op.drop_table("request")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")

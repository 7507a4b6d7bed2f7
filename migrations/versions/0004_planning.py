"""Create the tables of the guard planning."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_planning"
down_revision = "0003_cases"
branch_labels = None
depends_on = None

FUNCTIONS = ("keep_assignment()",)
TRIGGERS = (
    # Only whether an assignment is in force may change: a later revision supersedes it.
    """
    CREATE FUNCTION keep_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM planning_revision r
                   WHERE r.id = OLD.revision_id AND r.published_at IS NOT NULL)
           AND (TG_OP = 'DELETE' OR ROW(NEW.seat_id, NEW.revision_id, NEW.society_id,
                    NEW.radiologist_id, NEW.reason, NEW.period)
                IS DISTINCT FROM ROW(OLD.seat_id, OLD.revision_id, OLD.society_id,
                    OLD.radiologist_id, OLD.reason, OLD.period)) THEN
            RAISE EXCEPTION 'a published assignment is superseded, never changed'
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'tr_assignment_append_only';
        END IF;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER tr_assignment_append_only BEFORE UPDATE OR DELETE ON assignment
    FOR EACH ROW EXECUTE FUNCTION keep_assignment()
    """,
)


def upgrade() -> None:
    """Create."""
    op.create_table(
        "planning",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("period"), "&&"), using="gist", name="ex_planning_one_per_period"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning")),
        sa.UniqueConstraint("name", name=op.f("uq_planning_name")),
    )
    op.create_table(
        "segment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("days", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("zone", sa.Text(), server_default="Europe/Paris", nullable=False),
        sa.Column("seats_needed", sa.BigInteger(), nullable=False),
        sa.Column("backup_seats", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("coordinator_seats", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "cardinality(days) > 0 AND days <@ ARRAY['monday','tuesday','wednesday','thursday',"
            "'friday','saturday','sunday','holiday']",
            name=op.f("ck_segment_days"),
        ),
        sa.CheckConstraint(
            "seats_needed >= 0 AND backup_seats >= 0 AND coordinator_seats >= 0",
            name=op.f("ck_segment_seats"),
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_segment_valid_to")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
    )
    op.create_table(
        "guard",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("planning_id", sa.BigInteger(), nullable=False),
        sa.Column("segment_code", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("seats_needed", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("line IN ('first','backup')", name=op.f("ck_guard_line")),
        sa.ForeignKeyConstraint(
            ["planning_id"], ["planning.id"], name=op.f("fk_guard_planning_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard")),
        sa.UniqueConstraint(
            "planning_id",
            "segment_code",
            "line",
            "period",
            name=op.f("uq_guard_planning_id_segment_code_line_period"),
        ),
    )
    op.create_index("ix_guard_period", "guard", ["period"], unique=False, postgresql_using="gist")
    op.create_table(
        "volume",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("period", postgresql.DATERANGE(), nullable=False),
        sa.Column("exams", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("exams >= 0", name=op.f("ck_volume_exams")),
        sa.ForeignKeyConstraint(["society_id"], ["society.id"], name=op.f("fk_volume_society_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume")),
        sa.UniqueConstraint("society_id", "period", name=op.f("uq_volume_society_id_period")),
    )
    op.create_table(
        "seat",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("guard_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="reader", nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.CheckConstraint("kind IN ('reader','coordinator')", name=op.f("ck_seat_kind")),
        sa.ForeignKeyConstraint(["guard_id"], ["guard.id"], name=op.f("fk_seat_guard_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint(
            "guard_id", "kind", "ordinal", name=op.f("uq_seat_guard_id_kind_ordinal")
        ),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_absence_radiologist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_radiologist_id"), "absence", ["radiologist_id"], unique=False)
    op.create_table(
        "planning_revision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("planning_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("base_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(number IS NULL) = (published_at IS NULL)",
            name=op.f("ck_planning_revision_published_has_number"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user.id"], name=op.f("fk_planning_revision_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["planning_id"], ["planning.id"], name=op.f("fk_planning_revision_planning_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["user.id"], name=op.f("fk_planning_revision_published_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_revision")),
        sa.UniqueConstraint(
            "planning_id", "number", name=op.f("uq_planning_revision_planning_id_number")
        ),
    )
    op.create_table(
        "entitlement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("segment_code", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("volume", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.Column("seats_millionths", sa.BigInteger(), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["planning_revision.id"],
            name=op.f("fk_entitlement_revision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_entitlement_society_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement")),
        sa.UniqueConstraint(
            "revision_id",
            "society_id",
            "segment_code",
            "line",
            "kind",
            name=op.f("uq_entitlement_revision_id_society_id_segment_code_line_kind"),
        ),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("in_force", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(radiologist_id, radiologist_id, '[]')"), "&&"),
            (sa.column("period"), "&&"),
            where=sa.text("in_force AND radiologist_id IS NOT NULL"),
            deferrable=True,
            initially="DEFERRED",
            using="gist",
            name="ex_assignment_one_seat_at_a_time",
        ),
        sa.CheckConstraint(
            "reason IN ('quota','roster','edit','swap','repair','loan')",
            name=op.f("ck_assignment_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_assignment_radiologist_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["planning_revision.id"], name=op.f("fk_assignment_revision_id")
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_assignment_seat_id")),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_assignment_society_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "seat_id", "revision_id", name=op.f("uq_assignment_seat_id_revision_id")
        ),
    )
    op.create_index(
        "ix_assignment_period",
        "assignment",
        ["period"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("in_force"),
    )
    op.create_index(
        op.f("ix_assignment_radiologist_id"), "assignment", ["radiologist_id"], unique=False
    )
    op.create_index(op.f("ix_assignment_revision_id"), "assignment", ["revision_id"], unique=False)
    op.create_index(op.f("ix_assignment_seat_id"), "assignment", ["seat_id"], unique=False)
    op.create_index(
        "uq_assignment_seat_in_force",
        "assignment",
        ["seat_id"],
        unique=True,
        postgresql_where=sa.text("in_force"),
    )
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Remove."""
    op.drop_index(
        "uq_assignment_seat_in_force", table_name="assignment", postgresql_where=sa.text("in_force")
    )
    op.drop_index(op.f("ix_assignment_seat_id"), table_name="assignment")
    op.drop_index(op.f("ix_assignment_revision_id"), table_name="assignment")
    op.drop_index(op.f("ix_assignment_radiologist_id"), table_name="assignment")
    op.drop_index(
        "ix_assignment_period",
        table_name="assignment",
        postgresql_using="gist",
        postgresql_where=sa.text("in_force"),
    )
    op.drop_table("assignment")
    op.drop_table("entitlement")
    op.drop_table("planning_revision")
    op.drop_index(op.f("ix_absence_radiologist_id"), table_name="absence")
    op.drop_table("absence")
    op.drop_table("seat")
    op.drop_table("volume")
    op.drop_index("ix_guard_period", table_name="guard", postgresql_using="gist")
    op.drop_table("guard")
    op.drop_table("segment")
    op.drop_table("planning")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")

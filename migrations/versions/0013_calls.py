"""Add critical findings, calls, withdrawals and Secondary Capture."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013_calls"
down_revision = "0012_cases_of_requests"
branch_labels = None
depends_on = None

APPEND_ONLY = ("critical_finding", "call")
FORMS = "form IN ('pdf','encapsulated_pdf','sr','secondary_capture')"
OLD_FORMS = "form IN ('pdf','encapsulated_pdf','sr')"
KINDS = "kind IN ('report','addendum','withdrawal')"
OLD_KINDS = "kind IN ('report','addendum')"


def upgrade() -> None:
    """Add."""
    op.drop_constraint(op.f("ck_report_version_kind"), "report_version", type_="check")
    op.create_check_constraint(op.f("ck_report_version_kind"), "report_version", KINDS)
    op.drop_constraint(op.f("ck_document_form"), "document", type_="check")
    op.create_check_constraint(op.f("ck_document_form"), "document", FORMS)
    op.create_table(
        "call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("told_to", sa.Text(), server_default="", nullable=False),
        sa.Column("read_back", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(outcome = 'reached') = (told_to <> '')", name=op.f("ck_call_reached_somebody")
        ),
        sa.CheckConstraint(
            "NOT read_back OR outcome = 'reached'", name=op.f("ck_call_read_back_by_somebody")
        ),
        sa.CheckConstraint(
            "outcome IN ('reached','no_answer','left_message')", name=op.f("ck_call_outcome")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["user.id"], name=op.f("fk_call_by_user_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_call_case_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_call_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_case_id"), "call", ["case_id"], unique=False)
    op.create_index(op.f("ix_call_task_id"), "call", ["task_id"], unique=False)
    op.create_table(
        "critical_finding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("noted_by", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_critical_finding_case_id")),
        sa.ForeignKeyConstraint(
            ["noted_by"], ["radiologist.id"], name=op.f("fk_critical_finding_noted_by")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_critical_finding_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_finding")),
        sa.UniqueConstraint("task_id", name=op.f("uq_critical_finding_task_id")),
    )
    op.create_index(
        op.f("ix_critical_finding_case_id"), "critical_finding", ["case_id"], unique=False
    )
    op.add_column(
        "document", sa.Column("accession_number", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "document", sa.Column("issue", sa.BigInteger(), server_default="1", nullable=False)
    )
    op.add_column(
        "document", sa.Column("page", sa.BigInteger(), server_default="1", nullable=False)
    )
    op.add_column("report_version", sa.Column("dose", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(
        op.f("uq_document_report_version_id_study_id_form"), "document", type_="unique"
    )
    op.create_unique_constraint(
        "uq_document_once",
        "document",
        ["report_version_id", "study_id", "accession_number", "issue", "form", "page"],
    )
    op.create_check_constraint(op.f("ck_document_page"), "document", "page >= 1")
    op.create_check_constraint(op.f("ck_document_issue"), "document", "issue >= 1")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Remove."""
    op.drop_column("report_version", "dose")
    op.drop_constraint(op.f("ck_document_issue"), "document", type_="check")
    op.drop_constraint(op.f("ck_document_page"), "document", type_="check")
    op.drop_constraint("uq_document_once", "document", type_="unique")
    op.create_unique_constraint(
        op.f("uq_document_report_version_id_study_id_form"),
        "document",
        ["report_version_id", "study_id", "form"],
        postgresql_nulls_not_distinct=False,
    )
    op.drop_column("document", "page")
    op.drop_column("document", "issue")
    op.drop_column("document", "accession_number")
    op.drop_index(op.f("ix_critical_finding_case_id"), table_name="critical_finding")
    op.drop_table("critical_finding")
    op.drop_index(op.f("ix_call_task_id"), table_name="call")
    op.drop_index(op.f("ix_call_case_id"), table_name="call")
    op.drop_table("call")
    op.drop_constraint(op.f("ck_report_version_kind"), "report_version", type_="check")
    op.create_check_constraint(op.f("ck_report_version_kind"), "report_version", OLD_KINDS)
    op.drop_constraint(op.f("ck_document_form"), "document", type_="check")
    op.create_check_constraint(op.f("ck_document_form"), "document", OLD_FORMS)

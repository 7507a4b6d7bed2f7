"""Create the tables of reports and their documents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_reports"
down_revision = "0005_dispatch"
branch_labels = None
depends_on = None

FUNCTIONS = ("keep_signed_report()", "keep_document()")
TRIGGERS = (
    """
    CREATE TRIGGER tr_preliminary_append_only BEFORE UPDATE OR DELETE ON preliminary
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE FUNCTION keep_signed_report() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'report version % is signed: it never changes, write an addendum', OLD.id
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'tr_report_version_signed_is_immutable';
    END $$
    """,
    """
    CREATE TRIGGER tr_report_version_signed_is_immutable BEFORE UPDATE OR DELETE ON report_version
    FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION keep_signed_report()
    """,
    # A document is filled once, by the job that renders it.
    """
    CREATE FUNCTION keep_document() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'document % is rendered: it never changes', OLD.id
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'tr_document_rendered_is_immutable';
    END $$
    """,
    """
    CREATE TRIGGER tr_document_rendered_is_immutable BEFORE UPDATE ON document
    FOR EACH ROW WHEN (OLD.rendered_at IS NOT NULL) EXECUTE FUNCTION keep_document()
    """,
    """
    CREATE TRIGGER tr_document_kept BEFORE DELETE ON document
    FOR EACH ROW EXECUTE FUNCTION keep_document()
    """,
)


def upgrade() -> None:
    """Create."""
    op.create_table(
        "preliminary",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("by_radiologist_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told_to", sa.Text(), nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "means IN ('telephone','page','in_person')", name=op.f("ck_preliminary_means")
        ),
        sa.ForeignKeyConstraint(
            ["by_radiologist_id"], ["radiologist.id"], name=op.f("fk_preliminary_by_radiologist_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_preliminary_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preliminary")),
    )
    op.create_index(op.f("ix_preliminary_case_id"), "preliminary", ["case_id"], unique=False)
    op.create_table(
        "report_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("indication", sa.Text(), server_default="", nullable=False),
        sa.Column("technique", sa.Text(), server_default="", nullable=False),
        sa.Column("findings", sa.Text(), server_default="", nullable=False),
        sa.Column("conclusion", sa.Text(), server_default="", nullable=False),
        sa.Column("draft_number", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("edited_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("edited_by", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("signed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('report','addendum')", name=op.f("ck_report_version_kind")),
        sa.CheckConstraint(
            "(signed_at IS NULL) = (signed_by IS NULL)",
            name=op.f("ck_report_version_signed_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_report_version_case_id")),
        sa.ForeignKeyConstraint(
            ["edited_by"], ["user.id"], name=op.f("fk_report_version_edited_by")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by"], ["radiologist.id"], name=op.f("fk_report_version_signed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_version")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_report_version_case_id_number")),
    )
    op.create_index(
        "uq_report_version_one_draft",
        "report_version",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("signed_at IS NULL"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("report_version_id", sa.BigInteger(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("sop_class_uid", sa.Text(), nullable=True),
        sa.Column("series_instance_uid", sa.Text(), nullable=True),
        sa.Column("sop_instance_uid", sa.Text(), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("rendered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "form IN ('pdf','encapsulated_pdf','sr')", name=op.f("ck_document_form")
        ),
        sa.CheckConstraint(
            "(rendered_at IS NULL) = (path IS NULL)", name=op.f("ck_document_rendered_has_path")
        ),
        sa.ForeignKeyConstraint(
            ["report_version_id"], ["report_version.id"], name=op.f("fk_document_report_version_id")
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_document_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "report_version_id",
            "study_id",
            "form",
            name=op.f("uq_document_report_version_id_study_id_form"),
        ),
        sa.UniqueConstraint("sop_instance_uid", name=op.f("uq_document_sop_instance_uid")),
    )
    op.create_index(
        "ix_document_to_render",
        "document",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("rendered_at IS NULL"),
    )
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Remove."""
    op.drop_index(
        "ix_document_to_render",
        table_name="document",
        postgresql_where=sa.text("rendered_at IS NULL"),
    )
    op.drop_table("document")
    op.drop_index(
        "uq_report_version_one_draft",
        table_name="report_version",
        postgresql_where=sa.text("signed_at IS NULL"),
    )
    op.drop_table("report_version")
    op.drop_index(op.f("ix_preliminary_case_id"), table_name="preliminary")
    op.drop_table("preliminary")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")

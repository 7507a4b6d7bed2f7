"""Add identities, accessions, announcements and intake classes of what arrived."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009_identity_and_classes"
down_revision = "0008_directory_rules"
branch_labels = None
depends_on = None

CLASSES = "intake_class IN ('case','prior','test','out_of_contract')"
APPEND_ONLY = ("identity_choice", "announcement", "intake_rule_set")
#: What arrived before: all of it counted as images of cases, under one identity.
CARRY_OVER = (
    "UPDATE study SET image_count = instance_count",
    """
    UPDATE study SET intake_class = 'case', intake_reason = 'before there were rules'
    WHERE announced_count > 0
    """,
    """
    INSERT INTO study_identity
        (study_id, patient_id, first_seen_at, last_seen_at, instance_count, as_received)
    SELECT id, patient_id, first_image_at, last_image_at, instance_count, as_received FROM study
    """,
    """
    INSERT INTO study_accession (study_id, accession_number, first_seen_at)
    SELECT id, accession_number, first_image_at FROM study WHERE accession_number <> ''
    """,
)


def upgrade() -> None:
    """Add."""
    _add_tables()
    op.add_column("association", sa.Column("mark", sa.Text(), nullable=True))
    op.add_column(
        "association", sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_association_odd",
        "association",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("told_at IS NULL AND (outcome = 'refused' OR mark IS NOT NULL)"),
    )
    op.add_column(
        "instance",
        sa.Column("paper", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("instance", sa.Column("identity_id", sa.BigInteger(), nullable=True))
    op.add_column("instance", sa.Column("repeats_id", sa.BigInteger(), nullable=True))
    op.add_column("instance", sa.Column("repeat", sa.Text(), nullable=True))
    op.add_column(
        "instance", sa.Column("purged_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_instance_kept",
        "instance",
        ["arrived_at"],
        unique=False,
        postgresql_where=sa.text("purged_at IS NULL"),
    )
    op.create_index(
        "ix_instance_to_remove",
        "instance",
        ["id"],
        unique=False,
        postgresql_where=sa.text("purged_at IS NOT NULL AND path <> ''"),
    )
    op.create_index(op.f("ix_instance_repeats_id"), "instance", ["repeats_id"], unique=False)
    op.create_index(
        "ix_instance_to_compare",
        "instance",
        ["id"],
        unique=False,
        postgresql_where=sa.text("repeat = 'to_compare'"),
    )
    op.create_foreign_key(
        op.f("fk_instance_identity_id"), "instance", "patient", ["identity_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_instance_repeats_id"), "instance", "instance", ["repeats_id"], ["id"]
    )
    op.add_column(
        "study", sa.Column("image_count", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "study", sa.Column("paper_count", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "study",
        sa.Column("site_to_confirm", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    for column in ("site_reason", "calling_ae_title"):
        op.add_column("study", sa.Column(column, sa.Text(), server_default="", nullable=False))
    op.add_column(
        "study",
        sa.Column("unknown_calling", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "study",
        sa.Column("identity_open", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("study", sa.Column("intake_class", sa.Text(), nullable=True))
    op.add_column("study", sa.Column("intake_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("study", sa.Column("intake_by", sa.BigInteger(), nullable=True))
    op.add_column("study", sa.Column("intake_rule_set_id", sa.BigInteger(), nullable=True))
    op.add_column("study", sa.Column("expected_count", sa.BigInteger(), nullable=True))
    op.add_column("study", sa.Column("expected_by", sa.Text(), nullable=True))
    op.add_column(
        "study", sa.Column("counted_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_study_no_case",
        "study",
        ["first_image_at"],
        unique=False,
        postgresql_where=sa.text("intake_class <> 'case'"),
    )
    op.create_foreign_key(op.f("fk_study_intake_by"), "study", "user", ["intake_by"], ["id"])
    op.create_foreign_key(
        op.f("fk_study_intake_rule_set_id"),
        "study",
        "intake_rule_set",
        ["intake_rule_set_id"],
        ["id"],
    )
    op.create_check_constraint(op.f("ck_study_intake_class"), "study", CLASSES)
    for statement in CARRY_OVER:
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER tr_{table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def _add_tables() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("domain_id", sa.BigInteger(), nullable=False),
        sa.Column("study_instance_uid", sa.Text(), server_default="", nullable=False),
        sa.Column("step_uid", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("instance_count", sa.BigInteger(), nullable=True),
        sa.Column(
            "sop_instance_uids", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("is_final", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "source IN ('mpps','commitment','c_find')", name=op.f("ck_announcement_source")
        ),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.id"], name=op.f("fk_announcement_domain_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    op.create_index(
        "ix_announcement_loose",
        "announcement",
        ["sop_instance_uids"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("study_instance_uid = ''"),
    )
    op.create_index(
        op.f("ix_announcement_domain_id_step_uid"),
        "announcement",
        ["domain_id", "step_uid"],
        unique=False,
    )
    op.create_index(
        op.f("ix_announcement_domain_id_study_instance_uid_said_at"),
        "announcement",
        ["domain_id", "study_instance_uid", "said_at"],
        unique=False,
    )
    op.create_table(
        "intake_rule_set",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user.id"], name=op.f("fk_intake_rule_set_made_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_intake_rule_set_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_rule_set")),
    )
    op.create_index(
        op.f("ix_intake_rule_set_site_id_id"), "intake_rule_set", ["site_id", "id"], unique=False
    )
    op.create_table(
        "identity_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("chosen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("chosen_by", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chosen_by"], ["user.id"], name=op.f("fk_identity_choice_chosen_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_identity_choice_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_identity_choice_study_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_choice")),
    )
    op.create_index(
        op.f("ix_identity_choice_study_id"), "identity_choice", ["study_id"], unique=False
    )
    op.create_table(
        "study_accession",
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("accession_number", sa.Text(), nullable=False),
        sa.Column("first_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_accession_study_id")
        ),
        sa.PrimaryKeyConstraint("study_id", "accession_number", name=op.f("pk_study_accession")),
    )
    op.create_table(
        "study_identity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("instance_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_correction", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "as_received",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("news", sa.Text(), nullable=True),
        sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_study_identity_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_identity_study_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_identity")),
        sa.UniqueConstraint(
            "study_id", "patient_id", name=op.f("uq_study_identity_study_id_patient_id")
        ),
    )
    op.create_index(
        op.f("ix_study_identity_patient_id"), "study_identity", ["patient_id"], unique=False
    )
    op.create_index(
        "ix_study_identity_news",
        "study_identity",
        ["id"],
        unique=False,
        postgresql_where=sa.text("news IS NOT NULL AND told_at IS NULL"),
    )


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("ck_study_intake_class"), "study", type_="check")
    op.drop_constraint(op.f("fk_study_intake_rule_set_id"), "study", type_="foreignkey")
    op.drop_constraint(op.f("fk_study_intake_by"), "study", type_="foreignkey")
    op.drop_index(
        "ix_study_no_case", table_name="study", postgresql_where=sa.text("intake_class <> 'case'")
    )
    for column in (
        "counted_at",
        "expected_by",
        "expected_count",
        "intake_rule_set_id",
        "intake_by",
        "intake_reason",
        "intake_class",
        "identity_open",
        "unknown_calling",
        "calling_ae_title",
        "site_reason",
        "site_to_confirm",
        "paper_count",
        "image_count",
    ):
        op.drop_column("study", column)
    op.drop_constraint(op.f("fk_instance_repeats_id"), "instance", type_="foreignkey")
    op.drop_constraint(op.f("fk_instance_identity_id"), "instance", type_="foreignkey")
    op.drop_index(
        "ix_instance_to_compare",
        table_name="instance",
        postgresql_where=sa.text("repeat = 'to_compare'"),
    )
    op.drop_index(op.f("ix_instance_repeats_id"), table_name="instance")
    op.drop_index(
        "ix_instance_to_remove",
        table_name="instance",
        postgresql_where=sa.text("purged_at IS NOT NULL AND path <> ''"),
    )
    op.drop_index(
        "ix_instance_kept", table_name="instance", postgresql_where=sa.text("purged_at IS NULL")
    )
    for column in (
        "purged_at",
        "repeat",
        "repeats_id",
        "identity_id",
        "paper",
    ):
        op.drop_column("instance", column)
    op.drop_index(
        "ix_association_odd",
        table_name="association",
        postgresql_where=sa.text("told_at IS NULL AND (outcome = 'refused' OR mark IS NOT NULL)"),
    )
    for column in (
        "told_at",
        "mark",
    ):
        op.drop_column("association", column)
    op.drop_index(
        "ix_study_identity_news",
        table_name="study_identity",
        postgresql_where=sa.text("news IS NOT NULL AND told_at IS NULL"),
    )
    op.drop_index(op.f("ix_study_identity_patient_id"), table_name="study_identity")
    op.drop_table("study_identity")
    op.drop_table("study_accession")
    op.drop_index(op.f("ix_identity_choice_study_id"), table_name="identity_choice")
    op.drop_table("identity_choice")
    op.drop_index(op.f("ix_intake_rule_set_site_id_id"), table_name="intake_rule_set")
    op.drop_table("intake_rule_set")
    op.drop_table("announcement")

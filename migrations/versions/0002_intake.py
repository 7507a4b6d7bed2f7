"""Create the tables of what arrived by DICOM."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_intake"
down_revision = "0001_directory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create."""
    op.create_table(
        "patient",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("domain_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), server_default="", nullable=False),
        sa.Column("issuer_of_patient_id", sa.Text(), server_default="", nullable=False),
        sa.Column("patient_name", sa.Text(), server_default="", nullable=False),
        sa.Column("patient_birth_date", sa.Text(), server_default="", nullable=False),
        sa.Column("patient_sex", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.id"], name=op.f("fk_patient_domain_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint(
            "domain_id",
            "patient_id",
            "issuer_of_patient_id",
            "patient_name",
            "patient_birth_date",
            "patient_sex",
            name="uq_patient_identity",
        ),
    )
    op.create_table(
        "association",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=True),
        sa.Column("calling_ae_title", sa.Text(), nullable=False),
        sa.Column("called_ae_title", sa.Text(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("instance_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["sender.id"], name=op.f("fk_association_sender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_association")),
    )
    op.create_index(op.f("ix_association_opened_at"), "association", ["opened_at"], unique=False)
    op.create_index(op.f("ix_association_sender_id"), "association", ["sender_id"], unique=False)
    op.create_table(
        "study",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("domain_id", sa.BigInteger(), nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("called_ae_title", sa.Text(), nullable=False),
        sa.Column("modalities", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("station_name", sa.Text(), server_default="", nullable=False),
        sa.Column("institution_name", sa.Text(), server_default="", nullable=False),
        sa.Column("study_date", sa.Text(), server_default="", nullable=False),
        sa.Column("study_time", sa.Text(), server_default="", nullable=False),
        sa.Column("study_id", sa.Text(), server_default="", nullable=False),
        sa.Column("study_description", sa.Text(), server_default="", nullable=False),
        sa.Column("accession_number", sa.Text(), server_default="", nullable=False),
        sa.Column("referring_physician_name", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "as_received",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("first_image_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_image_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("series_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("instance_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("announced_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("conflict_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("complete_due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("complete_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("complete_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.id"], name=op.f("fk_study_domain_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_study_patient_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_study_sender_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_study_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint(
            "domain_id", "study_instance_uid", name=op.f("uq_study_domain_id_study_instance_uid")
        ),
    )
    op.create_index(
        "ix_study_due",
        "study",
        ["complete_due_at"],
        unique=False,
        postgresql_where=sa.text("complete_at IS NULL"),
    )
    op.create_index(
        "ix_study_news",
        "study",
        ["first_image_at"],
        unique=False,
        postgresql_where=sa.text("instance_count <> announced_count"),
    )
    op.create_index(op.f("ix_study_patient_id"), "study", ["patient_id"], unique=False)
    op.create_index(op.f("ix_study_site_id"), "study", ["site_id"], unique=False)
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("series_instance_uid", sa.Text(), nullable=False),
        sa.Column("modality", sa.Text(), server_default="", nullable=False),
        sa.Column("series_number", sa.Text(), server_default="", nullable=False),
        sa.Column("series_description", sa.Text(), server_default="", nullable=False),
        sa.Column("body_part_examined", sa.Text(), server_default="", nullable=False),
        sa.Column("station_name", sa.Text(), server_default="", nullable=False),
        sa.Column("instance_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_series_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint(
            "study_id", "series_instance_uid", name=op.f("uq_series_study_id_series_instance_uid")
        ),
    )
    op.create_table(
        "instance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("sop_class_uid", sa.Text(), nullable=False),
        sa.Column("transfer_syntax_uid", sa.Text(), nullable=False),
        sa.Column("instance_number", sa.Text(), server_default="", nullable=False),
        sa.Column("arrival_id", sa.Uuid(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("arrived_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("conflicting", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_instance_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint("arrival_id", name=op.f("uq_instance_arrival_id")),
        sa.UniqueConstraint(
            "series_id",
            "sop_instance_uid",
            "digest",
            name=op.f("uq_instance_series_id_sop_instance_uid_digest"),
        ),
    )
    op.create_index(
        op.f("ix_instance_sop_instance_uid"), "instance", ["sop_instance_uid"], unique=False
    )


def downgrade() -> None:
    """Remove."""
    op.drop_index(op.f("ix_instance_sop_instance_uid"), table_name="instance")
    op.drop_table("instance")
    op.drop_table("series")
    op.drop_index(op.f("ix_study_site_id"), table_name="study")
    op.drop_index(op.f("ix_study_patient_id"), table_name="study")
    op.drop_index(
        "ix_study_news",
        table_name="study",
        postgresql_where=sa.text("instance_count <> announced_count"),
    )
    op.drop_index(
        "ix_study_due", table_name="study", postgresql_where=sa.text("complete_at IS NULL")
    )
    op.drop_table("study")
    op.drop_index(op.f("ix_association_sender_id"), table_name="association")
    op.drop_index(op.f("ix_association_opened_at"), table_name="association")
    op.drop_table("association")
    op.drop_table("patient")

"""Let volumes be measured or imported by month, weighed, and frozen."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018_volumes"
down_revision = "0017_seats"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_table(
        "site_contract",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("counts_for", sa.Text(), nullable=False),
        sa.Column("referent_share", sa.BigInteger(), server_default="1000000", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(site_id, site_id, '[]')"), "&&"),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_site_contract_one_at_a_time",
        ),
        sa.CheckConstraint(
            "counts_for IN ('referent','common','split')", name=op.f("ck_site_contract_counts_for")
        ),
        sa.CheckConstraint(
            "referent_share BETWEEN 0 AND 1000000", name=op.f("ck_site_contract_referent_share")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_contract_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_contract")),
    )
    op.create_table(
        "exam_weight",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_exam_weight_weight")),
        sa.ForeignKeyConstraint(
            ["written_by"], ["user.id"], name=op.f("fk_exam_weight_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_weight")),
        sa.UniqueConstraint(
            "modality",
            "region",
            "valid_from",
            name=op.f("uq_exam_weight_modality_region_valid_from"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "volume_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('volumes','arrivals')", name=op.f("ck_volume_import_kind")),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["user.id"], name=op.f("fk_volume_import_imported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_import")),
    )
    op.create_table(
        "volume_snapshot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("period", postgresql.DATERANGE(), nullable=False),
        sa.Column("frozen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["frozen_by"], ["user.id"], name=op.f("fk_volume_snapshot_frozen_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_snapshot")),
    )
    op.create_table(
        "monthly_volume",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("exams", sa.BigInteger(), nullable=False),
        sa.Column("weighted", sa.BigInteger(), nullable=False),
        sa.Column("tests", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("resends", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("priors", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refusals", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("read_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("read_for_others", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source IN ('measured','imported')", name=op.f("ck_monthly_volume_source")
        ),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_monthly_volume_month")),
        sa.CheckConstraint(
            "least(exams, weighted, tests, resends, priors, refusals) >= 0",
            name=op.f("ck_monthly_volume_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["volume_import.id"], name=op.f("fk_monthly_volume_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_monthly_volume_society_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_volume")),
        sa.UniqueConstraint(
            "society_id",
            "month",
            "source",
            name=op.f("uq_monthly_volume_society_id_month_source"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "snapshot_share",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("society_id", sa.BigInteger(), nullable=False),
        sa.Column("exams", sa.BigInteger(), nullable=False),
        sa.Column("weighted", sa.BigInteger(), nullable=False),
        sa.Column("common", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tests", sa.BigInteger(), nullable=False),
        sa.Column("resends", sa.BigInteger(), nullable=False),
        sa.Column("priors", sa.BigInteger(), nullable=False),
        sa.Column("refusals", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["volume_snapshot.id"], name=op.f("fk_snapshot_share_snapshot_id")
        ),
        sa.ForeignKeyConstraint(
            ["society_id"], ["society.id"], name=op.f("fk_snapshot_share_society_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot_share")),
        sa.UniqueConstraint(
            "snapshot_id", "society_id", name=op.f("uq_snapshot_share_snapshot_id_society_id")
        ),
    )
    op.execute(
        "CREATE TRIGGER tr_snapshot_share_append_only BEFORE UPDATE OR DELETE ON snapshot_share"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Remove."""
    op.drop_table("snapshot_share")
    op.drop_table("monthly_volume")
    op.drop_table("volume_snapshot")
    op.drop_table("volume_import")
    op.drop_table("exam_weight")
    op.drop_table("site_contract")

"""Add site rules, passes, settings with history, and what sites and senders gained."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_directory_rules"
down_revision = "0007_delivery"
branch_labels = None
depends_on = None

PREFIXES = "CREATE SEQUENCE site_prefix_seq"
ACCEPTS = "unknown_calling IN ('accept','refuse')"


def upgrade() -> None:
    """Add."""
    op.execute(PREFIXES)
    op.create_table(
        "site_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("institution_name", sa.Text(), nullable=True),
        sa.Column("issuer_of_patient_id", sa.Text(), nullable=True),
        sa.Column("station_name", sa.Text(), nullable=True),
        sa.Column("calling_ae_title", sa.Text(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("domain_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.id"], name=op.f("fk_site_rule_domain_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_site_rule_sender_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_rule_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_rule")),
        sa.UniqueConstraint("sender_id", "rank", name=op.f("uq_site_rule_sender_id_rank")),
    )
    op.create_index(op.f("ix_site_rule_site_id"), "site_rule", ["site_id"], unique=False)
    op.create_table(
        "admission_pass",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sender_id", sa.BigInteger(), nullable=False),
        sa.Column("calling_ae_title", sa.Text(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=False),
        sa.Column("given_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("given_by", sa.BigInteger(), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("until > given_at", name=op.f("ck_admission_pass_until_after_given")),
        sa.ForeignKeyConstraint(["given_by"], ["user.id"], name=op.f("fk_admission_pass_given_by")),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["sender.id"], name=op.f("fk_admission_pass_sender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission_pass")),
    )
    op.create_index(
        op.f("ix_admission_pass_sender_id"), "admission_pass", ["sender_id"], unique=False
    )
    op.create_table(
        "setting_value",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("set_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["user.id"], name=op.f("fk_setting_value_set_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_setting_value_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_value")),
    )
    op.create_index(
        op.f("ix_setting_value_key_site_id_id"),
        "setting_value",
        ["key", "site_id", "id"],
        unique=False,
    )
    op.add_column(
        "sender", sa.Column("unknown_calling", sa.Text(), server_default="accept", nullable=False)
    )
    op.add_column("sender", sa.Column("centre_id", sa.BigInteger(), nullable=True))
    op.add_column("sender", sa.Column("endpoint_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_sender_centre_id"), "sender", ["centre_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_sender_endpoint_id"), "sender", "endpoint", ["endpoint_id"], ["id"]
    )
    op.create_foreign_key(op.f("fk_sender_centre_id"), "sender", "centre", ["centre_id"], ["id"])
    op.add_column("site", sa.Column("email", sa.Text(), nullable=True))
    op.add_column(
        "site",
        sa.Column(
            "prefix",
            sa.Text(),
            server_default=sa.text("('S'::text || nextval('site_prefix_seq'::regclass))"),
            nullable=False,
        ),
    )
    op.create_unique_constraint(op.f("uq_site_prefix"), "site", ["prefix"])
    op.create_check_constraint(op.f("ck_sender_unknown_calling"), "sender", ACCEPTS)
    op.execute(
        """
        CREATE TRIGGER tr_setting_value_append_only BEFORE UPDATE OR DELETE ON setting_value
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
        """
    )


def downgrade() -> None:
    """Remove."""
    op.drop_constraint(op.f("ck_sender_unknown_calling"), "sender", type_="check")
    op.drop_constraint(op.f("uq_site_prefix"), "site", type_="unique")
    op.drop_column("site", "prefix")
    op.drop_column("site", "email")
    op.drop_constraint(op.f("fk_sender_centre_id"), "sender", type_="foreignkey")
    op.drop_constraint(op.f("fk_sender_endpoint_id"), "sender", type_="foreignkey")
    op.drop_index(op.f("ix_sender_centre_id"), table_name="sender")
    op.drop_column("sender", "endpoint_id")
    op.drop_column("sender", "centre_id")
    op.drop_column("sender", "unknown_calling")
    op.drop_index(op.f("ix_setting_value_key_site_id_id"), table_name="setting_value")
    op.drop_table("setting_value")
    op.drop_index(op.f("ix_admission_pass_sender_id"), table_name="admission_pass")
    op.drop_table("admission_pass")
    op.drop_index(op.f("ix_site_rule_site_id"), table_name="site_rule")
    op.drop_table("site_rule")
    op.execute("DROP SEQUENCE site_prefix_seq")

"""Watch over claims; steps and delays of a site; with whom an opened case was."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025_claims"
down_revision = "0025_check_in"
branch_labels = None
depends_on = None

STAGES = "stage IN ('active','asked','told','aside','aside_asked','aside_told','opened')"
ASIDE_HAS_END = "(stage IN ('aside','aside_asked','aside_told')) = (paused_until IS NOT NULL)"
CHECKS = {
    "ck_claim_stage": STAGES,
    "ck_claim_standing_has_due": "(ended_at IS NULL) = (due_at IS NOT NULL)",
    "ck_claim_opened_has_ended": "(stage = 'opened') <= (ended_at IS NOT NULL)",
    "ck_claim_aside_has_end": ASIDE_HAS_END,
    "ck_claim_expected": "expected_s > 0",
}


def upgrade() -> None:
    """Add."""
    moment = postgresql.TIMESTAMP(timezone=True)
    op.add_column("claim", sa.Column("stage", sa.Text(), server_default="active", nullable=False))
    op.add_column("claim", sa.Column("last_sign_at", moment, nullable=True))
    op.add_column("claim", sa.Column("expected_s", sa.BigInteger(), nullable=True))
    for name in ("due_at", "paused_until", "late_told_at"):
        op.add_column("claim", sa.Column(name, moment, nullable=True))
    # Claims that stood before have 1.5 times a quarter of an hour from now on.
    op.execute("UPDATE claim SET last_sign_at = claimed_at, expected_s = 900")
    op.execute("UPDATE claim SET due_at = now() + interval '1350 s' WHERE ended_at IS NULL")
    op.alter_column("claim", "last_sign_at", existing_type=moment, nullable=False)
    op.alter_column("claim", "expected_s", existing_type=sa.BigInteger(), nullable=False)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(name), "claim", condition)
    op.create_index(
        "ix_claim_due",
        "claim",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("case", sa.Column("was_with_id", sa.BigInteger(), nullable=True))
    op.add_column("case", sa.Column("was_with_since", moment, nullable=True))
    op.create_foreign_key(
        op.f("fk_case_was_with_id"), "case", "radiologist", ["was_with_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_case_was_with_since"), "case", "(was_with_id IS NULL) = (was_with_since IS NULL)"
    )
    op.add_column("delivery", sa.Column("notice", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_delivery_notice"), "delivery", "notice IN ('fallback','taken')"
    )
    op.create_check_constraint(
        op.f("ck_delivery_notice_has_case"),
        "delivery",
        "(notice IS NOT NULL) <= (mail_to IS NOT NULL AND case_id IS NOT NULL)",
    )
    op.create_index(
        "uq_delivery_notice",
        "delivery",
        ["case_id", "notice", "mail_to"],
        unique=True,
        postgresql_where=sa.text("notice IS NOT NULL"),
    )
    op.add_column(
        "site",
        sa.Column(
            "escalation",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
    )


def downgrade() -> None:
    """Remove."""
    op.drop_column("site", "escalation")
    op.drop_index(
        "uq_delivery_notice", table_name="delivery", postgresql_where=sa.text("notice IS NOT NULL")
    )
    op.drop_constraint(op.f("ck_delivery_notice_has_case"), "delivery", type_="check")
    op.drop_constraint(op.f("ck_delivery_notice"), "delivery", type_="check")
    op.drop_column("delivery", "notice")
    op.drop_constraint(op.f("ck_case_was_with_since"), "case", type_="check")
    op.drop_constraint(op.f("fk_case_was_with_id"), "case", type_="foreignkey")
    op.drop_column("case", "was_with_since")
    op.drop_column("case", "was_with_id")
    op.drop_index("ix_claim_due", table_name="claim", postgresql_where=sa.text("ended_at IS NULL"))
    for name in CHECKS:
        op.drop_constraint(op.f(name), "claim", type_="check")
    for name in ("late_told_at", "paused_until", "due_at", "expected_s", "last_sign_at", "stage"):
        op.drop_column("claim", name)

"""Let a notification test a telephone, or carry an alarm: these are of no case."""

import sqlalchemy as sa
from alembic import op

revision = "0035_notifications_of_no_case"
down_revision = "0034_notice_readers"
branch_labels = None
depends_on = None

_NULLABLE = ("case_id", "nomination_id", "radiologist_id")
_CHECKS = {
    "purpose": "purpose IN ('offer','telephone_test','mass_silence')",
    "offer_is_of_a_case": (
        "(purpose = 'offer') = (case_id IS NOT NULL AND nomination_id IS NOT NULL)"
    ),
    "reader_is_named": "purpose = 'mass_silence' OR radiologist_id IS NOT NULL",
}


def upgrade() -> None:
    """Say why somebody is told; only an offer has a case."""
    op.add_column(
        "notification", sa.Column("purpose", sa.Text(), server_default="offer", nullable=False)
    )
    for name in _NULLABLE:
        op.alter_column("notification", name, nullable=True)
    for name, check in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_notification_{name}"), "notification", check)


def downgrade() -> None:
    """Forget what is of no case."""
    for name in _CHECKS:
        op.drop_constraint(op.f(f"ck_notification_{name}"), "notification", type_="check")
    op.execute(
        "DELETE FROM notification_try WHERE notification_id IN"
        " (SELECT id FROM notification WHERE purpose <> 'offer')"
    )
    op.execute("DELETE FROM notification WHERE purpose <> 'offer'")
    for name in _NULLABLE:
        op.alter_column("notification", name, nullable=False)
    op.drop_column("notification", "purpose")

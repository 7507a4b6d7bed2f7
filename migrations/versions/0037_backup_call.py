"""Let a notification call somebody of the backup line, for no case."""

from alembic import op

revision = "0037_backup_call"
down_revision = "0036_surge"
branch_labels = None
depends_on = None

_NAME = "ck_notification_purpose"
_BEFORE = "purpose IN ('offer','telephone_test','mass_silence')"
_SINCE = "purpose IN ('offer','telephone_test','mass_silence','backup_call')"


def upgrade() -> None:
    """Add a purpose."""
    op.drop_constraint(op.f(_NAME), "notification", type_="check")
    op.create_check_constraint(op.f(_NAME), "notification", _SINCE)


def downgrade() -> None:
    """Forget the calls of the backup line."""
    op.execute(
        "DELETE FROM notification_try WHERE notification_id IN"
        " (SELECT id FROM notification WHERE purpose = 'backup_call')"
    )
    op.execute("DELETE FROM notification WHERE purpose = 'backup_call'")
    op.drop_constraint(op.f(_NAME), "notification", type_="check")
    op.create_check_constraint(op.f(_NAME), "notification", _BEFORE)

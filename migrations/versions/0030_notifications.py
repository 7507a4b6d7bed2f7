"""Keep how readers are told of the cases that are offered to them, and every try."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030_notifications"
down_revision = "0029_late_claims"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)
_CHECKS = {
    "channel": "channel IN ('browser','mail','hook')",
    "state": (
        "state IN ('due','sending','sent','delivered','shown','answered','failed','given_up',"
        "'cancelled')"
    ),
    "due_has_instant": "(state = 'due') = (due_at IS NOT NULL)",
    "sending_is_claimed": (
        "(state = 'sending') = (token IS NOT NULL AND claimed_until IS NOT NULL)"
    ),
    "answered_has_answer": (
        "(state = 'answered') = (answer IS NOT NULL AND answered_at IS NOT NULL)"
    ),
    "answer": "answer IN (1,2)",
    "shown_at_some_time": "state <> 'shown' OR shown_at IS NOT NULL",
    "counts": "step >= 0 AND tries >= 0",
}


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _add_notification() -> None:
    op.create_table(
        "notification",
        _key(),
        sa.Column(
            "reference", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False
        ),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("case_id", "nomination_id", "radiologist_id", "step")
        ),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="due", nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        *(
            sa.Column(name, _INSTANT, nullable=True)
            for name in ("claimed_until", "sent_at", "delivered_at", "shown_at")
        ),
        sa.Column("answer", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", _INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_notification_{table}_id")
            )
            for table in ("case", "nomination", "radiologist")
        ),
        *(
            sa.CheckConstraint(text, name=op.f(f"ck_notification_{name}"))
            for name, text in _CHECKS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "nomination_id",
            "step",
            "channel",
            name=op.f("uq_notification_nomination_id_step_channel"),
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_notification_reference")),
    )


def _index_notification() -> None:
    for name, column, where in (
        ("due", "due_at", "state = 'due'"),
        ("claimed", "claimed_until", "state = 'sending'"),
        ("awaited", "radiologist_id", "state = 'due' AND channel = 'browser'"),
    ):
        op.create_index(
            f"ix_notification_{name}", "notification", [column], postgresql_where=sa.text(where)
        )
    op.create_index("ix_notification_case_id", "notification", ["case_id"])


def upgrade() -> None:
    """Add."""
    _add_notification()
    _index_notification()
    op.create_table(
        "notification_try",
        _key(),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)",
            name=op.f("ck_notification_try_ended_has_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_notification_try_notification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_try")),
        sa.UniqueConstraint(
            "notification_id",
            "number",
            name=op.f("uq_notification_try_notification_id_number"),
        ),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("notification_try")
    op.drop_table("notification")

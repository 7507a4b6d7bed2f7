"""Keep when more came than those on guard could read, and when that is looked at next."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036_surge"
down_revision = "0035_notifications_of_no_case"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Add."""
    op.create_table(
        "surge",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("causes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("calm_since", _INSTANT, nullable=True),
        sa.Column("called_at", _INSTANT, nullable=True),
        sa.Column("called_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(called_at IS NULL) = (called_by IS NULL)", name=op.f("ck_surge_called_by_somebody")
        ),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_surge_ends_after_start")),
        sa.ForeignKeyConstraint(["called_by"], ["user.id"], name=op.f("fk_surge_called_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surge")),
    )
    op.create_index(
        "uq_surge_standing",
        "surge",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "surge_look",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_surge_look_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surge_look")),
    )


def downgrade() -> None:
    """Remove."""
    op.drop_table("surge_look")
    op.drop_table("surge")

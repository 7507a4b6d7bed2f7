"""Add tasks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_tasks"
down_revision = "0009_identity_and_classes"
branch_labels = None
depends_on = None

TRIGGERS = (
    # A page learns of a task as it learns of a case: it fetches what it may see.
    """
    CREATE FUNCTION notify_task() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('worklist', json_build_object(
            'task', NEW.id, 'site', NEW.site_id, 'case', NEW.case_id)::text);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER tr_task_notify AFTER INSERT OR UPDATE ON task
    FOR EACH ROW EXECUTE FUNCTION notify_task()
    """,
)


def upgrade() -> None:
    """Add."""
    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("radiologist_id", sa.BigInteger(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("raised_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("repeat_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("rung_count", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (outcome IS NULL)", name=op.f("ck_task_settled_with_outcome")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_task_case_id")),
        sa.ForeignKeyConstraint(
            ["radiologist_id"], ["radiologist.id"], name=op.f("fk_task_radiologist_id")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["user.id"], name=op.f("fk_task_settled_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_task_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_case_id"), "task", ["case_id"], unique=False)
    op.create_index(op.f("ix_task_radiologist_id"), "task", ["radiologist_id"], unique=False)
    op.create_index(
        "ix_task_repeat",
        "task",
        ["repeat_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(op.f("ix_task_site_id"), "task", ["site_id"], unique=False)
    op.create_index(
        "ix_task_standing",
        "task",
        ["raised_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        "uq_task_standing",
        "task",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Remove."""
    op.drop_index(
        "uq_task_standing", table_name="task", postgresql_where=sa.text("settled_at IS NULL")
    )
    op.drop_index(
        "ix_task_standing", table_name="task", postgresql_where=sa.text("settled_at IS NULL")
    )
    op.drop_index(op.f("ix_task_site_id"), table_name="task")
    op.drop_index(
        "ix_task_repeat", table_name="task", postgresql_where=sa.text("settled_at IS NULL")
    )
    op.drop_index(op.f("ix_task_radiologist_id"), table_name="task")
    op.drop_index(op.f("ix_task_case_id"), table_name="task")
    op.drop_table("task")
    op.execute("DROP FUNCTION notify_task()")

"""Let guards stand on site or be cancelled, seats have hours of their own, drafts be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017_seats"
down_revision = "0016_calendars"
branch_labels = None
depends_on = None


KEPT = "seat_id, revision_id, society_id, radiologist_id, reason, period"


def _row(of: str, columns: str) -> str:
    return "ROW(" + ", ".join(f"{of}.{each}" for each in columns.split(", ")) + ")"


def _exclude(lane: str) -> str:
    # One person holds one seat at a time, of those at a distance and of those on site.
    return f"""
    ALTER TABLE assignment DROP CONSTRAINT ex_assignment_one_seat_at_a_time,
    ADD CONSTRAINT ex_assignment_one_seat_at_a_time EXCLUDE USING gist (
        int8range(radiologist_id, radiologist_id, '[]') WITH &&, {lane}period WITH &&)
    WHERE (in_force AND radiologist_id IS NOT NULL) DEFERRABLE INITIALLY DEFERRED
    """


def _keep_assignment(columns: str) -> str:
    return f"""
    CREATE OR REPLACE FUNCTION keep_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM planning_revision r
                   WHERE r.id = OLD.revision_id AND r.published_at IS NOT NULL)
           AND (TG_OP = 'DELETE' OR {_row("NEW", columns)}
                IS DISTINCT FROM {_row("OLD", columns)}) THEN
            RAISE EXCEPTION 'a published assignment is superseded, never changed'
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'tr_assignment_append_only';
        END IF;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END $$
    """  # noqa: S608 - names of our own columns


def upgrade() -> None:
    """Add."""
    op.create_table(
        "draft_edit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user.id"], name=op.f("fk_draft_edit_by")),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["planning_revision.id"],
            name=op.f("fk_draft_edit_revision_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_draft_edit_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_edit")),
    )
    op.create_index(op.f("ix_draft_edit_revision_id"), "draft_edit", ["revision_id"], unique=False)
    op.add_column(
        "assignment", sa.Column("lane", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "assignment",
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("guard", sa.Column("site_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "guard", sa.Column("points", sa.BigInteger(), server_default="1000", nullable=False)
    )
    op.add_column(
        "guard",
        sa.Column("skills", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column(
        "guard", sa.Column("least_societies", sa.BigInteger(), server_default="1", nullable=False)
    )
    op.add_column(
        "guard", sa.Column("cancelled_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column("guard", sa.Column("cancelled_by", sa.BigInteger(), nullable=True))
    op.add_column(
        "guard", sa.Column("cancelled_reason", sa.Text(), server_default="", nullable=False)
    )
    op.drop_constraint(
        op.f("uq_guard_planning_id_segment_code_line_period"), "guard", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_guard_planning_id_segment_code_line_site_id_period"),
        "guard",
        ["planning_id", "segment_code", "line", "site_id", "period"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_foreign_key(op.f("fk_guard_cancelled_by"), "guard", "user", ["cancelled_by"], ["id"])
    op.create_foreign_key(op.f("fk_guard_site_id"), "guard", "site", ["site_id"], ["id"])
    op.add_column(
        "planning_revision", sa.Column("kind", sa.Text(), server_default="draft", nullable=False)
    )
    op.add_column(
        "planning_revision", sa.Column("name", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "planning_revision",
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "seat", sa.Column("opened", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "seat",
        sa.Column("skills", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column("seat", sa.Column("added_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("seat", sa.Column("added_by", sa.BigInteger(), nullable=True))
    op.add_column(
        "seat", sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.create_foreign_key(op.f("fk_seat_added_by"), "seat", "user", ["added_by"], ["id"])
    op.create_check_constraint(
        op.f("ck_planning_revision_kind"),
        "planning_revision",
        "kind IN ('draft','edit','swap','repair','import')",
    )
    op.drop_constraint(op.f("ck_guard_line"), "guard", type_="check")
    op.create_check_constraint(
        op.f("ck_guard_line"), "guard", "line IN ('first','backup','on_site')"
    )
    op.create_check_constraint(
        op.f("ck_guard_site"), "guard", "(line = 'on_site') = (site_id IS NOT NULL)"
    )
    op.execute(_exclude("int8range(lane, lane, '[]') WITH &&, "))
    op.execute(_keep_assignment(f"{KEPT}, lane, locked"))


def downgrade() -> None:
    """Remove."""
    op.execute(_exclude(""))
    op.drop_constraint(op.f("ck_guard_site"), "guard", type_="check")
    op.drop_constraint(op.f("ck_guard_line"), "guard", type_="check")
    op.create_check_constraint(op.f("ck_guard_line"), "guard", "line IN ('first','backup')")
    op.drop_constraint(op.f("ck_planning_revision_kind"), "planning_revision", type_="check")
    op.execute(_keep_assignment(KEPT))
    op.drop_constraint(op.f("fk_seat_added_by"), "seat", type_="foreignkey")
    op.drop_column("seat", "closed_at")
    op.drop_column("seat", "added_by")
    op.drop_column("seat", "added_at")
    op.drop_column("seat", "skills")
    op.drop_column("seat", "opened")
    op.drop_column("planning_revision", "version")
    op.drop_column("planning_revision", "name")
    op.drop_column("planning_revision", "kind")
    op.drop_constraint(op.f("fk_guard_site_id"), "guard", type_="foreignkey")
    op.drop_constraint(op.f("fk_guard_cancelled_by"), "guard", type_="foreignkey")
    op.drop_constraint(
        op.f("uq_guard_planning_id_segment_code_line_site_id_period"), "guard", type_="unique"
    )
    op.create_unique_constraint(
        op.f("uq_guard_planning_id_segment_code_line_period"),
        "guard",
        ["planning_id", "segment_code", "line", "period"],
        postgresql_nulls_not_distinct=False,
    )
    op.drop_column("guard", "cancelled_reason")
    op.drop_column("guard", "cancelled_by")
    op.drop_column("guard", "cancelled_at")
    op.drop_column("guard", "least_societies")
    op.drop_column("guard", "skills")
    op.drop_column("guard", "points")
    op.drop_column("guard", "site_id")
    op.drop_column("assignment", "locked")
    op.drop_column("assignment", "lane")
    op.drop_index(op.f("ix_draft_edit_revision_id"), table_name="draft_edit")
    op.drop_table("draft_edit")

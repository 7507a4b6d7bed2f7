"""Let no two authorisations of a radiologist hold on one date, and know of what kind they are."""

from alembic import op

revision = "0023_authorisations"
down_revision = "0022_runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    op.create_check_constraint(
        op.f("ck_authorisation_kind"), "authorisation", "kind IN ('outside','hospital')"
    )
    op.execute(
        "ALTER TABLE authorisation ADD CONSTRAINT ex_authorisation_one_at_a_time EXCLUDE USING gist"
        " (int8range(radiologist_id, radiologist_id, '[]') WITH &&, valid WITH &&)"
    )


def downgrade() -> None:
    """Remove."""
    op.execute("ALTER TABLE authorisation DROP CONSTRAINT ex_authorisation_one_at_a_time")
    op.drop_constraint(op.f("ck_authorisation_kind"), "authorisation", type_="check")

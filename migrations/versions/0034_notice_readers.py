"""Name in the notice of a case those who are asked to read it: their pages look first."""

from alembic import op

revision = "0034_notice_readers"
down_revision = "0033_transfers"
branch_labels = None
depends_on = None

_BODY = """
CREATE OR REPLACE FUNCTION notify_worklist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('worklist', json_build_object(
        'case', NEW.id, 'site', NEW.site_id, 'version', NEW.version{more})::text);
    RETURN NULL;
END $$
"""
_READERS = """, 'readers', (
            SELECT coalesce(json_agg(who), '[]'::json) FROM (
                SELECT radiologist_id AS who FROM nomination
                WHERE case_id = NEW.id AND ended_at IS NULL
                UNION SELECT NEW.reader_id WHERE NEW.reader_id IS NOT NULL) AS readers)"""


def upgrade() -> None:
    """Name them."""
    op.execute(_BODY.format(more=_READERS))


def downgrade() -> None:
    """Name nobody."""
    op.execute(_BODY.format(more=""))

"""A platform whose decisions take long, as on a machine that has too much to do."""

SLOW_DECISIONS = """
CREATE TABLE decided_in (transaction_id xid8);
CREATE FUNCTION decide_slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO decided_in VALUES (pg_current_xact_id());
    PERFORM pg_sleep(0.4);
    RETURN NULL;
END $$;
CREATE TRIGGER decide_slowly AFTER INSERT ON decision FOR EACH ROW EXECUTE FUNCTION decide_slowly();
"""
"""Each takes 0.4 s, and `decided_in` has the transaction that wrote it."""

"""The settings of an embedded server."""

from app.db.embedded.settings import write_settings


def test_a_server_that_lasts_counts_its_rows_every_few_seconds() -> None:
    settings = dict(write_settings(5432, durable=True, major=15))

    assert settings["autovacuum_naptime"] == "5s"
    assert settings["fsync"] == "on"


def test_a_server_of_tests_keeps_its_templates_free_of_workers() -> None:
    settings = dict(write_settings(5432, durable=False, major=15))

    assert settings["autovacuum"] == "off"
    assert settings["fsync"] == "off"

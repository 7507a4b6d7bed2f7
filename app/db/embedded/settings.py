"""The settings of an embedded server, given on its command line so that they are always ours."""

import os
from collections.abc import Iterator


def write_settings(port: int, *, durable: bool, major: int) -> Iterator[tuple[str, str]]:
    """Give the names and values; a server that is not durable is only for tests."""
    yield from {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        # A socket's path holds 107 bytes: a data folder may be longer. Loopback has no such limit.
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "TimeZone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "off",
        # Statements and row values may hold patients' names.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "max_wal_senders": "0",
    }.items()
    if major >= _SCRAM_ITERATIONS_SINCE:
        # The password is 256 random bits: stretching it would only slow down each connection.
        yield "scram_iterations", "1"
    durability = "on" if durable else "off"
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        yield name, durability
    if durable:
        # A night that begins on an empty database fills it within minutes. With the statistics of
        # the minute before, statements are planned for tables of a few rows: fifty times slower.
        yield "autovacuum_naptime", "5s"
    else:
        # Its workers would hold a template while a test's database is copied from it.
        yield "autovacuum", "off"
        yield "max_wal_size", "4GB"


_SCRAM_ITERATIONS_SINCE = 16


def environ() -> dict[str, str]:
    """Give the environment for PostgreSQL's programs: nothing of another server's in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}

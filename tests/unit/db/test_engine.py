import pytest

from app.db.engine import parse_url, write_conninfo
from app.kit.errors import Invalid


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:p@h:5432/d",
        "postgres://u:p@h:5432/d",
        "postgresql+psycopg://u:p@h:5432/d",
        "postgresql+asyncpg://u:p@h:5432/d",
    ],
)
def test_every_way_to_write_an_address_reaches_psycopg(text: str) -> None:
    assert parse_url(text).drivername == "postgresql+psycopg"
    assert write_conninfo(text) == "postgresql://u:p@h:5432/d"


@pytest.mark.parametrize("text", ["sqlite:///secret.db", "h:5432 secret", ""])
def test_what_is_no_postgresql_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Invalid, match="postgresql://user:password@host") as refusal:
        parse_url(text)

    assert "secret" not in refusal.value.message

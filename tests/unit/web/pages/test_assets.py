"""The name of what pages are made of."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.web.pages import assets


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Give what names the pages made of a folder of templates."""
    monkeypatch.setattr(assets, "STATIC", tmp_path / "static")
    monkeypatch.setattr(assets, "_PARTS", (tmp_path / "templates/[!.]*.html",))
    (tmp_path / "templates/case").mkdir(parents=True)
    (tmp_path / "templates/base.html").write_text("<main>")
    (tmp_path / "templates/case/page.html").write_text("<table>")
    return assets.name_pages.__wrapped__


def test_the_same_pages_have_the_same_name(name: Callable[[], str]) -> None:
    assert name() == name()


@pytest.mark.parametrize("changed", ["base.html", "case/page.html", "case/new.html"])
def test_pages_with_another_part_have_another_name(
    tmp_path: Path, name: Callable[[], str], changed: str
) -> None:
    before = name()
    (tmp_path / "templates" / changed).write_text("<p>")

    assert name() != before


def test_a_part_that_moves_changes_the_name(tmp_path: Path, name: Callable[[], str]) -> None:
    before = name()
    (tmp_path / "templates/case/page.html").rename(tmp_path / "templates/case/other.html")

    assert name() != before


def test_what_an_editor_leaves_beside_them_changes_nothing(
    tmp_path: Path, name: Callable[[], str]
) -> None:
    before = name()
    (tmp_path / "templates/.#base.html").symlink_to("nowhere")
    (tmp_path / "templates/base.html.swp").write_text("x")
    (tmp_path / "templates/a.folder").mkdir()

    assert name() == before

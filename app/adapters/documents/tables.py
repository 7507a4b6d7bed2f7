"""Tables of texts as a PDF, set by typst from a template of ours."""

import json
from datetime import UTC
from pathlib import Path

import typst

from app.adapters.documents.charset import clean_line
from app.planning.domain.printed import PrintedPage, PrintedTable

_TEMPLATE = Path(__file__).with_name("tables.typ")


class TypstTablePrinter:
    """Prints tables by typst."""

    def print_page(self, page: PrintedPage) -> bytes:
        """Make a PDF: A4, the fonts that typst carries, the page's own clock."""
        return typst.compile(
            _TEMPLATE,
            root=_TEMPLATE.parent,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"page": json.dumps(_describe(page))},
            timestamp=int(page.made_at.timestamp()),
        )


def _describe(page: PrintedPage) -> dict[str, object]:
    return {
        "title": clean_line(page.title),
        "subtitle": clean_line(page.subtitle),
        "language": page.language,
        "created": list(page.made_at.astimezone(UTC).timetuple()[:6]),
        "made": clean_line(page.made),
        "sentences": [clean_line(each) for each in page.sentences],
        "tables": [_describe_table(each) for each in page.tables],
    }


def _describe_table(table: PrintedTable) -> dict[str, object]:
    return {
        "title": clean_line(table.title),
        "header": [clean_line(each) for each in table.header],
        "rows": [[clean_line(cell) for cell in row] for row in table.rows],
        "note": clean_line(table.note),
    }

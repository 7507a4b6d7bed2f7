"""What came with a request stands at the end of the report; what cannot be shown stops nothing."""

import random
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import typst
from PIL import Image

from app.adapters.documents import appendix
from app.adapters.documents.appendix import MOST_PAGES, Leaf, lay_out_attachments
from app.adapters.documents.renderer import TypstDicomRenderer
from app.reports.domain.document import AttachedFile, ReportDocument
from tests.factories.reports import make_document, make_uids, make_withdrawal

PICTURED = replace(make_uids(), pages_series_instance_uid="2.25.8", pages_sop_instance_uid="2.25.9")
NOT_SHOWN = "Cette pièce jointe n'a pas pu être affichée."


def make_pdf(pages: int = 1) -> bytes:
    source = "#pagebreak()\n".join(f"Feuille {number}\n" for number in range(1, pages + 1))
    written = typst.compile(source.encode(), format="pdf", ignore_system_fonts=True)
    assert isinstance(written, bytes)
    return written


def make_picture(form: str) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (400, 300), "navy").save(buffer, form)
    return buffer.getvalue()


def attach(content: bytes | None, media_type: str = "application/pdf") -> ReportDocument:
    file = AttachedFile("bon.pdf", media_type, "attachments/1", b"d", content)
    return make_document(attachments=(file,))


def lay_out(document: ReportDocument, folder: Path) -> list[Leaf]:
    return lay_out_attachments(document, folder=folder)


def test_each_page_of_a_pdf_is_a_sheet(tmp_path: Path) -> None:
    leaves = lay_out(attach(make_pdf(3)), tmp_path)

    assert [(leaf.picture, leaf.note) for leaf in leaves] == [
        ("attachment-1/1.png", ""),
        ("attachment-1/2.png", ""),
        ("attachment-1/3.png", ""),
    ]
    assert {leaf.title for leaf in leaves} == {"Pièce jointe · bon.pdf"}


def test_a_long_pdf_is_cut_and_says_so(tmp_path: Path) -> None:
    leaves = lay_out(attach(make_pdf(MOST_PAGES + 3)), tmp_path)

    assert len(leaves) == MOST_PAGES + 1
    assert all(leaf.picture and not leaf.note for leaf in leaves[:-1])
    assert leaves[-1].note == "La suite de cette pièce jointe n'est pas reproduite ici."


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_picture_is_a_sheet(form: str, media_type: str, tmp_path: Path) -> None:
    (leaf,) = lay_out(attach(make_picture(form), media_type), tmp_path)

    assert (leaf.note, leaf.picture) == ("", "attachment-1/1.png")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (None, "application/pdf"),
        (b"", "application/pdf"),
        (b"%PDF-1.7 nothing of the kind", "application/pdf"),
        (make_pdf()[:400], "application/pdf"),
        (make_picture("PNG")[:100], "image/png"),
        (make_picture("PNG"), "application/pdf"),
        (b"GIF89a", "image/gif"),
        (b"\xff\xd8\xff garbage", "image/jpeg"),
    ],
)
def test_what_cannot_be_shown_is_named_and_the_report_goes_on(
    content: bytes | None, media_type: str, tmp_path: Path
) -> None:
    document = attach(content, media_type)

    (leaf,) = lay_out(document, tmp_path)
    rendered = TypstDicomRenderer().render(document)

    assert (leaf.title, leaf.note, leaf.picture) == ("Pièce jointe · bon.pdf", NOT_SHOWN, "")
    assert rendered.pdf.startswith(b"%PDF-")


def damage(whole: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(whole)
    for _ in range(chance.randint(1, 80)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def test_no_damage_to_a_file_stops_the_report() -> None:
    whole, chance = make_pdf(2), random.Random(20261122)
    files = tuple(
        AttachedFile("x.pdf", "application/pdf", "a", b"d", damage(whole, chance))
        for _ in range(12)
    )

    rendered = TypstDicomRenderer().render(make_document(attachments=files, uids=PICTURED))

    assert len(rendered.pages) > len(files)


def test_a_program_that_dies_half_way_leaves_what_it_drew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "dying.py"
    dying.write_text(
        "import os, pathlib, shutil, sys\n"
        "shutil.copy(sys.argv[1], pathlib.Path(sys.argv[2]) / '1.png')\n"
        "os.abort()\n"
    )
    monkeypatch.setattr(appendix, "_PROGRAM", dying)

    shown, cut = lay_out(attach(make_picture("PNG")), tmp_path)

    assert (shown.picture, shown.note) == ("attachment-1/1.png", "")
    assert cut.note == "La suite de cette pièce jointe n'est pas reproduite ici."


def test_a_program_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "hanging.py"
    hanging.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(appendix, "_PROGRAM", hanging)
    monkeypatch.setattr(appendix, "_PATIENCE_S", 0.2)

    (leaf,) = lay_out(attach(make_pdf()), tmp_path)

    assert leaf.note == NOT_SHOWN


def test_the_pages_of_an_attachment_are_pages_of_the_report() -> None:
    rendered = TypstDicomRenderer().render(replace(attach(make_pdf(2)), uids=PICTURED))

    assert len(rendered.pages) == 3


def test_the_same_attachments_give_the_same_bytes() -> None:
    document = attach(make_pdf(2))

    assert TypstDicomRenderer().render(document) == TypstDicomRenderer().render(document)


def test_a_name_is_never_a_path_nor_markup(tmp_path: Path) -> None:
    file = AttachedFile("../../etc/#passwd.pdf", "application/pdf", "a", b"d", make_pdf())

    (leaf,) = lay_out(make_document(attachments=(file,)), tmp_path)

    assert leaf.picture == "attachment-1/1.png"
    assert [path.name for path in tmp_path.iterdir()] == ["attachment-1"]
    assert TypstDicomRenderer().render(make_document(attachments=(file,))).pdf


def test_a_withdrawal_repeats_no_attachment() -> None:
    withdrawal = make_withdrawal(attach(make_pdf(4)), reason="Erreur.")

    rendered = TypstDicomRenderer().render(replace(withdrawal, uids=PICTURED))

    assert len(rendered.pages) == 1

"""Files as hospitals attach them, good and bad."""

import io
import zlib

from PIL import Image


def make_picture(*, form: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """Make a picture with something on it."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    target = io.BytesIO()
    image.save(target, form)
    return target.getvalue()


def make_pdf(*, catalog: bytes = b"", trailer: bytes = b"", objects: bytes = b"") -> bytes:
    """Make a PDF of one empty page.

    Parameters
    ----------
    catalog, trailer
        More entries of these dictionaries.
    objects
        More objects.
    """
    body = b"%PDF-1.7\n"
    places = []
    for number, text in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
        ),
        start=1,
    ):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    body += objects
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(body)
    return (
        body
        + b"xref\n0 4\n0000000000 65535 f \n"
        + table
        + b"trailer\n<</Size 4/Root 1 0 R"
        + trailer
        + b">>\nstartxref\n%d\n%%%%EOF\n" % start
    )


def pack_objects(objects: bytes) -> bytes:
    """Write an object stream that holds objects, compressed."""
    packed = zlib.compress(objects)
    head = b"9 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n"
    return head % len(packed) + packed + b"\nendstream\nendobj\n"

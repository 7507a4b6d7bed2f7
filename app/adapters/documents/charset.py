"""Which character set a document is written in, and text that any of them can carry."""

import re

from pydicom.charset import python_encoding

UNICODE = "ISO_IR 192"
_WESTERN = "ISO_IR 100"
_DEFAULT = frozenset({"", "ISO_IR 6"})
"""The default repertoire is ASCII (PS3.5 §6.1.2.1); pydicom reads it leniently, as Latin 1."""
_SINGLE_BYTE = frozenset(
    name for name in python_encoding if name.startswith("ISO_IR ") and name != "ISO_IR 13"
)
# PS3.5 §6.1.3: of the control characters only TAB, LF, FF, CR (and ESC) have a place in a text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BREAK = re.compile(r"\r\n|[\n\r\x0c\u2028\u2029]")


def choose_character_set(received: str, *, texts: list[str]) -> str:
    """Take the sender's character set when it can carry every text, else the narrowest that can.

    A receiver that cannot read Unicode still reads what it sent itself. Sets with escape sequences
    are not written.
    """
    for name in (received.strip(), _WESTERN):
        if (name in _SINGLE_BYTE or not name) and all(_fits(text, name=name) for text in texts):
            return name
    return UNICODE


def _fits(text: str, *, name: str) -> bool:
    try:
        text.encode("ascii" if name in _DEFAULT else python_encoding[name])
    except UnicodeEncodeError:
        return False
    return True


def clean_line(text: str) -> str:
    r"""Make a text fit for a one-line element: no control character, no `\`, no half a surrogate.

    `\` would make two values out of one (PS3.5 §6.2), so that it becomes `/`.
    """
    flat = _CONTROL.sub("", _BREAK.sub(" ", text)).replace("\t", " ").replace("\\", "/")
    return _SURROGATE.sub("\ufffd", flat).strip()


def clean_text(text: str) -> str:
    """Make a text fit for a text of many lines, whose breaks are CR LF."""
    lines = (_CONTROL.sub("", line).rstrip() for line in _BREAK.split(text.replace("\t", "    ")))
    return _SURROGATE.sub("\ufffd", "\r\n".join(lines)).strip()

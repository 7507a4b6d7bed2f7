"""Read text as received: every byte string becomes text, whatever it declares.

Devices declare one character set and send another, mix ISO 2022 sets, or declare nothing. A study
is never refused for that; its text is shown as best we can.
"""

import re
from functools import lru_cache

_ESCAPE = re.compile(rb"(\x1b[\x20-\x2f]+[\x30-\x7e])")
_CONTROLS = {code: None for code in (*range(0x20), 0x7F) if chr(code) not in "\n\t"}
_LONGEST_REMEMBERED = 256
_LATIN = frozenset(
    {"latin_1", "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_9", "iso8859_15", "ascii"}
)

# PS3.3 §C.12.1.1.2, by the number in the defined term.
_CODECS = {
    "6": "ascii",
    "100": "latin_1",
    "101": "iso8859_2",
    "109": "iso8859_3",
    "110": "iso8859_4",
    "144": "iso8859_5",
    "127": "iso8859_6",
    "126": "iso8859_7",
    "138": "iso8859_8",
    "148": "iso8859_9",
    "203": "iso8859_15",
    "13": "shift_jis",
    "166": "tis_620",
    "192": "utf_8",
    "87": "iso2022_jp",
    "159": "iso2022_jp_2",
    "149": "euc_kr",
    "58": "gb2312",
}
_NAMED = {"GB18030": "gb18030", "GBK": "gbk", "UTF-8": "utf_8", "UTF8": "utf_8"}

# PS3.3 tables C.12-3 and C.12-4: what an escape sequence calls, and whether Python's codec wants
# to see the escape itself.
_ESCAPES = {
    b"\x1b(B": ("ascii", False),
    b"\x1b-A": ("latin_1", False),
    b"\x1b-B": ("iso8859_2", False),
    b"\x1b-C": ("iso8859_3", False),
    b"\x1b-D": ("iso8859_4", False),
    b"\x1b-L": ("iso8859_5", False),
    b"\x1b-G": ("iso8859_6", False),
    b"\x1b-F": ("iso8859_7", False),
    b"\x1b-H": ("iso8859_8", False),
    b"\x1b-M": ("iso8859_9", False),
    b"\x1b-b": ("iso8859_15", False),
    b"\x1b-T": ("tis_620", False),
    b"\x1b(J": ("shift_jis", False),
    b"\x1b)I": ("shift_jis", False),
    b"\x1b$B": ("iso2022_jp", True),
    b"\x1b$(D": ("iso2022_jp_2", True),
    b"\x1b$)C": ("euc_kr", False),
    b"\x1b$)A": ("gb2312", False),
}


def decode_text(raw: bytes, *, character_sets: tuple[str, ...] = ()) -> str:
    """Decode one raw value.

    Parameters
    ----------
    raw
        The value as received, padding included.
    character_sets
        The values of Specific Character Set, in order; the first is in force at the start.

    Returns
    -------
    str
        Without padding and control characters. Bytes that do not fit the declared set are read as
        UTF-8, else as Windows-1252, else as ISO 8859-1, which has a character for every byte.

    References
    ----------
    PS3.3 §C.12.1.1.2; PS3.5 §6.1.
    """
    # The images of a study say the same again and again.
    decode = _decode_remembered if len(raw) <= _LONGEST_REMEMBERED else _decode
    return decode(raw, character_sets)


def _decode(raw: bytes, character_sets: tuple[str, ...]) -> str:
    first = codec_of(character_sets[0]) if character_sets else "ascii"
    pieces = _ESCAPE.split(raw)
    text = _decode_piece(pieces[0], first)
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        codec, wants_escape = _ESCAPES.get(escape, (first, False))
        text += _decode_piece(escape + piece if wants_escape else piece, codec)
    return text.translate(_CONTROLS).strip()


_decode_remembered = lru_cache(maxsize=4096)(_decode)


def codec_of(character_set: str) -> str:
    """Name Python's codec for a value of Specific Character Set; "ascii" when it says nothing."""
    term = character_set.strip().upper()
    if term in _NAMED:
        return _NAMED[term]
    number = re.search(r"(\d+)$", term)
    if number is None:
        return "ascii"
    if "8859" in term:
        return f"iso8859_{number[1]}" if number[1] != "1" else "latin_1"
    return _CODECS.get(number[1], "ascii")


def _decode_piece(raw: bytes, codec: str) -> str:
    if raw.isascii() and not codec.startswith("iso2022"):
        return raw.decode("ascii")
    # UTF-8 under a wrong declaration is common, and text of another Latin set is almost never
    # valid UTF-8 by accident.
    attempts = ("utf_8", codec) if codec in _LATIN else (codec, "utf_8")
    for attempt in (*attempts, "cp1252"):
        try:
            return raw.decode(attempt)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin_1")

"""The streams of the screen's pages: every byte counts, however the network cuts them."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks._screen_streams import Ears, Heard, Stream, hear

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
NOT_FOR_ME = '<tr id="case-2" data-for-me="no"><a class="open" href="/">Mesurer 000002</a></tr>'


def write_row(number: int) -> str:
    link = f'<a id="open-{number}" class="open" href="/cases/{number}">Mesurer {number:06}</a>'
    return f'<tr id="case-{number}" class="row nominee" data-for-me="yes">{link}</tr>'


def write_rows(*rows: str) -> bytes:
    said = {"at": "now", "rows": dict(enumerate(rows)) | {"9": None}}
    return f"event: rows\ndata: {json.dumps(said)}\n\n".encode()


def write_chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


STREAM = b"".join(
    map(
        write_chunk,
        (
            b": open\nretry: 1000\n\n",
            write_rows(write_row(1), NOT_FOR_ME),
            b"event: tasks\ndata: 5\n\n" + write_rows(write_row(3), write_row(4)),
            b"event: worklist\ndata: 6\n\n",
        ),
    )
)


class Page:
    """What a stream has told its page."""

    def __init__(self) -> None:
        self.own: set[str] = set()
        self.looks = self.opened = 0
        ears = Ears(on_open=self.open, on_heard=self.take, on_lost=lambda _: None)
        self.stream = Stream("/", headers={}, ears=ears)

    def open(self) -> None:
        self.opened += 1

    def take(self, heard: Heard) -> None:
        self.own |= heard.own
        self.looks += heard.asks_to_look


@given(cuts=st.lists(st.integers(0, len(HEAD + STREAM)), max_size=12))
def test_rows_for_who_looks_are_found_however_the_stream_is_cut(cuts: list[int]) -> None:
    page, sent = Page(), HEAD + STREAM
    edges = [0, *sorted(cuts), len(sent)]

    for begin, end in pairwise(edges):
        page.stream.data_received(sent[begin:end])

    assert (page.opened, page.own, page.looks) == (1, {"000001", "000003", "000004"}, 1)


def test_a_page_that_is_refused_says_so() -> None:
    with pytest.raises(ConnectionError, match="503 Service Unavailable"):
        Page().stream.data_received(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")


def test_half_an_event_and_the_end_of_a_stream_are_no_events() -> None:
    for content in (b"event: rows\ndata: {", b""):
        with pytest.raises(ValueError, match="half an event"):
            hear(write_chunk(content))

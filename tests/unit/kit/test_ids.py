"""Identifiers that we draw."""

import re

from app.kit.ids import draw_arrival_id, draw_token, draw_uid


def test_a_uid_is_a_dicom_uid() -> None:
    uid = draw_uid()

    # PS3.5 §9.1: at most 64 characters, no component with a leading zero.
    assert len(uid) <= 64
    assert re.fullmatch(r"2\.25\.(0|[1-9]\d*)", uid)


def test_arrival_ids_are_version_7_and_sort_by_time() -> None:
    drawn = [draw_arrival_id() for _ in range(50)]

    assert all(each.version == 7 for each in drawn)
    assert len(set(drawn)) == 50
    milliseconds = [each.int >> 80 for each in drawn]
    assert milliseconds == sorted(milliseconds)


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {draw_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(len(token) >= 43 for token in tokens)

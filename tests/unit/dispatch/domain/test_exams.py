"""Of what kind an exam is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.exams import ExamKind, Region, find_kind


@pytest.mark.parametrize(
    ("parts", "region"),
    [
        (["HEAD"], Region.HEAD),
        (["brain ", ""], Region.HEAD),
        (["ABDOMEN", "PELVIS"], Region.ABDOMEN),
        (["CHEST", "ABDOMEN"], Region.ABDOMEN),
        (["HEAD", "CHEST", "PELVIS"], Region.WHOLE_BODY),
        (["WHOLEBODY"], Region.WHOLE_BODY),
        (["LSPINE"], Region.SPINE),
        (["WRIST"], Region.LIMB),
        (["SOMETHING"], Region.OTHER),
        ([], Region.OTHER),
    ],
)
def test_the_region_is_what_the_series_say(parts: list[str], region: Region) -> None:
    assert find_kind(["CT"], body_parts=parts) == ExamKind("CT", region)


@pytest.mark.parametrize(
    ("description", "region"),
    [
        ("Scanner cérébral", Region.HEAD),
        ("TDM CRANE SANS INJECTION", Region.HEAD),
        ("TDM thoraco-abdomino-pelvien", Region.ABDOMEN),
        ("CT abdomen pelvis", Region.ABDOMEN),
        ("Angioscanner des TSA", Region.NECK),
        ("Rachis lombaire", Region.SPINE),
        ("Radio du poignet gauche", Region.LIMB),
        ("Body scan polytraumatisé", Region.WHOLE_BODY),
        ("Scanner corps entier", Region.WHOLE_BODY),
        ("Doppler couleur", Region.OTHER),
        ("", Region.OTHER),
    ],
)
def test_without_a_known_body_part_the_description_counts(description: str, region: Region) -> None:
    assert find_kind(["CT"], body_parts=["UNKNOWN"], description=description).region is region


def test_the_series_are_believed_before_the_description() -> None:
    assert find_kind(["CT"], body_parts=["CHEST"], description="crâne").region is Region.CHEST


@pytest.mark.parametrize(
    ("modalities", "modality"),
    [
        (["SR", "CT"], "CT"),
        (["MR", "CT"], "CT"),
        (["CR", "US"], "US"),
        (["ZZ", "OT"], "OT"),
        ([" ct "], "CT"),
        ([""], ""),
        ([], ""),
    ],
)
def test_of_several_modalities_the_one_that_takes_longest_counts(
    modalities: list[str], modality: str
) -> None:
    assert find_kind(modalities, body_parts=[]).modality == modality


@given(st.lists(st.text(max_size=12), max_size=6), st.lists(st.text(max_size=12)), st.text())
def test_whatever_is_sent_has_a_kind_and_the_order_does_not_count(
    modalities: list[str], parts: list[str], description: str
) -> None:
    kind = find_kind(modalities, body_parts=parts, description=description)

    assert kind == find_kind(modalities[::-1], body_parts=parts[::-1], description=description)

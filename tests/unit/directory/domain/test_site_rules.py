from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain import InvalidField
from app.directory.domain.criteria import RuleWithoutCriterion
from app.directory.domain.site_rules import (
    CRITERIA,
    Place,
    SiteHeader,
    SiteRule,
    check_site_criteria,
    find_site,
    fold,
    matches,
)

DEFAULT = Place(site_id=1, domain_id=2)
NAMES = st.sampled_from(["", "Saintes", "SAINTES ", "Royan", "Saint-André", "saint-andre"])
HEADERS = st.builds(
    SiteHeader,
    institution_name=NAMES,
    issuer_of_patient_id=NAMES,
    station_name=NAMES,
    calling_ae_title=NAMES,
)
RULES = st.lists(
    st.builds(
        SiteRule,
        rank=st.integers(1, 100),
        site_id=st.integers(10, 99),
        domain_id=st.none() | st.integers(200, 299),
        institution_name=st.none() | NAMES,
        issuer_of_patient_id=st.none() | NAMES,
        station_name=st.none() | NAMES,
        calling_ae_title=st.none() | NAMES,
    ),
    max_size=6,
    unique_by=lambda rule: rule.rank,
)


@given(HEADERS, RULES, st.randoms())
def test_the_lowest_rank_that_matches_names_the_site(
    header: SiteHeader, rules: list[SiteRule], random: Random
) -> None:
    shuffled = random.sample(rules, len(rules))

    found = find_site(header, rules=shuffled, default=DEFAULT)

    speaking = [rule for rule in rules if matches(rule, header)]
    if speaking:
        first = min(speaking, key=lambda rule: rule.rank)
        assert found.site_id == first.site_id
        assert found.domain_id == (first.domain_id or DEFAULT.domain_id)
        assert found.confirmed
        assert str(first.rank) in found.reason
    else:
        assert (found.site_id, found.domain_id) == (DEFAULT.site_id, DEFAULT.domain_id)
        assert found.confirmed == (not rules)


@given(HEADERS)
def test_a_sender_without_rules_names_its_own_site_and_nobody_has_to_confirm(
    header: SiteHeader,
) -> None:
    found = find_site(header, rules=[], default=DEFAULT)

    assert (found.site_id, found.domain_id, found.confirmed) == (1, 2, True)


def test_when_no_rule_speaks_the_sites_of_the_sender_is_to_be_confirmed() -> None:
    rule = SiteRule(rank=1, site_id=7, institution_name="Royan")

    found = find_site(SiteHeader(institution_name="Saintes"), rules=[rule], default=DEFAULT)

    assert found.site_id == DEFAULT.site_id
    assert not found.confirmed
    assert "Saintes" not in found.reason


def test_all_criteria_of_a_rule_must_stand_in_the_header() -> None:
    rule = SiteRule(rank=1, site_id=7, institution_name="Royan", station_name="CT1")

    assert matches(rule, SiteHeader(institution_name="Royan", station_name="CT1"))
    assert not matches(rule, SiteHeader(institution_name="Royan", station_name="CT2"))
    assert not matches(rule, SiteHeader(station_name="CT1"))


@given(HEADERS)
def test_a_rule_of_nothing_matches_nothing(header: SiteHeader) -> None:
    assert not matches(SiteRule(rank=1, site_id=7), header)
    assert not matches(SiteRule(rank=1, site_id=7, institution_name="  "), header)


def test_case_accents_and_blanks_do_not_count() -> None:
    written = ["Hôpital  Saint-André ", "HOPITAL SAINT-ANDRE", " hôpital saint-andré"]

    assert len({fold(each) for each in written}) == 1
    assert fold("Saint-André") != fold("Saint-Andre 2")


@given(st.text(max_size=70))
def test_folding_twice_folds_no_further(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.sampled_from(CRITERIA), st.text(max_size=70))
def test_what_a_rule_may_look_for_can_match(name: str, text: str) -> None:
    try:
        checked = check_site_criteria({name: text})
    except InvalidField:
        return
    rule = SiteRule(rank=1, site_id=7, domain_id=None, **checked)
    assert matches(rule, SiteHeader(**{name: text}))
    assert not matches(rule, SiteHeader())


@pytest.mark.parametrize("values", [{}, dict.fromkeys(CRITERIA)])
def test_a_rule_without_a_criterion_is_refused(values: dict[str, None]) -> None:
    with pytest.raises(RuleWithoutCriterion):
        check_site_criteria(values)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("institution_name", " "),
        ("institution_name", "A" * 65),
        ("issuer_of_patient_id", "a\\b"),
        ("issuer_of_patient_id", "\N{COMBINING ACUTE ACCENT}"),
        ("station_name", "A" * 17),
        ("calling_ae_title", "É"),
    ],
)
def test_what_no_study_holds_is_no_criterion(name: str, text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        check_site_criteria({name: text})

    assert refused.value.field == name

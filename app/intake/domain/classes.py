"""What a study is for us: a case, a prior, a test, or out of contract.

The rules of the site speak first, in their order; then these, that every site has:

1. called by the priors' AE title, `<title>_ANT`: a prior;
2. made more than `prior_hours` before it came, and not from a modality: a prior;
3. the words of a phantom or of quality control in Patient ID or name: a test.

Nothing matches: a case. A study is a case by mistake rather than not a case by mistake.

"Not from a modality" needs evidence, because a scanner whose clock lost its battery dates tonight's
exam 2005, and one that was cut off sends yesterday's exam today. The evidence is one of

- the sender is an archive: it answers C-FIND, it has site rules, or its name or AE title holds
  PACS, VNA or ARCHIVE;
- another study of the same patient from the same device, made within `prior_hours`, came within a
  day: its clock is right, and the old one lies beside tonight's.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.directory.domain.site_rules import fold

PRIORS_SUFFIX = "_ANT"
URGENT_SUFFIX = "_P1"
"""Of our AE title: the two destinations beside it by which any console can say what it sends."""
_ARCHIVES = re.compile(r"pacs|vna|archiv")
_TEST = re.compile(
    r"(?<![a-z0-9])(?:phantoms?|fantomes?|qc|controle (?:de )?qualite|quality control|tests?)"
    r"[0-9]*(?![a-z0-9])"
)


class IntakeClass(StrEnum):
    """What a study is for us; only a case rings, and only cases count as volume."""

    CASE = "case"
    PRIOR = "prior"
    TEST = "test"
    OUT_OF_CONTRACT = "out_of_contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """What is known of a study when it is classed; empty where it says nothing.

    Parameters
    ----------
    made_at
        Aware; none when its date is missing or is no date.
    arrived_at
        Of its first image, aware.
    sender_is_archive
        It stores what others made.
    patient_seen
        Another study of the same patient, made recently by the same device, came within a day.
    """

    called_ae_title: str
    calling_ae_title: str
    sender_id: int
    modalities: frozenset[str]
    station_name: str
    study_description: str
    patient_id: str
    patient_name: str
    made_at: datetime | None
    arrived_at: datetime
    sender_is_archive: bool = False
    patient_seen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRule:
    """A rule of a site; what is absent is not looked for, and one thing at least is.

    Parameters
    ----------
    words
        Of the study's description, any of them, separated by blanks.
    older_than_hours
        Between the study's date and its arrival.
    patient_id, patient_name
        Plain text, where `*` stands for anything.
    """

    intake_class: IntakeClass
    called_ae_title: str | None = None
    calling_ae_title: str | None = None
    sender_id: int | None = None
    modality: str | None = None
    words: str | None = None
    older_than_hours: int | None = None
    patient_id: str | None = None
    patient_name: str | None = None
    station_name: str | None = None


@dataclass(frozen=True, slots=True)
class Classed:
    """A class, and why; the reason holds no patient data."""

    intake_class: IntakeClass
    reason: str


def classify(
    facts: StudyFacts, *, rules: Sequence[ClassRule], ae_title: str, prior_hours: int
) -> Classed:
    """Class a study.

    Parameters
    ----------
    rules
        Of its site, in order.
    ae_title
        Our own; `<title>_ANT` is for priors.
    prior_hours
        How old a prior is at least.
    """
    for rank, rule in enumerate(rules, start=1):
        if matches(rule, facts):
            return Classed(rule.intake_class, f"rule {rank} of the site")
    if fold(facts.called_ae_title) == fold(ae_title + PRIORS_SUFFIX):
        return Classed(IntakeClass.PRIOR, "sent to the priors' AE title")
    if is_older(facts, than=timedelta(hours=prior_hours)):
        if facts.sender_is_archive:
            return Classed(IntakeClass.PRIOR, f"older than {prior_hours} h, from an archive")
        if facts.patient_seen:
            return Classed(
                IntakeClass.PRIOR, f"older than {prior_hours} h, beside another of the patient"
            )
    if has_words_of_test(facts.patient_id) or has_words_of_test(facts.patient_name):
        return Classed(IntakeClass.TEST, "words of a test in the patient's identity")
    return Classed(IntakeClass.CASE, "no rule matches")


def matches(rule: ClassRule, facts: StudyFacts) -> bool:
    """Tell whether a study has all that a rule looks for; a rule of nothing never matches."""
    questions = (
        (rule.called_ae_title, lambda text: fold(text) == fold(facts.called_ae_title)),
        (rule.calling_ae_title, lambda text: fold(text) == fold(facts.calling_ae_title)),
        (rule.sender_id, lambda key: key == facts.sender_id),
        (rule.modality, lambda text: text in facts.modalities),
        (rule.station_name, lambda text: fold(text) == fold(facts.station_name)),
        (rule.words, lambda text: _has_any_word(facts.study_description, text.split())),
        (rule.older_than_hours, lambda hours: is_older(facts, than=timedelta(hours=hours))),
        (rule.patient_id, lambda text: matches_pattern(facts.patient_id, text)),
        (rule.patient_name, lambda text: matches_pattern(facts.patient_name, text)),
    )
    asked = [(wanted, is_met) for wanted, is_met in questions if wanted is not None]
    return bool(asked) and all(is_met(wanted) for wanted, is_met in asked)


def is_for_readers(intake_class: str | None) -> bool:
    """Tell whether a study was or will be shown to readers: a case, or what nobody looked at yet.

    What is not has perhaps been classed wrongly: sent again after its images went, it comes back.
    """
    return intake_class in {None, IntakeClass.CASE.value}


def is_older(facts: StudyFacts, *, than: timedelta) -> bool:
    """Tell whether a study was made longer before its arrival; without a date it was not."""
    return facts.made_at is not None and facts.arrived_at - facts.made_at > than


def matches_pattern(text: str, pattern: str) -> bool:
    """Tell whether a text is what a pattern says: plain text, with `*` for anything.

    Case, accents and blanks around are ignored, and the `^` of a name counts as a blank. The time
    it takes grows with the product of both lengths at most.
    """
    value, parts = _plain(text), [_plain(part, strip=False) for part in pattern.split("*")]
    if len(parts) == 1:
        return value == parts[0].strip()
    first, *middle, last = parts
    first, last = first.lstrip(), last.rstrip()
    end = len(value) - len(last)
    if not value.startswith(first) or not value.endswith(last) or end < len(first):
        return False
    at = len(first)
    for part in middle:
        found = value.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def has_words_of_test(text: str) -> bool:
    """Tell whether a text holds a word of phantoms or of quality control, whole; digits may follow.

    "QC-2026" and "PHANTOM^CT12" are tests, "TESTUD" and "LEFANTOME" are people.
    """
    return _TEST.search(_plain(text)) is not None


def is_archive(names: Iterable[str], *, answers_queries: bool, has_site_rules: bool) -> bool:
    """Tell whether a sender stores what others made.

    Parameters
    ----------
    names
        Its name and its AE title.
    """
    return answers_queries or has_site_rules or any(_ARCHIVES.search(fold(each)) for each in names)


def _has_any_word(text: str, words: Iterable[str]) -> bool:
    found = set(re.split(r"[^a-z0-9]+", fold(text)))
    return any(fold(word) in found for word in words)


def _plain(text: str, *, strip: bool = True) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(each for each in folded if not unicodedata.combining(each)).casefold()
    plain = re.sub(r"[\s^=_]+", " ", letters)
    return plain.strip() if strip else plain

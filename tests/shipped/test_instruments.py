"""The shipped laws, codes and standards against recorded facts, and the judgements on them as an
editor would check them.
"""

import html
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from catalogue.curation.changes_of_instruments import events_of
from catalogue.models import (
    Instrument,
    Mapping,
    Mitigation,
    NotCovered,
    Provision,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("shipped_catalogue"),
]
#: Ids, counts and dates as they were gathered, apart from the data files.
FACTS = json.loads((Path(__file__).parent / "instruments.json").read_text())


def crosswalk():
    rows = Mapping.objects.exclude(provision=None)
    return rows.select_related("source", "provision__instrument")


def test_all_instruments_are_there():
    assert {*Instrument.objects.values_list("slug", flat=True)} == {*FACTS}
    assert Provision.objects.count() == 644


def test_what_came_with_the_data_files_is_listed_in_one():
    keys = Instrument.objects.values_list("pk", flat=True)
    for events in events_of(list(keys)).values():
        assert [event.text for event in events] == ["Listed here"]


@pytest.mark.parametrize("slug", FACTS)
def test_ids_counts_and_dates_are_as_recorded(slug):
    facts = FACTS[slug]
    instrument = Instrument.objects.get(slug=slug)
    provisions = list(instrument.provisions.all())

    by_day = {}
    for one in provisions:
        day = str(one.applies_from or "")
        by_day.setdefault(day, []).append(one.code)
    assert {
        "title": instrument.title,
        "published": instrument.published,
        "in_force_on": str(instrument.in_force_on or "") or None,
        "provisions": len(provisions),
        "official_names": sum(one.is_official_name for one in provisions),
        "not_verified": [
            one.code for one in provisions if not one.is_verified
        ],
        "ids_by_first_day": by_day,
    } == facts


def test_what_was_not_verified_is_said_of_each_instrument_with_a_gap():
    silent = Instrument.objects.filter(unverified="")

    assert {*silent.values_list("slug", flat=True)} == {"owasp-llm-2025"}
    assert not silent.filter(provisions__is_verified=False).exists()


#: What was gathered as unverified or not covered, by where it has to stand: an instrument, or None
#: for what is not covered.
UNVERIFIED = [
    ("eu-gpai-code", "Names of the 25 points of Appendix 4 are in our own"),
    ("eu-gpai-code", "One review counts 25 safety measures"),
    ("eu-gpai-code", "were read in lists and summaries, not in full"),
    ("eu-ai-act", "bear on Articles 43, 49, 72 and 73 is not verified"),
    ("eu-ai-act", "Articles 16 to 20, 25, 27, 43, 49, 72 and 73 were read"),
    ("eu-ai-act", "Names of paragraphs are in our own words"),
    ("nist-ai-600-1", "GV-1.1-002 appears once"),
    ("nist-ai-600-1", "GV-4.3-001 is printed as"),
    ("nist-ai-600-1", "13 risks and over 400 actions"),
    ("nist-ai-600-1", "Names are labels in our own words"),
    ("nist-ai-rmf", "Names are labels in our own words"),
    ("ny-raise", "older trackers describe the repealed chapter 699 text"),
    ("ny-raise", "Section 1428 was read in the enacted text only"),
    ("il-asma", "Only section 10 was read"),
    ("il-asma", "Public Act 104-0466 rests on one source"),
    ("seoul-commitments", "best practices 6, 7 and 8 rests on one source"),
    ("g7-hiroshima-code", "Only the headline of each action was read"),
    ("iso-42001", "The standard itself was not opened"),
    ("iso-42001", "ends in “system” or “systems” differs"),
    ("owasp-llm-2026", "Only ids, titles and what each entry replaces were"),
    ("kr-ai-basic-act", "Sources conflict on Articles 32 and 35"),
    ("kr-ai-basic-act", "The official English text was not opened"),
    ("kr-ai-basic-act", "Whom each article binds follows from what it is"),
    ("eu-ai-act", "have longer for Article 50(2) is not verified"),
    ("ny-raise", "a large one, was not verified for this law"),
    ("il-asma", "a large one, was not verified for this law"),
    ("cn-genai-measures", "Sources give three dates of issue"),
    (None, "No binding law of the United Kingdom"),
    (None, "AI Security Institute"),
    (None, "code of practice on marking AI-generated content"),
    (None, "Connecticut SB 5"),
    (None, "California AI Transparency Act"),
    (None, "CalCompute and fines"),
    (None, "Act: incident reports and whistleblowers"),
]


@pytest.mark.parametrize(("slug", "noted"), UNVERIFIED)
def test_what_was_noted_as_unverified_or_not_covered_stands_on_a_page(
    client,
    slug,
    noted,
):
    address = f"/instruments/{slug}/" if slug else "/instruments/"

    page = client.get(address).content.decode()

    assert noted in html.unescape(page)


def test_what_is_not_covered_is_not_among_what_is_listed():
    names = [*NotCovered.objects.values_list("name", flat=True)]
    listed = Instrument.objects.filter(short_title__in=names)

    assert len(names) == 7
    assert not listed.exists()


def test_every_mitigation_was_looked_for():
    looked_for = Mitigation.objects.exclude(instruments_checked_on=None)

    assert looked_for.count() == Mitigation.objects.count() == 112


def test_what_nothing_asks_for_is_known():
    mapped = crosswalk().values("source")
    left = Mitigation.objects.exclude(pk__in=mapped).order_by("accession")

    assert [one.accession for one in left] == [
        "M0024",
        "M0039",
        "M0050",
        "M0056",
        "M0075",
        "M0076",
        "M0077",
        "M0078",
        "M0084",
        "M0087",
    ]


def test_the_crosswalk_is_counted():
    by_instrument = Counter(
        one.provision.instrument.slug for one in crosswalk()
    )

    assert by_instrument == {
        "eu-gpai-code": 127,
        "nist-ai-600-1": 67,
        "eu-ai-act": 60,
        "nist-ai-rmf": 52,
        "seoul-commitments": 49,
        "ca-sb-53": 43,
        "owasp-llm-2025": 43,
        "il-asma": 40,
        "ny-raise": 40,
        "g7-hiroshima-code": 22,
        "iso-42001": 13,
        "kr-ai-basic-act": 5,
        "cn-genai-measures": 1,
    }


def test_every_reason_is_one_or_two_sentences_that_stand_alone():
    wrong = []
    for one in crosswalk():
        # Ids have full stops too.
        text = re.sub(r"[0-9]+\.[0-9.]+", "", one.note)
        sentences = len(re.findall(r"[.](?=\s|$)", text))
        is_hanging = re.search(r"\b(these logs|again|Same duty)\b", text)
        if not 1 <= sentences <= 2 or is_hanging or not text[0].isupper():
            wrong.append((one.source.accession, one.provision.code, one.note))

    assert wrong == []


def test_only_who_can_be_bound_requires():
    """Guidance, frameworks and standards suggest, and so does a code that nobody signs."""
    kinds = Instrument.Kind
    suggesting = crosswalk().filter(
        provision__instrument__kind__in=[
            kinds.FRAMEWORK,
            kinds.STANDARD,
            kinds.COMMUNITY,
        ],
    ) | crosswalk().filter(provision__instrument__slug="g7-hiroshima-code")

    assert {one.force for one in suggesting} == {"suggests"}


def test_no_law_is_said_to_require_of_models_what_it_requires_in_reports():
    of_reports = crosswalk().filter(
        provision__code__in=[
            "Safety and Security Measure 10.2",
            "22757.12(d)",
            "22757.12(c)(2)",
            "1422(2)(a)",
            "10(e)",
            "10(d)(4)(A)",
            "Best practice 6",
        ],
    )

    assert {one.force for one in of_reports} == {"disclose"}


def test_what_was_not_read_is_judged_with_little_confidence():
    of_korea = crosswalk().filter(
        provision__instrument__slug="kr-ai-basic-act",
        provision__code="Article 32",
    )
    of_unread_standard = crosswalk().filter(
        provision__instrument__slug="iso-42001",
    )

    assert {one.confidence for one in of_korea} == {"low"}
    assert "high" not in {one.confidence for one in of_unread_standard}


@pytest.mark.parametrize(
    ("day", "count"),
    [("2026-11-30", 24), ("2027-01-01", 26)],
)
def test_what_binding_law_requires_is_answered_alike_everywhere(
    client,
    day,
    count,
):
    """By one address and by one request, and as the mappings themselves say."""
    query = f"force=requires&in_force_on={day}"

    page = client.get(f"/mitigations/?{query}")
    of_api = client.get(f"/api/v1/mitigations/?{query}&page_size=500").json()
    mappings = client.get(f"/api/v1/mappings/?{query}&page_size=500").json()

    listed = [one["accession"] for one in of_api["results"]]
    mapped = {one["source"]["accession"] for one in mappings["results"]}
    assert {*listed} == mapped
    assert page.context["paginator"].count == len(listed) == count


def test_what_only_labels_generated_media_is_not_said_to_require_detectors():
    """Of Articles 12 (China), 31 (Korea) and 50(4) (European Union)."""
    of_detectors = crosswalk().filter(source__name="Deepfake Detection")
    of_law = of_detectors.filter(provision__instrument__kind="law")

    assert [one.provision.code for one in of_law] == ["Article 50(2)"]


def _judgements_of(measure):
    """What provisions ask of it, by provision."""
    rows = crosswalk().filter(source=measure)
    return {
        str(one.provision): (one.relation, one.force, one.confidence)
        for one in rows
    }


def test_what_is_the_same_measure_is_judged_alike():
    """Where their wordings differ in what a provision asks, the pair is not the same measure; or
    the difference belongs here, with the reason that says so.
    """
    pairs = Mapping.objects.filter(relation="exactMatch", provision=None)
    differing = []
    for pair in pairs.exclude(target=None).select_related("source", "target"):
        one = _judgements_of(pair.source)
        other = _judgements_of(pair.target)
        differing += [
            (pair.source.accession, pair.target.accession, name)
            for name in sorted(one.keys() | other.keys())
            if one.get(name) != other.get(name)
        ]

    assert differing == []


def test_testing_that_need_not_be_done_by_outsiders_is_wider_than_red_teaming():
    rows = crosswalk().filter(
        source__accession="M0032",
        provision__code__in=["Article 55(1)(a)", "MP-2.3-005", "MS-2.7-007"],
    )

    assert [one.relation for one in rows] == ["broadMatch"] * 3


def test_law_that_asks_for_reports_to_authorities_asks_for_a_part_of_reporting():
    """The measure tells other labs too, of what only came close to an accident too."""
    of_law = crosswalk().filter(
        source__accession="M0037",
        provision__instrument__kind="law",
    )

    assert of_law.count() == 7
    assert {one.relation for one in of_law} == {"narrowMatch"}


def test_models_already_on_the_market_have_longer_in_the_european_union():
    of_models = Provision.objects.filter(
        instrument__slug="eu-ai-act",
        applies_from="2025-08-02",
    )

    notes = {*of_models.values_list("longer_for", flat=True)}
    assert of_models.count() == 12
    assert [*notes] == [
        "providers of models on the market before 2 August 2025 have until 2 August 2027, Article 111(3)",
    ]


def test_whom_a_law_binds_has_a_group_but_for_employers_of_whistleblowers():
    of_none = Provision.objects.of_law().filter(addressee="")
    silent = Provision.objects.of_law().filter(applies_to="")

    assert [one.code for one in of_none] == ["Article 87"]
    assert not silent.exists()


@pytest.mark.parametrize(
    ("slug", "bound"),
    [
        ("ca-sb-53", "10²⁶"),
        ("ca-sb-53", "500 million"),
        ("eu-ai-act", "10²⁵"),
    ],
)
def test_what_makes_a_model_or_developer_a_frontier_one_is_said(
    client,
    slug,
    bound,
):
    page = client.get(f"/instruments/{slug}/").content.decode()

    assert bound in page


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("ca-sb-53", "<dt>Signed</dt>"),
        ("ca-sb-53", "sections of the California Business and Professions"),
        ("ny-raise", "sections of the New York General Business Law"),
        ("kr-ai-basic-act", "<dt>About it (text not opened)</dt>"),
        ("kr-ai-basic-act", "<dt>Promulgated</dt>"),
        ("cn-genai-measures", "<dt>Copy kept by others</dt>"),
        ("iso-42001", "<dt>About it (text not opened)</dt>"),
        ("eu-ai-act", "<dt>Text</dt>"),
    ],
)
def test_a_page_says_what_its_day_its_address_and_its_numbers_are(
    client,
    slug,
    said,
):
    assert said in client.get(f"/instruments/{slug}/").content.decode()

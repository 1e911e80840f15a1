"""No page shows a share of experts without its question and whose study it is, and none has
figures that say more than their counts do.
"""

import re

import lxml.html
import pytest

from surveys.models import Criterion, Study
from tests.test_pages import listed

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]

#: What the list of a browser's pages leaves out, since one look is enough there.
FURTHER = [
    "/mitigations/?risk_area=cbrn&ordering=-share_agreeing",
    "/mitigations/?ordering=-share_agreeing&view=table",
    "/mitigations/?group=measure&document=uuk-2024",
    "/mitigations/M0003/",
    "/mitigations/M0074/",
    "/documents/schuett-2023/",
    "/documents/uuk-2024/",
]
PAGES = [*listed("test_pages.py", "PAGES"), *FURTHER]
#: A share, or a count that is one: “56 %”, “20 of 36”.
SHARE = re.compile(r"\b\d+(?:\.\d+)? ?%|\b\d[\d,]* of \d[\d,]* experts\b")
#: What else is in per cent: how sure an interval is, from when on a study speaks of consensus,
#: between which shares experts split, and the values of the filter by agreement.
NO_SHARE = re.compile(
    r"95 % (?:confidence )?intervals?|at 95 %|\d+ % or more|\d+ % on a side|below 15 %|"
    r"split where 40 to 60 % agreed",
)
#: What a figure may stand in together with its question and its study, the nearest first.
FRAMES = ("li", "tr", "figure", "table", "section")


@pytest.fixture
def labels():
    return [study.label for study in Study.objects.all()]


@pytest.fixture
def questions():
    """How each question is told: as it was asked, as its clause, by its name."""
    result = []
    for criterion in Criterion.objects.all():
        result += [
            criterion.question.strip(),
            criterion.clause.partition(" {risk")[0],
            f"“{criterion.name}",
        ]
    # Asked of the measures as a set, in words that are not known.
    return [*filter(None, result), "which measures they would combine"]


def text_of(element) -> str:
    return " ".join(element.text_content().split())


def parts_with_shares(page):
    """The smallest elements that hold a share, with its text."""
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        texts = [element.text or ""]
        texts += [child.tail or "" for child in element]
        own = NO_SHARE.sub("", " ".join(" ".join(texts).split()))
        if SHARE.search(own) or SHARE.search(element.get("aria-label", "")):
            yield element, own


def is_told(element, labels, questions, path) -> bool:
    """Whether its question and its study stand with it: in the same entry, row, table or
    section; on the page of a study, which is about nothing else, in its heading.
    """
    frames = [
        text_of(frame)
        for frame in [element, *element.iterancestors()]
        if frame.tag in FRAMES
        if frame.tag != "section" or frame.get("aria-label") != "Results"
    ]
    if path.startswith("/studies/") and path != "/studies/":
        frames.append(text_of(element.getroottree().find(".//main")))
        return any(one in frame for frame in frames for one in questions)
    return any(
        any(label in frame for label in labels)
        and any(one in frame for one in questions)
        for frame in frames
    )


def main_of(client, path: str):
    """The body of a page, without what is no text of it."""
    page = lxml.html.fromstring(client.get(path).content)
    for one in page.xpath("//script | //style | //aside[.//form]"):
        one.drop_tree()
    return page.find(".//main")


def test_a_share_of_experts_stands_with_its_question_and_its_study(
    client,
    labels,
    questions,
):
    bare = []
    for path in PAGES:
        for element, text in parts_with_shares(main_of(client, path)):
            if not is_told(element, labels, questions, path):
                bare.append((path, text))

    assert bare == []


@pytest.mark.parametrize(
    "bare",
    [
        "<p>98 % agree</p>",
        "<section><p>50 of 51 experts agreed.</p></section>",
        "<ul><li>98 %, Schuett et al. 2023</li><li>“Should be done”</li></ul>",
    ],
)
def test_a_bare_share_is_noticed(bare, labels, questions):
    main = lxml.html.fromstring(f"<html><main>{bare}</main></html>")

    assert [
        text
        for element, text in parts_with_shares(main)
        if not is_told(element, labels, questions, "/")
    ]


def test_figures_of_fewer_than_a_hundred_experts_have_no_decimals_and_no_n(
    client,
):
    wrong = []
    for path in PAGES:
        main = main_of(client, path)
        found = re.findall(r"\bn = \d+|\d+\.\d+ ?%", text_of(main))
        if path != "/data/dictionary/":  # which explains a column of this name
            found += [cell for cell in main.iter("th") if text_of(cell) == "n"]
        if found:
            wrong.append((path, found))

    assert wrong == []

"""The brief of a shortlist: what it says, in each form."""

import html

import pytest

from catalogue import revision
from catalogue.models import Mitigation
from decisions.brief.forms import FORMS
from surveys.models import Figure, Result, Study
from surveys.shares import refresh_shares_agreeing
from tests.factories import MitigationFactory
from tests.surveys.factories import make_study

pytestmark = pytest.mark.django_db


def address(ending, *mitigations, further=""):
    query = "&".join(f"m={one.accession}" for one in mitigations)
    return f"/shortlist/brief{ending}?{query}{further}"


def text_of(client, ending, *mitigations, further=""):
    response = client.get(address(ending, *mitigations, further=further))
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_the_first_lines_say_what_it_is(client):
    one = MitigationFactory()
    MitigationFactory()

    said = " ".join(text_of(client, ".txt", one).split())

    assert "A selection of 1 measure out of a catalogue of 2" in said
    assert "not a recommendation" in said


def test_page_markdown_and_text_name_the_same_measures_in_the_order_of_the_address(
    client,
):
    first, second = MitigationFactory(), MitigationFactory()
    for ending in ("/", ".md", ".txt"):
        text = text_of(client, ending, second, first)

        assert text.index(second.accession + ")") < text.index(
            first.accession + ")",
        )


def test_of_what_no_study_asked_it_says_that(client):
    text = text_of(client, ".txt", MitigationFactory())

    assert "No study here has asked experts about this measure." in text


def test_preliminary_figures_stand_with_their_sentence_and_in_the_citation(
    client,
):
    study = make_study(
        is_preliminary=True,
        status=Study.Status.PUBLISHED,
    )
    item = study.items.first()
    result = Result.objects.create(item=item, criterion=study.criteria.get())
    Figure.objects.create(
        result=result,
        statistic=Figure.Statistic.SHARE_AGREEING,
        value=0.6,
        decimals=2,
    )
    refresh_shares_agreeing(study)
    said = text_of(client, ".txt", item.mitigation, further="&length=1")
    said = " ".join(said.split())

    assert said.count("These results are preliminary.") == 2
    assert said.count("These results may still change.") == 1
    assert said.index("How to cite") < said.index("These results may still")


def test_without_preliminary_figures_nothing_is_said_of_them(client):
    study = make_study(is_preliminary=True, status=Study.Status.PUBLISHED)
    said = text_of(client, ".txt", study.items.first().mitigation)

    assert "These results may still change." not in " ".join(said.split())


@pytest.mark.parametrize("ending", FORMS)
def test_two_makings_are_alike(client, ending):
    path = address(f".{ending}", MitigationFactory())

    assert client.get(path).content == client.get(path).content


@pytest.mark.parametrize("ending", FORMS)
def test_each_file_is_named_after_title_and_day_and_found_by_no_search(
    client,
    ending,
):
    path = address(f".{ending}", MitigationFactory())
    whole = client.get(path)
    head = client.head(path)
    day = f"{revision.moment_of(revision.shown()):%Y-%m-%d}"

    assert whole["Content-Disposition"] == (
        f'attachment; filename="brief-of-1-measure_{day}.{ending}"'
    )
    assert whole["X-Robots-Tag"] == "noindex"
    assert head.headers == whole.headers


def test_the_page_offers_each_file_the_pdf_first(client):
    page = client.get(address("/", MitigationFactory())).content.decode()
    places = [page.index(f"brief.{ending}?") for ending in FORMS]

    assert places[0] == min(places)


def test_a_longer_one_says_more(client):
    one = MitigationFactory()
    lengths = [
        len(text_of(client, ".txt", one, further=f"&length={length}"))
        for length in ("1", "4", "full")
    ]

    assert lengths == sorted(set(lengths))


def test_without_measures_there_is_none(client):
    assert client.get("/shortlist/brief/").status_code == 404
    assert client.get("/shortlist/brief.md?m=M9999").status_code == 404


@pytest.mark.parametrize("ending", ["/", ".md"])
@pytest.mark.parametrize(
    "query",
    ["&length=2", "&lenght=1", "&notes=side"],
)
def test_what_it_does_not_know_is_refused(client, ending, query):
    one = MitigationFactory()
    response = client.get(address(ending, one, further=query))

    assert response.status_code == 400


def test_names_are_no_markup(client):
    one = MitigationFactory(name="<b>*bold*</b>")
    page = client.get(address("/", one)).content.decode()

    assert "&lt;b&gt;" in page
    assert "<b>*bold" not in page
    assert (
        "\\<b\\>\\*bold\\*" in client.get(address(".md", one)).content.decode()
    )


def test_queries_do_not_grow_with_measures(
    client,
    django_assert_max_num_queries,
):
    study = make_study(items=3, status=Study.Status.PUBLISHED)
    mitigations = [item.mitigation for item in study.items.all()]
    client.get(address("/", *mitigations))
    # One has no part on what overlaps or was chosen together.
    with django_assert_max_num_queries(100) as of_two:
        client.get(address("/", *mitigations[:2], further="&length=full"))
    with django_assert_max_num_queries(100) as of_three:
        client.get(address("/", *mitigations, further="&length=full"))

    assert len(of_three) <= len(of_two)


def test_what_was_withdrawn_is_said_in_it_once(client):
    one = MitigationFactory()
    gone = MitigationFactory(
        name="Gone",
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was the same.",
    )

    assert text_of(client, "/", one, gone).count("It was the same.") == 1
    assert text_of(client, ".txt", one, gone).count("Gone") == 1


def test_the_page_leads_to_where_notes_stand_and_keeps_the_choice(client):
    one = MitigationFactory()
    page = client.get(address("/", one)).content.decode()
    chosen = client.get(address("/", one, further="&notes=end"))

    assert "&amp;notes=end" in page
    assert f"brief.pdf?m={one.accession}&amp;notes=end" in (
        chosen.content.decode()
    )


@pytest.mark.parametrize("ending", ["/", ".md", ".txt", ".html"])
def test_what_was_named_and_is_not_there_is_said(client, ending):
    one = MitigationFactory()
    further = "&m=M0999&x=M0998:why"
    said = " ".join(text_of(client, ending, one, further=further).split())

    assert said.count("There is no mitigation “M0999”: it is left out.") == 1
    assert "There is no mitigation “M0998” to be left out." in said


@pytest.mark.parametrize("ending", ["/", ".pdf", ".md"])
def test_of_what_was_withdrawn_alone_is_said_why_and_what_replaces_it(
    client,
    ending,
):
    successor = MitigationFactory()
    gone = MitigationFactory(
        status="withdrawn",
        withdrawal_note="It was the same.",
        replaced_by=successor,
    )
    answer = client.get(address(ending, gone))
    page = html.unescape(answer.content.decode())

    assert answer.status_code == 410
    assert "There is no page here" not in page
    assert "It was the same." in page
    assert f"{successor.name}</a> instead" in page
    assert f'href="/shortlist/brief/?m={successor.accession}"' in page


def test_of_unknown_names_alone_each_is_named(client):
    answer = client.get("/shortlist/brief/?m=ZZZ")

    assert answer.status_code == 404
    assert "There is no mitigation “ZZZ”" in answer.content.decode()

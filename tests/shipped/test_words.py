"""Pages say what readers say: none of the words by which this project talked to itself."""

import html
import re

import pytest

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]

#: But for the data dictionary, whose columns have the names that they have in the API.
PAGES = [
    "/",
    "/mitigations/",
    "/mitigations/?view=table",
    "/mitigations/M0013/",
    "/mitigations/M0041/",
    "/taxonomies/",
    "/taxonomies/mitigations-v1/1/",
    "/taxonomies/mitigations-v2/3.1/",
    "/taxonomies/risk-domains/3/",
    "/actors/",
    "/actors/deployer/",
    "/documents/",
    "/documents/uuk-2024/",
    "/studies/",
    "/studies/uuk-2024/",
    "/data/",
    "/data/changes/",
    "/changes/",
    "/about/",
    "/feedback/",
]
#: What a page says instead stands in the templates: Sources, Catalogue no., Classification …
PRIVATE = re.compile(
    r"\b(Accession|Take it along|Take this view|Beside it|Within it|Where it stands"
    r"|foremost|Standing|Members|Counted by its publisher|None has been cut|from nothing"
    r"|catalogue’s files|\.yaml|published by the source|First version|Second version"
    r"|Documents|Place in the document|Ways in|Not said)\b",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_none_of_this_project_s_own_words(client, page):
    shown = re.sub(
        r"<(script|style|code|pre)\b.*?</\1>|<[^>]+>",
        " ",
        client.get(page).content.decode(),
        flags=re.DOTALL,
    )

    assert PRIVATE.findall(html.unescape(shown)) == []

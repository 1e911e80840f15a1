"""Nothing that is not published is anywhere: every public address, format, search, file and
kept answer is read for its words.
"""

import io
import re
import sqlite3
import tempfile
import zipfile
from itertools import product
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import models
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver

from catalogue import reading
from catalogue.curation import snapshots, workflow
from catalogue.files.exports.formats import FORMATS
from catalogue.files.exports.skos import VOCABULARIES_BY_FILE
from catalogue.listing.facet_filter import FacetFilter
from catalogue.listing.filters import MitigationFilter
from catalogue.models import (
    Actor,
    Classification,
    Document,
    ExternalIdentifier,
    Instrument,
    LifecyclePhase,
    Mapping,
    Mitigation,
    Proposal,
    Provision,
    Release,
    ReleaseFile,
    RiskManagementFunction,
    Taxonomy,
)
from catalogue.models.release import ReleaseQuerySet
from catalogue.record.schema import MitigationSerializer
from catalogue.releases import files
from catalogue.releases.cutting import cut
from serving.sharing import API_ROOT
from surveys.models import (
    CommentSummary,
    Criterion,
    ExpertComment,
    Item,
    RiskArea,
    Study,
)
from tests.factories import (
    ClassificationFactory,
    MitigationFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
    UserFactory,
)
from tests.reading import Readers

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_engine,
    pytest.mark.usefixtures("kept_connection"),
]

#: Every word that must not be seen begins with this.
MARK = "zqx"
PRIVATE = ("admin", "answer", "preview")
MOST_PAGES = 1800
#: What stands in the name of an address whose slug is one of this model's.
SLUGGED = {
    "taxonomy": Taxonomy,
    "phase": LifecyclePhase,
    "actor": Actor,
    "function": RiskManagementFunction,
    "document": Document,
    "instrument": Instrument,
    "risk-area": RiskArea,
    "study": Study,
}


# What is hidden


def marked(model, about: str, **fields) -> dict:
    """Fields for a row: a word of its own in every text that curators write, and `fields`."""
    texts = {
        one.name: f"{MARK}{about}{model._meta.model_name}{one.name.replace('_', '')}"
        for one in model._meta.concrete_fields
        if isinstance(one, models.CharField | models.TextField)
        and one.editable
        and not one.choices
    }
    texts |= {
        one.name: f"https://example.org/{texts[one.name]}"
        for one in model._meta.concrete_fields
        if isinstance(one, models.URLField)
    }
    return {
        **{
            name: text[: model._meta.get_field(name).max_length]
            for name, text in texts.items()
        },
        **fields,
    }


class Secret:
    """A mitigation with all that can belong to one, every text marked. It begins as published."""

    def __init__(self, about: str, public: Mitigation, study: Study):
        self.about = about
        placed = public.classifications.get()
        fields = marked(
            Mitigation,
            about,
            document=public.document,
            status="published",
        )
        del fields["accession"], fields["withdrawal_note"]
        self.record = Mitigation.objects.create(**fields)
        self.record.phases.set(public.phases.all())
        Classification.objects.create(
            **marked(
                Classification,
                about,
                mitigation=self.record,
                category=placed.category,
            ),
        )
        ExternalIdentifier.objects.create(
            **marked(ExternalIdentifier, about, mitigation=self.record),
        )
        other = {
            "framework": "",
            "framework_version": "",
            "entry": "",
            "entry_name": "",
            "relation": "closeMatch",
        }
        Mapping.objects.create(
            **marked(
                Mapping,
                about,
                source=self.record,
                target=public,
                **other,
            ),
        )
        Mapping.objects.create(
            **marked(
                Mapping,
                f"{about}out",
                source=self.record,
                relation="closeMatch",
            ),
        )
        ProvisionMappingFactory(
            **marked(
                Mapping,
                f"{about}asked",
                source=self.record,
                target=None,
                relation="closeMatch",
                framework="",
                framework_version="",
                entry="",
                entry_name="",
            ),
        )
        self.item = commented(study, self.record, about)


def commented(study, mitigation, about) -> Item:
    item = Item.objects.create(
        **marked(Item, about, study=study, mitigation=mitigation),
    )
    ExpertComment.objects.create(
        **marked(ExpertComment, about, item=item, stance=1),
    )
    CommentSummary.objects.create(**marked(CommentSummary, about, item=item))
    return item


@pytest.fixture
def world():
    """A small public catalogue with one mitigation and one study, and secrets in it that are
    public to begin with.
    """
    public = MitigationFactory(
        name="What everybody sees",
        phases=1,
        actors=1,
        functions=1,
    )
    ClassificationFactory(
        mitigation=public,
        category__taxonomy=TaxonomyFactory(is_default=True),
    )
    study = Study.objects.create(
        slug="open",
        title="An open study",
        label="Open study",
        year=2024,
        method="Asked.",
        limits="Few.",
        status="published",
    )
    Item.objects.create(study=study, mitigation=public)
    secrets = {
        status: Secret(status.replace("_", ""), public, study)
        for status in ("draft", "in_review", "withdrawn")
    }
    hidden = Study.objects.create(
        **marked(
            Study,
            "closed",
            year=2024,
            status="published",
            withdrawal_note="",
        ),
    )
    Criterion.objects.create(**marked(Criterion, "closed", study=hidden))
    commented(hidden, public, "closed")
    return public, secrets, hidden


def hide(public, secrets, hidden) -> set[str]:
    """Takes every secret out of sight, each in its own way, and adds a proposal. Gives what may
    be read at the withdrawn one's page.
    """
    for status, secret in secrets.items():
        note = (
            {"withdrawal_note": "It was two measures."}
            if status == "withdrawn"
            else {}
        )
        Mitigation.objects.filter(pk=secret.record.pk).update(
            status=status,
            **note,
        )
    Study.objects.filter(pk=hidden.pk).update(status="closed")
    base = snapshots.snapshot(public)
    texts = {
        k: v
        for k, v in marked(Mitigation, "proposed").items()
        if k not in ("accession", "withdrawal_note")
    }
    values = {**base, "fields": {**base["fields"], **texts}}
    workflow.propose(
        record=public,
        author=UserFactory(username=f"{MARK}author"),
        base=base,
        values=values,
        reason=f"{MARK}reason",
    )
    gone = secrets["withdrawn"].record
    return {gone.name, gone.section, gone.page}  # how it is cited


def words() -> set[str]:
    """Every marked word that is in the database, proposals aside."""
    found = set()
    for model in (
        Mitigation,
        Classification,
        ExternalIdentifier,
        Mapping,
        Item,
        ExpertComment,
        CommentSummary,
        Study,
        Criterion,
    ):
        for row in model._base_manager.values():
            found.update(
                re.findall(
                    rf"{MARK}[a-z0-9]+",
                    " ".join(str(value) for value in row.values()),
                ),
            )
    return found


# Where it could be


def patterns(resolver, space=()):
    """(name, names of the parts) of every address that has a name, in all apps."""
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, (*space, *filter(None, [one.namespace])))
        elif one.name:
            yield (
                ":".join([*space, one.name]),
                sorted(one.pattern.regex.groupindex),
            )


def slugs(name: str) -> list[str]:
    """Of all that an address of this name can be about, hidden or not."""
    models_named = [one for part, one in SLUGGED.items() if part in name]
    assert models_named, f"this test does not know whose slugs {name} takes"
    return sorted(
        slug
        for one in models_named
        for slug in one._base_manager.values_list("slug", flat=True)
    )


def addresses() -> list[str]:
    """Every public address with every value that its parts can take; lists in every format,
    with everything asked for.
    """
    codes = list(
        Classification.objects.values_list(
            "taxonomy__slug",
            "category__code",
        ).distinct(),
    )
    values = {
        "accession": list(
            Mitigation.objects.values_list("accession", flat=True),
        ),
        "taxonomy": sorted({slug for slug, _ in codes}),
        "code": sorted({code for _, code in codes}),
        "place": [f"{slug}:{code}" for slug, code in codes],
        "provision": [one.key for one in Provision.objects.with_instruments()],
        "pk": ["1", "2", "3"],
        "token": ["nothing"],
        "key": ["nothing"],
        "number": list(Release.objects.values_list("number", flat=True)),
        "rest": ["mitigations/"],
        "vocabulary": list(VOCABULARIES_BY_FILE),
        "form": ["bib", "ris", "json", "csv", "ttl", "jsonld", "sssom.tsv"],
        "layout": ["table", "cells", "gaps"],
        "name": sorted(
            {*ReleaseFile.objects.values_list("name", flat=True), files.SUMS},
        ),
    }
    found = []
    for name, parts in patterns(get_resolver()):
        if name.partition(":")[0].partition("-")[0] in PRIVATE:
            continue
        known = values | {"slug": slugs(name)} if "slug" in parts else values
        assert set(parts) <= known.keys(), (
            f"{name} has a part that this test knows no values for: give it some"
        )
        for chosen in product(*(known[part] for part in parts)):
            found.append(
                reverse(name, kwargs=dict(zip(parts, chosen, strict=True))),
            )
            if name.startswith("api:") and name.endswith(
                ("-list", "-results"),
            ):
                found += [f"{found[-1]}?format={form}" for form in FORMATS]
    facets = ",".join(
        name
        for name, one in MitigationFilter.base_filters.items()
        if isinstance(one, FacetFilter)
    )
    records = reverse("api:mitigation-list")
    found += [
        f"{records}?include={','.join(MitigationSerializer.includable())}",
        f"{records}?facets={facets}",
    ]
    found += [
        f"{records}?format=ndjson&include=evidence,comments",
        "/mitigations/?view=table",
        f"{records}?ordering=updated_at",
        *(
            f"/data/changes{form}?from=nothing&to=today"
            for form in ("/", ".json", ".csv")
        ),
    ]
    return list(dict.fromkeys([*found, *in_releases(found)]))


def in_releases(found) -> list[str]:
    """The same addresses in every release: its pages, and the API asked for it."""
    inside = [
        path
        for path in found
        if reading.WITHIN.match(path) and not reading.OF_TODAY.match(path)
    ]
    numbers = Release.objects.values_list("number", flat=True)
    return [
        f"{path}{'&' if '?' in path else '?'}release={number}"
        if path.startswith(API_ROOT)
        else f"/releases/{number}{path}"
        for number, path in product(numbers, inside)
    ]


def links(path: str, text: str) -> set[str]:
    """Addresses of this site that a page, a sitemap or an answer of the API names."""
    named = re.findall(
        r'(?:href|src|action)="([^"#]+)"|<loc>([^<]+)</loc>|"(http://testserver/[^"]*)"',
        text,
    )
    whole = {
        urljoin(
            f"http://testserver{path}",
            next(filter(None, one)).replace("&amp;", "&"),
        )
        for one in named
    }
    seen = {
        urlsplit(one) for one in whole if urlsplit(one).netloc == "testserver"
    }
    public = {
        one
        for one in seen
        if not one.path.startswith(
            ("/admin/", "/static/", "/answer/", "/preview/"),
        )
    }
    return {
        f"{one.path}{f'?{one.query}' if one.query else ''}" for one in public
    }


#: What tells that something was withdrawn.
CHANGES = ("/changes/", "/changes.atom")
#: Files with moments in them, forms with tokens in them, and what tells of a withdrawal.
APART = ("sqlite", "xlsx", "parquet", "q=", "/feedback/", *CHANGES)

#: Moments and revisions.
MOVING = re.compile(
    r"[0-9a-f]{32}|\d{15,}|\d{4}-\d\d-\d\d[t ][\d:.]+(z|\+00:00)?|\d{1,2}:\d\d(:\d\d)?",
)


def plain(body: bytes) -> str:
    """All text of an answer, also of one that is packed."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return " ".join(
                packed.read(name).decode(errors="replace")
                for name in packed.namelist()
            ).lower()
    if body.startswith(b"SQLite format 3"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "file")
            path.write_bytes(body)
            with sqlite3.connect(path) as file:
                body += "".join(file.iterdump()).encode()
            file.close()
    if body.startswith(b"PAR1"):
        parquet = pytest.importorskip("pyarrow.parquet")
        return str(parquet.read_table(io.BytesIO(body)).to_pylist()).lower()
    return body.decode(errors="replace").lower()


def walk(readers, is_asked=lambda path: True) -> dict[str, tuple[int, str]]:
    """Status and text of every public address, and of all that these lead to, as far as it
    `is_asked` for.
    """
    waiting, found = list(filter(is_asked, addresses())), {}
    while waiting and len(found) < MOST_PAGES:
        path = waiting.pop(0)
        answer = readers.get(path, HTTP_ACCEPT_ENCODING="identity")
        assert answer.status < 500, path
        found[path] = (
            answer.status,
            plain(answer.body) + " ".join(answer.headers.values()).lower(),
        )
        if (
            "html" in answer.headers.get("content-type", "")
            or path == "/sitemap.xml"
        ):
            # A list links to itself with every filter: those are followed one step, and not on
            # to every combination.
            further = {
                one
                for one in links(path, answer.body.decode())
                if "?" not in one or "?" not in path
            }
            further = {
                one
                for one in further
                if "feedback/?"
                not in one  # the form is the same for every page
                and is_asked(one)
            }
            waiting += sorted(further - {*found, *waiting})
    assert not waiting, (
        f"There are more than {MOST_PAGES} addresses: walk further."
    )
    return found


def leaks(found, words) -> dict[str, set[str]]:
    """Of each address, the words that are seen there; an answer may repeat what its own address
    says.
    """
    seen = {
        path: {w for w in words if w in text and w not in path.lower()}
        for path, (_, text) in found.items()
    }
    return {path: those for path, those in seen.items() if those}


# That it is not there


def test_what_is_not_published_is_nowhere_and_counts_nowhere_not_even_in_answers_that_were_kept(
    world,
):
    public, secrets, hidden = world
    readers, known = Readers(), words()
    before = walk(readers)
    seen = set().union(*leaks(before, known).values())
    # While it is public, all of it is found: what is not found later could have been.
    unseen = {
        w
        for w in known - seen
        if not w.endswith(
            # The last two stand with results, of which that study has none.
            (
                "consenttext",
                "welcome",
                "label",
                "key",
                "criterionslug",
                "criterionclause",
            ),
        )
    }
    assert unseen == set()

    allowed = hide(*world)
    cut("2026.11")
    after = walk(readers)

    withdrawn = secrets["withdrawn"].record
    # What was withdrawn is told of at its own addresses, and among the changes.
    own = {
        withdrawn.get_absolute_url(),
        reverse("api:mitigation-detail", args=[withdrawn.accession]),
        *CHANGES,
    }
    found = {
        path: those - allowed if path.startswith(tuple(own)) else those
        for path, those in leaks(
            after,
            {*known, f"{MARK}proposed", f"{MARK}author", f"{MARK}reason"},
        ).items()
    }
    assert {path: those for path, those in found.items() if those} == {}
    accessions = {
        secret.record.accession.lower() for secret in secrets.values()
    }
    named = leaks(after, accessions)
    assert {path for path in named if path not in CHANGES} == set(), (
        "named at another address than its own"
    )
    assert {word for path in CHANGES for word in named.get(path, ())} <= {
        withdrawn.accession.lower(),
    }
    for status, code in (
        ("draft", 404),
        ("in_review", 404),
        ("withdrawn", 410),
    ):
        record = secrets[status].record
        assert after[record.get_absolute_url()][0] == code
        assert (
            after[reverse("api:mitigation-detail", args=[record.accession])][0]
            == code
        )
    assert after[hidden.get_absolute_url()][0] == 404
    assert_nothing_counts_it(world, after)


def assert_nothing_counts_it(world, after):
    """Every page says the same while it is hidden as when it is gone."""
    public, secrets, hidden = world
    # Addresses of secrets answer otherwise once these are gone. A release has what it had.
    apart = [
        MARK,
        *(secret.record.accession.lower() for secret in secrets.values()),
        "2026.11",
        *APART,
    ]

    def is_alike(path):
        return not any(one in path.lower() for one in apart)

    with_it = {path: told for path, told in after.items() if is_alike(path)}
    for secret in secrets.values():
        secret.item.delete()
        secret.record.delete()
    hidden.delete()
    Proposal.objects.all().delete()
    # What was deleted moved what it was mapped to, so that the release has it no longer as it
    # is, as after any write.
    with (
        patch.object(ReleaseQuerySet, "of_today", ReleaseQuerySet.last),
        patch.object(Release, "holds", return_value=True),
    ):
        without = walk(Readers(), is_alike)

    differing = {
        path: (with_it.get(path), without.get(path))
        for path in with_it.keys() | without.keys()
        if still(with_it.get(path)) != still(without.get(path))
    }
    assert differing == {}


def still(told):
    """Of an answer, what no other write would have moved: moments and revisions go on."""
    return told and (told[0], MOVING.sub("", told[1]))


@pytest.mark.parametrize(
    "word",
    ["zqxdraftmitigationname", "zqxinreviewmitigationdescription", "zqx"],
)
def test_search_and_suggestions_know_nothing_of_it(world, word):
    hide(*world)
    readers = Readers()

    told = readers.get(f"/api/v1/mitigations/?q={word}").body.decode()
    nearly = readers.get(f"/api/v1/mitigations/?q={word[:-1]}y").body.decode()
    page = readers.get(f"/mitigations/?q={word[:-2]}").body.decode().lower()

    assert '"count":0' in told
    assert '"corrected":null' in nearly or '"count":0' in nearly
    assert not {one for one in words() if one in page and one not in word}


def test_a_preview_is_kept_by_no_cache(world):
    public, secrets, _ = world
    hide(*world)
    from catalogue.curation import preview

    readers, address = (
        Readers(),
        preview.url(Mitigation.objects.get(pk=secrets["draft"].record.pk)),
    )

    first, second = readers.get(address), readers.get(address)

    assert first.status == second.status == 200
    assert "zqxdraftmitigationname" in second.body.decode()
    assert readers.rendered == 2
    assert "no-store" in second.headers["cache-control"]
    assert "etag" not in second.headers

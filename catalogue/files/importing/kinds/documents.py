"""Documents with their authors."""

import re
from functools import cached_property
from itertools import count
from typing import Any

from catalogue.fields import slug_from
from catalogue.files.importing.errors import CellError
from catalogue.files.importing.values import (
    clipped,
    is_empty,
    model_value,
    objects,
    several,
    text_from,
)
from catalogue.models import Author as Person
from catalogue.models import Document
from catalogue.models.document import (
    bare_arxiv_id,
    bare_doi,
    names_of,
    words_of,
)

from .base import Field, State, of_model
from .of_models import ModelImporter, mark, save

NAMES = ("family", "given", "organisation")
#: What a number or a date in a spreadsheet is not taken for.
EXACT = ("slug", "version")
#: What may follow a second comma in the name of one person.
SUFFIX = re.compile(r"(?:jr|sr|ph\.?d|m\.?d|[ivx]+)\.?$", re.IGNORECASE)
#: Of a slug: the database takes 50 signs.
LONGEST_SLUG = 50


class Documents(ModelImporter):
    name = "documents"
    label = "Documents"
    noun = "document"
    model = Document
    permission = "catalogue.change_document"
    naming = ("slug", "doi", "arxiv_id")
    plain = (
        "slug",
        "label",
        "title",
        "kind",
        "year",
        "version",
        "publisher",
        "abstract",
        "doi",
        "arxiv_id",
        "url",
        "licence",
        "preliminary_notice",
    )
    derived = ("page_url",)

    def __init__(self, options):
        self.new: set[str] = set()
        #: Of these, those that came from no label.
        self.made_up: set[str] = set()
        super().__init__(options)

    def all_fields(self):
        own = {
            "slug": ("id", "key"),
            "label": ("short title", "citation", "cite as"),
            "title": (),
            "kind": ("type",),
            "year": ("published", "date"),
            "version": (),
            "publisher": ("journal", "venue"),
            "abstract": ("summary",),
            "url": ("link", "address"),
            "licence": ("license",),
            "preliminary_notice": ("notice",),
        }
        of_doi = of_model(Document, "doi", is_kept=False)
        return [
            *(
                of_model(Document, name, *synonyms, is_exact=name in EXACT)
                for name, synonyms in own.items()
            ),
            self._arxiv_id(),
            Field(
                "doi",
                "DOI",
                lambda cell: of_doi.read(bare_doi(text_from(cell))),
                _has_doi,
                of_doi.put,
                is_exact=True,
                help="With or without https://doi.org/. Without a slug, a document is found by it.",
            ),
            Field(
                "authors",
                "authors",
                _people,
                lambda state, value: state["authors"] == value,
                lambda state, value: state.__setitem__("authors", value),
                synonyms=("author", "by"),
                empty=[],
                help="“Family, Given” with semicolons between them, organisations without a comma; or JSON.",
                example="Lovelace, Ada; Example Institute",
            ),
        ]

    def rows(self):
        return super().rows().with_authors()

    def state(self, row):
        authors = (
            [
                {name: getattr(one, name) for name in NAMES}
                for one in row.authors.all()
            ]
            if row.pk
            else []
        )
        return {**super().state(row), "authors": authors}

    def _arxiv_id(self) -> Field:
        of_arxiv = of_model(Document, "arxiv_id")

        def read(cell: Any) -> tuple[str, str]:
            bare, version = bare_arxiv_id(text_from(cell))
            return of_arxiv.read(bare), version

        def put(state: State, value: Any) -> None:
            bare, version = value or ("", "")
            state["arxiv_id"] = bare
            state["version"] = state["version"] or version

        return Field(
            "arxiv_id",
            of_arxiv.label,
            read,
            lambda state, value: state["arxiv_id"] == (value or ("", ""))[0],
            put,
            help="Such as 2305.07153. A version behind it is kept as the version. Without a slug, a document is found by it.",
            synonyms=("arxiv",),
            is_exact=True,
        )

    def identities(self, values):
        found = [("slug", values["slug"])] if values.get("slug") else []
        arxiv_id, _ = values.get("arxiv_id") or ("", "")
        return found + [
            tuple(name.split(":", 1))
            for name in sorted(names_of(values.get("doi") or "", arxiv_id))
        ]

    def find(self, identities):
        rows = Document.objects.filter(
            slug__in=[value for name, value in identities if name == "slug"],
        )
        found = {
            ("slug", slug): pk
            for slug, pk in rows.order_by().values_list("slug", "pk")
        }
        known = Document.objects.by_name()
        for by, value in identities:
            if f"{by}:{value}" in known:
                found[by, value] = known[f"{by}:{value}"]
        return found

    def blank(self):
        return {**super().blank(), "authors": []}

    def missing(self, after):
        for name in ("label", "title", "kind", "abstract"):
            if not after[name]:
                yield (
                    name,
                    "this is missing: a document needs a label, a title, a kind and an abstract.",
                )

    def check(self, after, before):
        missing = list(self.missing(after))
        yield from missing
        if before is None:
            after["slug"] = after["slug"] or self._new_slug(after)
            if (
                after["slug"] in self.new
                or Document.objects.filter(slug=after["slug"]).exists()
            ):
                yield (
                    "slug",
                    f"there is a document “{after['slug']}” already: name it in the column “slug” to change it, or give this "
                    "one another slug.",
                )
                return
            self.new.add(after["slug"])
        elif after["slug"] != before["slug"]:
            yield (
                "slug",
                f"by its DOI or arXiv id this is {before['slug']} already, and a slug is never changed, since it stands in "
                f"addresses: write {before['slug']} here, or correct the id.",
            )
        if not missing:
            yield from super().check(after, before)

    def _new_slug(self, after: State) -> str:
        """From the label; where that cannot be written in Latin letters, from the title, or a
        number.
        """
        own = slug_from(after["label"], LONGEST_SLUG)
        if LATIN.search(own):
            return own
        year = f"-{after['year']}" if after["year"] else ""
        first = slug_from(after["title"], LONGEST_SLUG - 10)
        start = first if LATIN.search(first) else f"document{year}"
        tried = (
            start if number == 1 else f"{start}-{number}"
            for number in count(1)
        )
        free = next(
            slug
            for slug in tried
            if slug not in self.new
            and not Document.objects.filter(slug=slug).exists()
        )
        self.made_up.add(free)
        return free

    def warnings(self, after, number):
        if after["slug"] in self.made_up:
            yield f"its address will be …/documents/{after['slug']}/: for another one, fill the column “slug”."
        title = words_of(after["title"])
        if title in self._titles:
            yield f"“{after['title']}” is here already, {self._titles[title]}: is this the same? Then name that one's slug."
        same = [
            self._addresses[name]
            for name in names_in_address(after["url"])
            if name in self._addresses
        ]
        if same and title not in self._titles:
            yield f"its link leads to {same[0]}, which is here already: is this the same? Then name that one's slug."
        for person in after["authors"]:
            if FULL_NAME.match(person["family"]) and FULL_NAME.match(
                person["given"],
            ):
                yield (
                    f"is “{person['family']}, {person['given']}” one person, with “{person['family']}” for a family name? If "
                    "these are two, write “Family, Given; Family, Given”."
                )
        self._titles.setdefault(title, f"in row {number}")

    @cached_property
    def _titles(self) -> dict[str, str]:
        """Where each title stands: a document with its year, or a row of the file."""
        rows = Document.objects.order_by("-pk").values_list(
            "title",
            "slug",
            "year",
        )
        return {
            words_of(title): f"as {slug}{f' ({year})' if year else ''}"
            for title, slug, year in rows
        }

    @cached_property
    def _addresses(self) -> dict[str, str]:
        slugs = dict(Document.objects.order_by().values_list("pk", "slug"))
        return {
            name: slugs[pk] for name, pk in Document.objects.by_name().items()
        }

    def save_parts(self, row, after, before, author):
        if before is not None and before["authors"] == after["authors"]:
            return
        for one in row.authors.all() if before is not None else []:
            mark(one, author)
            one.delete()
        for position, names in enumerate(after["authors"], start=1):
            save(Person(document=row, position=position, **names), author)

    def title(self, state):
        return state["label"] or state["title"]


def _people(cell: Any) -> list[dict[str, str]]:
    is_json = isinstance(cell, list) or str(cell).startswith("[")
    entries = (
        objects(cell)
        if is_json and not _is_text(cell)
        else [_person(text_from(one)) for one in several(cell, r"[;\n|]")]
    )
    found = []
    for entry in entries:
        names = {
            name: "" if is_empty(entry.get(name)) else text_from(entry[name])
            for name in NAMES
        }
        for name, value in names.items():
            if value:
                model_value(Person._meta.get_field(name))(value)
        if bool(names["family"]) == bool(names["organisation"]):
            raise CellError(
                "Give a family name, or an organisation, and not both.",
            )
        found.append(names)
    return found


#: A name of at least two words that begin in capitals, such as “Jane Doe”, and not “van der Berg”.
FULL_NAME = re.compile(r"[^\W\d_a-zß-ÿ]\w+(?: [^\W\d_a-zß-ÿ]\w+)+$")
LATIN = re.compile("[a-z]")


def names_in_address(url: str) -> set[str]:
    """The DOI or arXiv id that a link leads to, as `names_of` has them."""
    if re.match(r"https?://(?:dx\.)?doi\.org/", url, re.IGNORECASE):
        return names_of(url, "")
    if re.match(r"https?://(?:www\.)?arxiv\.org/", url, re.IGNORECASE):
        return names_of("", url)
    return set()


def _has_doi(state: State, value: Any) -> bool:
    return bool(state["doi"].casefold() == (value or "").casefold())


def _is_text(cell: Any) -> bool:
    return isinstance(cell, list) and all(isinstance(one, str) for one in cell)


def _person(text: str) -> dict[str, str]:
    family, comma, given = text.partition(",")
    _, second, rest = given.partition(",")
    if second and not SUFFIX.match(rest.strip()):
        raise CellError(
            f"“{clipped(text)}” has {text.count(',')} commas: put semicolons between authors, “Family, Given; Family, Given”.",
        )
    if comma:
        return {"family": family.strip(), "given": given.strip()}
    return {"organisation": text.strip()}

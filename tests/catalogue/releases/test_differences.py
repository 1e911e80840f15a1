"""What two states of the catalogue do not have in common."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.models import Category, Document, Mitigation
from catalogue.releases import canonical, differences
from catalogue.releases.canonical import Key
from catalogue.releases.differences import Lately, Today, What, difference
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    MitigationFactory,
    TaxonomyFactory,
)

BASE = {
    "accession": "M0001",
    "name": "Watermark what models write",
    "description": "Developers put a “mark” into what models write - so that it is known.",
    "preliminary": False,
    "phases": ["deploy"],
    "position": 3,
    "classifications": {
        "v2": {"2.2.2": {"is_primary": True, "rationale": "It marks."}},
    },
}


class Texts:
    """A state of given texts."""

    def __init__(self, texts, label="a state"):
        self.texts, self.label = texts, label

    def digests(self):
        return {
            key: canonical.digest(text) for key, text in self.texts.items()
        }

    def bodies(self, keys):
        return {key: self.texts[key] for key in keys if key in self.texts}


def state(*records, kind="mitigation"):
    return Texts(
        {
            Key(kind, record["accession"]): canonical.canonical(record)
            for record in records
        },
    )


def placed(code, **more):
    return {
        "classifications": {
            "v2": {
                code: {"is_primary": True, "rationale": "It marks.", **more},
            },
        },
    }


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (
            {
                "description": BASE["description"]
                .replace("“", '"')
                .replace("”", '"')
                .replace("-", "–"),
            },
            What.SLIGHTLY,
        ),
        ({"name": "Watermark what models writes"}, What.SLIGHTLY),
        ({"name": "Label what models make"}, What.CHANGED),
        ({"position": 4}, What.CHANGED),
        ({"phases": ["deploys"]}, What.CHANGED),  # coded, however near
        ({"page": "3"}, What.CHANGED),
        (placed("2.3.1"), What.RECLASSIFIED),
        (placed("2.2.2", is_primary=False), What.RECLASSIFIED),
        ({**placed("2.3.1"), "name": "Another"}, What.RECLASSIFIED),
        (placed("2.2.2", rationale="Because it is so."), What.CHANGED),
        (placed("2.2.2", confidence=None), What.SAME),
        (
            {"alternative_names": [], "section": ""},
            What.SAME,
        ),  # what this software learnt to hold since
    ],
)
def test_a_record_is_told_by_what_happened_to_it(changed, what):
    found = difference(state(BASE), state({**BASE, **changed}))

    assert [change.what for change in found.changes] == (
        [] if what is What.SAME else [what]
    )
    assert len(found.same) == (what is What.SAME)


def test_a_reclassified_mitigation_says_from_where_to_where():
    [change] = difference(
        state(BASE),
        state({**BASE, **placed("2.3.1")}),
    ).changes

    assert change.moves == [("v2", ["2.2.2"], ["2.3.1"])]


def test_what_is_gone_was_withdrawn_or_superseded():
    other = {**BASE, "accession": "M0002"}
    withdrawal = (
        Key(canonical.WITHDRAWAL, "M0002"),
        canonical.canonical(
            {"accession": "M0002", "replaced_by": "M0003", "note": "Merged."},
        ),
    )

    found = difference(state(BASE, other), Texts(dict([withdrawal])))

    assert [
        (c.key.name, c.what, c.replaced_by, c.note) for c in found.changes
    ] == [
        ("M0001", What.WITHDRAWN, "", ""),
        ("M0002", What.SUPERSEDED, "M0003", "Merged."),
    ]
    assert found.counts() == {"mitigation": {"superseded": 1, "withdrawn": 1}}


names = st.text("abc/_.é", min_size=1, max_size=3)
leaves = st.one_of(
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.text(max_size=4),
    st.none(),
    st.lists(st.text(max_size=2), max_size=2),
)
records = st.dictionaries(
    names,
    st.recursive(
        leaves,
        lambda inner: st.dictionaries(names, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)
states = st.dictionaries(
    st.tuples(st.sampled_from(["mitigation", "category"]), names).map(
        lambda key: Key(*key),
    ),
    records,
    max_size=4,
)


def built(values):
    record = {}
    for (*above, last), value in values.items():
        place = record
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
    return record


def applied(texts, changes):
    """The records that `changes` lead to from those in `texts`, all in canonical form: nothing
    is lost in a difference.
    """
    found = dict(texts)
    for change in changes:
        values = differences.flat(json.loads(found.pop(change.key, "{}")))
        for one in change.fields:
            values.pop(one.path, None)
            if one.new is not None:
                values[one.path] = one.new
        if change.what not in (What.WITHDRAWN, What.SUPERSEDED):
            found[change.key] = canonical.canonical(built(values))
    return found


@given(states, states)
def test_a_difference_applied_to_the_old_gives_the_new(old, new):
    before, after = (
        {key: canonical.canonical(record) for key, record in one.items()}
        for one in (old, new)
    )

    found = difference(Texts(before), Texts(after))

    assert applied(before, found.changes) == after
    assert {key for key in after if before.get(key) == after[key]} == set(
        found.same,
    )


@pytest.mark.django_db
def test_a_category_that_is_renamed_changes_by_itself():
    category = CategoryFactory(
        taxonomy=TaxonomyFactory(slug="v2"),
        code="1",
        name="Audits",
    )
    ClassificationFactory(category=category)
    before = Today()
    assert before.texts

    category.name = "Inspections"
    category.save()

    assert [change.key for change in difference(before, Today()).changes] == [
        Key("category", "v2:1"),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "write",
    [
        lambda placed: Mitigation.objects.filter(
            pk=placed.mitigation_id,
        ).update(name="Another"),
        lambda placed: Mitigation.objects.filter(
            pk=placed.mitigation_id,
        ).update(status="draft"),
        lambda placed: MitigationFactory(),
        lambda placed: placed.delete(),
        lambda placed: Category.objects.filter(pk=placed.category_id).update(
            name="Another",
        ),
        lambda placed: Document.objects.filter(
            pk=placed.mitigation.document_id,
        ).update(slug="elsewhere"),
    ],
    ids=[
        "changed",
        "gone",
        "new",
        "placed elsewhere",
        "another category",
        "another document",
    ],
)
def test_what_a_process_kept_of_today_is_what_it_would_read(write):
    ClassificationFactory(), MitigationFactory()
    placed = ClassificationFactory()
    assert Lately().digests() == Today().digests()

    write(placed)

    now = Today()
    assert Lately().digests() == now.digests()
    assert Lately().bodies(now.texts) == now.texts


@pytest.mark.django_db(transaction=True)
def test_of_today_only_mitigations_that_changed_are_read_again(monkeypatch):
    first, _ = MitigationFactory.create_batch(2)
    Lately().digests()
    read = []
    monkeypatch.setattr(
        differences,
        "mitigations",
        lambda keys: read.extend(keys) or canonical.mitigations(keys),
    )

    Mitigation.objects.filter(pk=first.pk).update(name="Another")
    Lately().digests()

    assert read == [first.pk]

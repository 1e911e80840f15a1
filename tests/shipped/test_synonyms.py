"""The synonyms that come with the catalogue."""

import pytest

from catalogue.listing.index import current_index
from catalogue.listing.search_terms import Vocabulary, meanings_of
from catalogue.listing.synonyms import synonyms_of
from catalogue.listing.word_forms import root
from catalogue.listing.words import tokens
from catalogue.models import Synonym
from catalogue.models.synonym import lines

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]


def test_each_leads_to_a_mitigation_or_to_a_category_that_has_none_yet():
    index = current_index()
    astray = []
    for synonym in Synonym.objects.all():
        expansion = synonyms_of(index).of(tokens(synonym.term))
        if not meanings_of(tokens(synonym.term), index) and not (
            expansion.categories
        ):
            astray.append(synonym.term)

    assert astray == []


def test_none_is_typed_for_two_things():
    typed = [
        tuple(map(root, tokens(one)))
        for synonym in Synonym.objects.all()
        for one in synonym.typed
    ]

    twice = {one for one in typed if typed.count(one) > 1}

    assert twice == set()


def test_all_words_of_a_meaning_are_words_of_the_catalogue():
    known = Vocabulary(current_index())
    unknown = {}
    for synonym in Synonym.objects.all():
        for line in lines(synonym.means):
            for word in tokens(line):
                if not word.isdigit() and not known.forms(word):
                    unknown[synonym.term] = line

    assert unknown == {}

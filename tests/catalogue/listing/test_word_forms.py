"""Which words are forms of one word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.listing.english import frequencies
from catalogue.listing.word_forms import by_root, related_roots, root

#: Of the words of English, so many are compared with all their forms.
COMMONEST = 40_000

FORMS = """
    audit audits audited auditing
    policy policies
    box boxes
    process processes processed processing
    bias biases biased
    plan planned planning plans
    plane planed planing
    stage staged staging
    model models modelling modeling modelled
    label labelled labeled
    use used using uses
    apply applied applies
    licence license licences licensed licensing
    organise organize organising organisation organizations
    behaviour behavior
    programme program programmes
    defence defense
    randomized randomisation randomise
    center central centre
    tease teased teasing
    deploy deploys deployed deployment deployments
    evaluate evaluating evaluation evaluations
    encrypt encrypted encryption
    verify verified verification
    notify notified notification
    rehearse rehearsing rehearsal
    assess assessed assessment
    protect protecting protection
    secure security secured
    transparent transparency
    vulnerable vulnerability vulnerabilities
    disclose disclosed disclosure
    capable capability capabilities
    accountable accountability
    liable liability
    robust robustness
    harm harms harmful
    deepfake deepfakes
    chatbot chatbots
"""
#: Porter's stemmer joins these, or cuts them so much that they could meet.
OTHER_WORDS = """
    government governance
    government govern
    international internal
    international internals
    general generative
    general generate
    emergency emerging
    emergency emergence
    account accountability
    authority author
    authorised authorities
    response responsible
    communication community
    universal university
    organ organisation
    object objective
    critical criticism
    corporation corporal
    execute executive
    operator operation
    computer compute
    developer development
    deployer deployment
    employer employment
    product producer
    department departure
    statement station
    state station
    import importance
    inform information
    public publicity
    publication publicity
    person personal
    custom customer
    agent agency
    proven provenance
    adversary adversarial
    applicant application
    assistant assistance
    observe observability
    need needle
    thing the
    pass passion
    act action
    less lesson
"""


def pairs(text: str) -> list[tuple[str, str]]:
    """The first word of each line with each other one."""
    lines = [line.split() for line in text.strip().splitlines()]
    return [(line[0], other) for line in lines for other in line[1:]]


def are_forms(word: str, other: str) -> bool:
    return root(other) in related_roots(word)


@pytest.mark.parametrize(("word", "other"), pairs(FORMS))
def test_forms_of_a_word_are_joined(word, other):
    assert are_forms(word, other)
    assert are_forms(other, word)


@pytest.mark.parametrize(("word", "other"), pairs(OTHER_WORDS))
def test_words_that_only_look_alike_are_not(word, other):
    assert not are_forms(word, other)
    assert not are_forms(other, word)


def test_of_two_words_each_is_a_form_of_the_other_or_none_is():
    """Of all pairs among the commonest words of English that are forms."""
    words = sorted(frequencies(), key=frequencies().get)[-COMMONEST:]
    having = by_root(words)
    one_sided = [
        (word, other)
        for word in words
        for near in related_roots(word)
        for other in having.get(near, ())
        if not are_forms(other, word)
    ]

    assert one_sided == []


@given(st.text(max_size=20))
def test_anything_has_a_root(text):
    assert root(text) in related_roots(text)

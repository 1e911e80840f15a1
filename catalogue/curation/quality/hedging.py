"""Sentences that say that a measure works, where they should say what it is meant to do."""

import re

from .words import SENTENCE

#: Words of outcomes that no study has shown.
ABSOLUTE = re.compile(
    r"\b(?:never|nobody|no one|cannot|can not|can[’']t|impossible|always|no longer"
    r"|(?:guarantee|ensure|eliminate)[sd]?)\b",
    re.I,
)
#: Ways to say that harm does not come about: “is then caught”, “prevents”.
OUTCOME = re.compile(
    r"\b(?:(?:is|are|gets?|been) (?:(?:then|thus|thereby|soon|\w+ly) )?"
    r"(?:stopped|caught|prevented|blocked|avoided|averted|thwarted|foiled|defeated|unmasked|detected"
    r"|discovered|exposed|noticed|found out|washed out|removed|kept out|kept from|shut out|turned away)"
    r"|(?:prevent|avert|thwart|foil|defeat)s|thereby prevent|comes? to nothing)\b",
    re.I,
)
#: An aim, and no effect.
AIM = re.compile(
    r"\b(?:meant|intend(?:s|ed)?|intention|aim(?:s|ed)?|purpose|goal|hop(?:e|es|ed|ing)|idea|seeks?|sought"
    r"|tr(?:y|ies|ying)|supposed|designed|should|expected|ideally|reasoning|in order to)\b",
    re.I,
)
#: A possibility, which makes an outcome open, and no absolute word: “nobody can”.
POSSIBILITY = re.compile(r"\b(?:can|could|may|might)\b", re.I)


def claims_of_effect(text: str) -> list[str]:
    """The words by which a text says without a hedge that something is achieved, such as
    “nobody” or “are caught”, in their order. Each sentence is judged by itself, and so is what
    follows a colon or semicolon.
    """
    claims = []
    for sentence in SENTENCE.split(text):
        if AIM.search(sentence):
            continue
        matches = list(ABSOLUTE.finditer(sentence))
        if not POSSIBILITY.search(sentence):
            matches += OUTCOME.finditer(sentence)
        for match in sorted(matches, key=re.Match.start):
            claims.append(" ".join(match[0].lower().split()))
    return claims

"""What laws, codes and standards ask about measures, as pages show it."""

from collections import Counter
from dataclasses import dataclass

from ..listing.index import current_index
from ..models import Instrument, Mitigation
from ..record.asking import (
    NO_ADVICE,
    NOT_LOOKED_AT,
    Answer,
    asking_about,
    by_instrument,
    kind_with_code,
)
from ..record.looked_for import looked_for

#: What is said of more of them is said once, on paper.
SAID_OFTEN = 2


@dataclass(frozen=True)
class AskingInstrument:
    """An instrument, with its provisions that ask for one mitigation."""

    instrument: Instrument
    answers: list[Answer]

    @property
    def kind(self) -> str:
        """“binding law, in the New York General Business Law”."""
        mappings = [answer.mapping for answer in self.answers]
        return kind_with_code(
            [one.provision for one in mappings if one.provision],
        )


@dataclass(frozen=True)
class Askers:
    """Several of them: all that are law, or all that are not."""

    askers: list[AskingInstrument]

    @property
    def provision_count(self) -> int:
        return sum(len(one.answers) for one in self.askers)

    @property
    def mostly_judged(self) -> str:
        """Who judged most of them, and how sure: a printed page says it once, below them. Empty
        where that is said of too few to save a line.
        """
        judged: Counter[str] = Counter()
        for one in self.askers:
            judged.update(answer.judged for answer in one.answers)
        for said, count in judged.most_common(1):
            return said if count > SAID_OFTEN else ""
        return ""


def asked_for_by(mitigation: Mitigation) -> dict:
    """What a mitigation's page says of laws, codes and standards: `in_law` and `beyond_law`."""
    looked = looked_for(current_index())
    in_law, beyond_law = [], []
    [of_this] = asking_about([mitigation.pk])
    asking = by_instrument(of_this)
    for instrument, some in asking.items():
        asker = AskingInstrument(instrument, [Answer(row) for row in some])
        (in_law if instrument.is_binding else beyond_law).append(asker)
    return {
        "in_law": Askers(in_law),
        "beyond_law": Askers(beyond_law),
        "looked_for": looked,
        "not_yet_looked_for": looked.not_yet_in_words(asking),
        "not_looked_at": NOT_LOOKED_AT,
        "no_advice": NO_ADVICE,
    }

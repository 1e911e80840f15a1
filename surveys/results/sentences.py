"""What experts said of a measure, in one sentence made from counts.

Pages, API, files and feeds take the same. No sentence is made from a missing value: `sentence`
is then None, and `absence` says in plain words why.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib.humanize.templatetags.humanize import apnumber

from .. import estimates
from ..models import Criterion, Item, Study
from .findings import Finding
from .statistics import SHARE_AGREEING, SHARE_OF_COMBINATIONS, Estimate
from .wording import NOT_REPORTED, percent

NOT_ASKED = "not in this study"
TOO_FEW = "too few answers to be shown"
NOT_ASKED_THERE = "not asked for this risk area"
PRELIMINARY = "These results are preliminary."
TOGETHER_NOT_PUBLISHED = (
    "How many would combine two of these is not known here."
)
UNKNOWN_NUMBER = "how many answered on this measure is not known here"
#: In words how many agree, by the least share of all who answered: the first that is reached.
BANDS = [
    (1.0, "all"),
    (0.9, "nearly all"),
    (0.75, "a large majority"),
    (0.5, "a majority"),
    (0.25, "a minority"),
    (0.0, "few"),
]


@dataclass(frozen=True)
class Sentence:
    """`lead` says how many, such as “49 of 51 experts”, and stands out on pages; `rest` goes on
    from there, and `note` follows it.
    """

    lead: str
    rest: str
    note: str = ""

    def __str__(self):
        return " ".join(filter(None, [self.lead, self.rest, self.note]))


def sentence(
    finding: Finding,
    areas: int = 1,
    names: Sequence[str] = (),
) -> Sentence | None:
    """What was found, or None where nothing is known of it. `areas`: in how many risk areas the
    same was found; `names`: which these are, where the sentence is to say it.
    """
    note = PRELIMINARY if finding.result.item.study.is_preliminary else ""
    if finding.criterion is None:
        parts = _of_combinations(finding)
    elif finding.n:
        parts = _of_counts(finding, areas, names)
    else:
        parts = _of_share(finding, areas, names)
    if parts is None:
        return None
    return Sentence(*parts, note)


def short_sentence(finding: Finding, areas: int = 1) -> str:
    """For a cell of a table: what agreed, without the others. Empty where nothing is known."""
    if finding.criterion is None:
        return ""
    if finding.n:
        agreeing = estimates.count_agreeing(finding.counts)
        lead = f"{agreeing:,} of {finding.n:,}"
    else:
        share = finding.estimates[SHARE_AGREEING]
        if not share.is_known:
            return ""
        lead = _bounded(share)
    return f"{lead} {_predicate(finding, areas, [])}"


def share_in_words(finding: Finding) -> str:
    """How many agree, in words of which each stands for a fixed range: “nearly all”. Empty
    where a bound leaves it open, or nothing is known.
    """
    share = finding.estimates[SHARE_AGREEING]
    if share.value is None or share.operator:
        return ""
    if share.value == 0:
        return "none"
    if share.value == 0.5:
        return "half"
    return next(word for least, word in BANDS if share.value >= least)


def interval_sentence(finding: Finding) -> str:
    """What the interval of the share means, and for whom: studies choose their experts. Empty:
    it has none.
    """
    share = finding.estimates[SHARE_AGREEING]
    if share.low is None or share.high is None:
        return ""
    answer = "agree" if _is_agreement(finding) else f"answer {share.label}"
    return f"Had they been drawn at random, {share.between} of all such experts would likely {answer}."


def place_sentence(finding: Finding) -> str:
    """Where it stands in its study, and by what: “2nd to 31st of 50 measures in this study, by
    the share who agree”. Empty: it has no place.
    """
    rank = finding.rank
    if rank is None:
        return ""
    noun = "measure" if rank.of == 1 else "measures"
    answer = "agree"
    if not _is_agreement(finding):
        answer = f"answered “{finding.scale.agree}”"
    return f"{rank} {noun} in this study, by the share who {answer}"


def strongest_sentence(
    strongest: list[tuple[str, Finding]],
    count: int,
) -> Sentence:
    """Which of `count` measures that one question of one study was asked about have the most
    support: (name, finding) of each that is named, the most first. All are known as shares and
    not as bounds.
    """
    most = strongest[0][1]
    experts = "experts" if most.n else "of experts"
    alike = [list(group) for _, group in groupby(strongest, key=_end_of_named)]
    first, *others = [_together_named(group) for group in alike]
    lead = f"Strongest support among {count:,} of these measures: {first} {experts}"
    predicate = _predicate(most, 1, [])
    if others:
        further = [f"then {one}" for one in others]
        predicate = "; ".join([predicate.removesuffix("."), *further]) + "."
    note = PRELIMINARY if most.result.item.study.is_preliminary else ""
    return Sentence(lead, predicate, note)


def tied_sentence(finding: Finding, shown: int, count: int) -> str:
    """That `shown` of `count` measures with the same answers stand above, and which."""
    return f"Named are {shown:,} of the {count:,} measures with {_end(finding)} experts: those with the most who {_strongest_answer(finding)}."


def _strongest_answer(finding: Finding) -> str:
    if _is_agreement(finding):
        return "agree strongly"
    return f"answered “{finding.scale.strongly_agree}”"


def _together_named(alike: list[tuple[str, Finding]]) -> str:
    """“A, 50 of 51”; of several that have the same “A, B and C, for each 50 of 51”."""
    *others, last = [name for name, _ in alike]
    end = _end_of_named(alike[0])
    if others:
        return f"{', '.join(others)} and {last}, for each {end}"
    return f"{last}, {end}"


def _end_of_named(named: tuple[str, Finding]) -> str:
    return _end(named[1])


def _end(finding: Finding) -> str:
    if not finding.n:
        share = finding.estimates[SHARE_AGREEING]
        return percent(share.value or 0)
    agreeing = estimates.count_agreeing(finding.counts)
    return f"{agreeing:,} of {finding.n:,}"


def bands_in_words() -> str:
    """Which shares the words of `share_in_words` stand for."""
    words = [
        f"“{word}” {percent(least)} or more"
        for least, word in BANDS
        if 0 < least < 1
    ]
    return f"“All”, “none” and “half” are just that; {', '.join(words)}, “few” less."


def together_sentence(
    first: str,
    second: str,
    chosen: int | None,
    n: int | None,
    minimum: int,
) -> str:
    """How often two measures stood in one combination: `chosen` of `n` experts, None where that
    is withheld since a group of fewer than `minimum` could be told from it.
    """
    both = f"“{first}” and “{second}”"
    if chosen is None or n is None:
        return f"How many would combine {both} is withheld: a group of fewer than {minimum} experts could be told from it."
    lead = _experts(chosen, n)
    return (
        f"{lead} put both {both} into the combination that they would choose."
    )


# Counts


def _of_counts(
    finding: Finding,
    areas: int,
    names: Sequence[str],
) -> tuple[str, str]:
    n = finding.n or 0
    agreeing = estimates.count_agreeing(finding.counts)
    lead = _experts(agreeing, n)
    if finding.expertise_area:
        lead = f"{lead} ({finding.expertise_area})"
    return lead, _predicate(finding, areas, _others(finding), names)


def _experts(count: int, n: int) -> str:
    if n == 1:
        return "The one expert who answered" if count else "0 of 1 expert"
    if count == 0:
        return f"None of {n:,} experts"
    if count < n:
        return f"{count:,} of {n:,} experts"
    return "Both experts" if n == 2 else f"All {n:,} experts"


def _others(finding: Finding) -> list[str]:
    """What those answered who did not agree: “1 disagreed”, “7 did not know”."""
    parts = []
    disagreeing = estimates.count_disagreeing(finding.counts)
    if disagreeing:
        if finding.scale.disagree == "disagree":
            parts.append(f"{disagreeing:,} disagreed")
        else:
            parts.append(f"{disagreeing:,} said “{finding.scale.disagree}”")
    parts += _undecided(finding)
    if finding.dont_know:
        parts.append(f"{finding.dont_know:,} did not know")
    return parts


def _undecided(finding: Finding) -> list[str]:
    counts: dict[str, int] = {}
    for answer in finding.answers:
        point = answer.point
        if point.side == 0 and not point.is_dont_know and answer.count:
            counts[point.label] = counts.get(point.label, 0) + answer.count
    if _is_agreement(finding):
        total = sum(counts.values())
        if not total:
            return []
        return [f"{total:,} {'was' if total == 1 else 'were'} neutral"]
    return [
        f"{count:,} said “{label[:1].lower()}{label[1:]}”"
        for label, count in counts.items()
    ]


# Shares that are published without counts


def _of_share(
    finding: Finding,
    areas: int,
    names: Sequence[str],
) -> tuple[str, str] | None:
    share = finding.estimates[SHARE_AGREEING]
    if not share.is_known:
        return None
    lead = f"{_bounded(share)} of experts"
    return lead, _predicate(finding, areas, [UNKNOWN_NUMBER], names)


def _of_combinations(finding: Finding) -> tuple[str, str] | None:
    share = finding.estimates[SHARE_OF_COMBINATIONS]
    if not share.is_known:
        return None
    result = finding.result
    if result.combined is not None and result.combiners:
        lead = _experts(result.combined, result.combiners)
        return lead, "put it into the combination that they would choose."
    lead = f"{_bounded(share)} of the combinations that experts preferred"
    return lead, "include it."


def _bounded(share: Estimate) -> str:
    return bounded(share.value or 0, share.operator)


def bounded(share: float, operator: str) -> str:
    """A share, or a bound of one: “More than 60 %”."""
    text = percent(share)
    words = {">": f"More than {text}", "<": f"Fewer than {text}"}
    return words.get(operator, text)


def majority_of_experts(shares: Collection[tuple[float, str]]) -> str:
    """Who they are that agree with each of several measures, of which more than half do:
    (share, operator) of each. Where these are one and the same, as published: “More than 60 % of
    experts”.
    """
    published = {bounded(*share) for share in shares}
    if len(published) == 1:
        return f"{published.pop()} of experts"
    return "More than half of the experts"


# What they agreed to


def _is_agreement(finding: Finding) -> bool:
    return finding.scale.agree == "agree"


def _verb(finding: Finding) -> str:
    if _is_agreement(finding):
        return "agreed"
    return f"said “{finding.scale.agree}”"


def _predicate(
    finding: Finding,
    areas: int,
    others: list[str],
    names: Sequence[str] = (),
) -> str:
    """What follows how many experts it were, to the end of the sentence."""
    criterion = finding.criterion
    if criterion.clause:
        clause = _clause(finding, criterion, areas, names)
        parts = [clause, ", ".join(others)]
        return "; ".join(filter(None, parts)) + "."
    verbs = ", ".join([_verb(finding), *others])
    where = ""
    if areas > 1:
        where = f" in each of {apnumber(areas)} risk areas{_named(names)}"
    study = finding.result.item.study
    asked = study.quoted(criterion, finding.risk_area)
    end = "" if asked.endswith(("?”", ".”", "!”")) else "."
    return f"{verbs}{where}: {asked}{end}"


def _clause(
    finding: Finding,
    criterion: Criterion,
    areas: int,
    names: Sequence[str],
) -> str:
    area = finding.risk_area
    if areas > 1:
        against = f"risks in each of {apnumber(areas)} areas{_named(names)}"
    elif area:
        against = area.in_sentence
    else:
        against = "risks"
    if Criterion.PLACE in criterion.clause:
        return criterion.clause.replace(Criterion.PLACE, against)
    if area or areas > 1:
        return f"{criterion.clause}, asked about {against}"
    return criterion.clause


def _named(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


# Where there is nothing to say


def why_no_share(study: Study, risk_areas: Collection[str] = ()) -> str:
    """Why an item of a study has no share that could be shown; `risk_areas` (slugs): for these."""
    if not study.ran_here:
        return NOT_REPORTED
    asked = {
        area.slug
        for criterion, area in study.questions
        if area and criterion.is_support
    }
    if not risk_areas or asked & set(risk_areas):
        return TOO_FEW
    return NOT_ASKED_THERE


def absence(item: Item, risk_areas: Collection[str] = ()) -> str:
    """What stands in place of a sentence."""
    reason = why_no_share(item.study, risk_areas)
    if reason == TOO_FEW:
        least = item.study.min_cell_size
        return f"Fewer than {least} experts answered about this measure, too few to show what they said."
    if reason == NOT_ASKED_THERE:
        return "Experts were not asked about this risk area."
    if risk_areas:
        return "What experts answered for this risk area is not known here."
    return "Experts were asked about this measure; what they answered is not known here."

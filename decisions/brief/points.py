"""The key points of a brief: which sentences its measures give."""

from collections import defaultdict
from collections.abc import Callable

from surveys.results.findings import Finding, supporting
from surveys.results.sentences import (
    TOO_FEW,
    bounded,
    strongest_sentence,
    why_no_share,
)
from surveys.results.statistics import SHARE_AGREEING
from surveys.results.support import Line, Support

from ..shortlist.coverage import Coverage, Covered, FieldCoverage
from . import sentences

#: So many measures with the most support stand among the key points.
MOST_NAMED = 3
#: A study and what it asked, by their keys.
Question = tuple[int, int]
#: What each measure is called, by the key of each of its wordings.
Names = dict[int, str]
#: The name of a measure, and what was found of it.
Told = tuple[str, Line]


def key_points(
    names: Names,
    support: list[list[Support]],
    coverage: Coverage,
    target: str,
    law: list[str],
    further: list[str],
    gap_named: Callable[[Covered], str],
    bearing: str = "",
) -> list[str]:
    """`support`: what each study says of each measure, in any of its wordings. `target`: what the
    reader answers for; `bearing`: which measures bear on that. `law`: what it requires. `further`: what stands at the end.
    """
    return sentences.worth_saying(
        [
            bearing,
            *strongest_points(names, support),
            *further_points(names, support),
            _not_known(support),
            *law,
            *_of_coverage(coverage, target, gap_named),
            *further,
        ],
    )


def _not_known(support: list[list[Support]]) -> str:
    asked = [some for some in support if some]
    known = [some for some in asked if _key_lines(some)]
    unknown = [some for some in asked if not _key_lines(some)]
    too_few = 0
    for some in unknown:
        reasons = [why_no_share(one.item.study) for one in some]
        too_few += TOO_FEW in reasons
    return sentences.not_known(
        len(support),
        len(support) - len(asked),
        len(unknown) - too_few,
        too_few,
        sum(map(_has_bounds_only, known)),
        _preliminary_count(asked),
        _least_bound(known),
    )


def _key_lines(some: list[Support]) -> list[Finding]:
    return [line.finding for one in some for line in one.lines]


def _has_bounds_only(some: list[Support]) -> bool:
    return all(
        finding.estimates[SHARE_AGREEING].operator
        for finding in _key_lines(some)
    )


def _least_bound(known: list[list[Support]]) -> str:
    """“more than 60 %”: of those of which there are only bounds."""
    shares = []
    for some in filter(_has_bounds_only, known):
        for finding in _key_lines(some):
            share = finding.estimates[SHARE_AGREEING]
            shares.append((share.value or 0, share.operator))
    return bounded(*min(shares)).lower() if shares else ""


def _preliminary_count(asked: list[list[Support]]) -> int:
    """Of how many all that is known, of answers or of comments, is preliminary."""
    count = 0
    for some in asked:
        studies = [one.item.study for one in some if one.lines or one.leanings]
        is_preliminary = [study.is_preliminary for study in studies]
        count += bool(studies) and all(is_preliminary)
    return count


def strongest_points(
    names: Names,
    support: list[list[Support]],
) -> list[str]:
    """Which have the most support, for each question of each study that several measures were
    put to. What was asked by risk area has no such sentence, since its largest figures are of
    several areas; nor have bounds, of which none is the highest.
    """
    questions: dict[Question, list[Finding]] = defaultdict(list)
    for one in [one for some in support for one in some]:
        for finding in supporting(one.item):
            if not _is_comparable(finding):
                continue
            key = (one.item.study.pk, finding.criterion.pk)
            questions[key].append(finding)
    return [
        _strongest_named(findings, names)
        for findings in questions.values()
        if len(findings) > 1
    ]


def further_points(
    names: Names,
    support: list[list[Support]],
) -> list[str]:
    """What the strongest leave out: the only figure of a question, and figures that are bounds or
    of risk areas, where all measures with one have the same.
    """
    single: dict[Question, list[Told]] = defaultdict(list)
    others: dict[Question, list[Told]] = defaultdict(list)
    for said in [one for some in support for one in some]:
        name = names[said.item.mitigation_id]
        for line in said.lines:
            finding = line.finding
            key = (said.item.study.pk, finding.criterion.pk)
            found = single if _is_comparable(finding) else others
            found[key].append((name, line))
    points = [told for told in single.values() if len(told) == 1]
    points += filter(_is_told_alike, others.values())
    return [_line_of_alike(told) for told in points]


def _is_told_alike(told: list[Told]) -> bool:
    return len({str(line.told) for _, line in told}) == 1


def _line_of_alike(told: list[Told]) -> str:
    line = told[0][1]
    names = sentences.measures_named([name for name, _ in told])
    return with_origin(line.finding, f"{names}: {line.told}")


def _is_comparable(finding: Finding) -> bool:
    """Whether the shares of several measures can be put in order."""
    share = finding.estimates[SHARE_AGREEING]
    return share.is_known and not share.operator and not finding.risk_area


def _strongest_named(findings: list[Finding], names: dict[int, str]) -> str:
    in_order = sorted(findings, key=_share, reverse=True)
    least = _share(in_order[:MOST_NAMED][-1])
    # One that is no weaker than the last that is named is named, too.
    named = [
        (names[one.result.item.mitigation_id], one)
        for one in in_order
        if _share(one) >= least
    ]
    sentence = strongest_sentence(named, len(findings))
    return with_origin(findings[0], str(sentence))


def _share(finding: Finding) -> float:
    return finding.estimates[SHARE_AGREEING].value or 0


def with_origin(finding: Finding, text: str) -> str:
    """`text` with the study that it is of, and with the question, where that is not in it."""
    label = finding.result.item.study.label
    return f"{label}: {with_question(finding, text)}"


def with_question(finding: Finding, text: str) -> str:
    if finding.worded and finding.worded in text:
        return text
    return f"{text} Asked: {finding.asked}"


def _of_coverage(
    coverage: Coverage,
    target: str,
    gap_named: Callable[[Covered], str],
) -> list[str]:
    fields = coverage.fields
    count = sum(one.count for one in fields)
    missing, gaps = [], []
    for one in fields:
        for found, fillable in ((missing, False), (gaps, True)):
            some = _gaps_by_size(one, fillable)
            found.append((one.label, [gap_named(gap) for gap in some]))
    has_gaps = any(names for _, names in [*gaps, *missing])
    return [
        sentences.not_covered(gaps, target),
        sentences.without_any(missing, target),
        "" if has_gaps else sentences.all_covered(count),
    ]


def _gaps_by_size(group: FieldCoverage, fillable: bool) -> list[Covered]:
    """Its gaps, those with the most measures first."""
    found = [one for one in group.gaps if one.is_fillable == fillable]
    return sorted(found, key=lambda one: -one.all)

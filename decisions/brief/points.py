"""The key points of a brief: which sentences its measures give."""

from collections import defaultdict

from surveys.results.findings import Finding, supporting
from surveys.results.sentences import TOO_FEW, span_sentence, why_no_share
from surveys.results.statistics import SHARE_AGREEING
from surveys.results.support import Support

from ..shortlist.coverage import Coverage
from . import sentences


def key_points(
    support: list[list[Support]],
    coverage: Coverage,
    target: str,
    further: list[str],
) -> list[str]:
    """`support`: what each study says of each measure. `target`: what the reader answers for.
    `further`: what stands at the end.
    """
    asked = [some for some in support if some]
    known = [some for some in asked if _key_lines(some)]
    bounded = [some for some in known if _has_bounds_only(some)]
    return sentences.worth_saying(
        [
            sentences.put_to_experts(len(asked), len(support)),
            sentences.with_figures(
                len(known),
                len(asked),
                _preliminary_count(known),
            ),
            *spans(support),
            sentences.with_bounds_only(
                len(bounded),
                _preliminary_count(bounded),
            ),
            *_points_without_figures(
                [some for some in asked if not _key_lines(some)],
            ),
            *_of_coverage(coverage, target),
            *further,
        ],
    )


def _key_lines(some: list[Support]) -> list[Finding]:
    return [line.finding for one in some for line in one.lines]


def _has_bounds_only(some: list[Support]) -> bool:
    return all(
        finding.estimates[SHARE_AGREEING].operator
        for finding in _key_lines(some)
    )


def _preliminary_count(known: list[list[Support]]) -> int:
    """Of how many all that is known is preliminary."""
    count = 0
    for some in known:
        studies = [one.item.study for one in some if one.lines]
        count += all(study.is_preliminary for study in studies)
    return count


def _points_without_figures(unknown: list[list[Support]]) -> list[str]:
    too_few = 0
    for some in unknown:
        reasons = [why_no_share(one.item.study) for one in some]
        too_few += TOO_FEW in reasons
    return [
        sentences.with_too_few_answers(too_few),
        sentences.with_unreported_answers(len(unknown) - too_few),
    ]


def spans(support: list[list[Support]]) -> list[str]:
    """From where to where answers lie, for each question of each study that several measures
    were put to. What was asked by risk area has no such sentence, since its largest figures are
    of several areas; nor have bounds, of which none is the lowest or the highest.
    """
    questions: dict[tuple[int, int], list[Finding]] = defaultdict(list)
    for one in [one for some in support for one in some]:
        for finding in supporting(one.item):
            share = finding.estimates[SHARE_AGREEING]
            if finding.risk_area or share.operator or not share.is_known:
                continue
            key = (one.item.study.pk, finding.criterion.pk)
            questions[key].append(finding)
    return [
        _span(findings) for findings in questions.values() if len(findings) > 1
    ]


def _span(findings: list[Finding]) -> str:
    in_order = sorted(
        findings,
        key=lambda one: one.estimates[SHARE_AGREEING].value or 0,
    )
    sentence = span_sentence(in_order[0], in_order[-1], len(findings))
    return with_origin(findings[0], str(sentence))


def with_origin(finding: Finding, text: str) -> str:
    """`text` with the study that it is of, and with the question, where that is not in it."""
    parts = [f"{finding.result.item.study.label}:", text]
    if not finding.worded or finding.worded not in text:
        parts.append(f"Asked: {finding.asked}")
    return " ".join(parts)


def _of_coverage(coverage: Coverage, target: str) -> list[str]:
    fields = coverage.fields
    gaps = [one.value.name for one in coverage.gaps]
    missing = [one.value.name for one in coverage.unfillable]
    count = sum(len(one.values) for one in fields)
    return [
        sentences.not_covered(gaps, target),
        sentences.without_any(missing, target),
        "" if gaps or missing else sentences.all_covered(count),
    ]

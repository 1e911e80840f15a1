"""What a study found, in one or two sentences made of its figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import apnumber

from ...models import Criterion
from ..evidence import ItemEvidence
from ..findings import Finding
from ..sentences import bounded
from ..statistics import SHARE_AGREEING
from .plot import Dot, Row, dot_of

#: Of how many measures in a hundred more than half agree, at least, and how that is said.
BANDS = (
    (100, "all"),
    (90, "nearly all"),
    (60, "most"),
    (40, "about half of the"),
    (0, "few"),
)


@dataclass(frozen=True)
class _Measure:
    """One measure with its dots: one, or one for each risk area."""

    dots: list[tuple[Finding, Dot]]

    @property
    def has_majority(self) -> bool:
        return all(2 * dot.agreeing > dot.answered for _, dot in self.dots)


def headline(rows: Sequence[Row], *, group: str = "") -> str:
    """Which part of the measures more than half agree with, and where agreement is lowest.

    “More than half” is of all who answered, don't know included. A measure asked about by risk
    area counts where more than half agree in each of them. `group` is the experts' field where
    `rows` are of one. Empty where there is no answer.
    """
    measures = _measures_of_rows(rows)
    if not measures:
        return ""
    first = measures[0].dots[0][0]
    if len(measures) == 1 and len(measures[0].dots) == 1:
        return _of_one(*measures[0].dots[0], group)
    count = sum(measure.has_majority for measure in measures)
    sentences = [_main(first, count, len(measures), _areas(rows), group)]
    if lowest := _lowest(measures):
        sentences.append(lowest)
    return " ".join(sentences)


def measures_in_words(count: int, of: int) -> str:
    """How a part of a whole is said: “nearly all”. Raises ValueError where the whole is
    nothing.
    """
    if of < 1:
        raise ValueError("Of nothing there is no part.")
    if not count:
        return "none of the"
    return next(words for least, words in BANDS if 100 * count >= least * of)


def _measures_of_rows(rows: Sequence[Row]) -> list[_Measure]:
    by_item: dict[int, list[tuple[Finding, Dot]]] = {}
    for row in rows:
        item, finding = row
        dot = dot_of(row)
        if dot is not None:
            by_item.setdefault(item.item.pk, []).append((finding, dot))
    return [_Measure(dots) for dots in by_item.values()]


def _areas(rows: Sequence[Row]) -> list[str]:
    names = {}
    for _, finding in rows:
        if finding.risk_area:
            names[finding.risk_area.name] = finding.risk_area.position
    return sorted(names, key=lambda name: names[name])


def _experts_of(group: str) -> str:
    return f"Experts in {group}" if group else "Experts"


def _where(areas: list[str]) -> str:
    if len(areas) == 1:
        return f", for {areas[0]}"
    if areas:
        return f" in each of {apnumber(len(areas))} risk areas"
    return ""


def _main(
    first: Finding,
    count: int,
    of: int,
    areas: list[str],
    group: str,
) -> str:
    part = measures_in_words(count, of)
    label = first.scale.agree
    who = _experts_of(group)
    if label == "agree":
        claim = f"{who} agree with {part} measures"
        agreed = "more than half agreed with"
    else:
        claim = f"{who} rate {part} measures “{label}”"
        agreed = "more than half did so for"
    where = _where(areas)
    if not count:
        agreed = agreed.replace(
            "more than half",
            "fewer than half, or just half,",
        )
        return f"{claim}{where}: {agreed} each of the {of}."
    number = f"all {of}" if count == of else f"{count} of {of}"
    return f"{claim}{where}: {agreed} {number}."


def _of_one(finding: Finding, dot: Dot, group: str) -> str:
    label = finding.scale.agree
    who = f"{dot.count} experts"
    if group:
        who = f"{dot.count} experts in {group}"
    where = f", for {finding.risk_area}" if finding.risk_area else ""
    if label == "agree":
        return f"{who} agreed with “{dot.label}”{where}."
    return f"{who} rated “{dot.label}” {label}{where}."


def _lowest(measures: list[_Measure]) -> str:
    """Where agreement is lowest; empty where that is no single measure."""
    by_share = []
    for measure in measures:
        for finding, dot in measure.dots:
            by_share.append((dot.value, len(by_share), finding, dot))
    if len(by_share) < 3:
        return ""
    by_share.sort(key=lambda one: one[:2])
    (lowest, _, finding, dot), (next_lowest, *_) = by_share[:2]
    if lowest == next_lowest:
        return ""
    where = f" for {finding.risk_area}" if len(measures[0].dots) > 1 else ""
    return f"Agreement is lowest on “{dot.label}”{where}: {dot.count}."


def headline_of_bounds(items: Sequence[ItemEvidence]) -> str:
    """What is published of measures without counts, where it is the same of each of them in
    each risk area; `items` are all that the study asked about. Empty where it is not.
    """
    bounded = [item for item in items if item.published]
    if not bounded:
        return ""
    findings = [finding for item in bounded for finding in item.published]
    shares = {_published_share(finding) for finding in findings}
    criteria = {finding.result.criterion_id for finding in findings}
    asked = {
        tuple(finding.result.risk_area_id for finding in item.published)
        for item in bounded
    }
    if len(shares) > 1 or len(criteria) > 1 or len(asked) > 1:
        return ""
    who = f"{shares.pop()} of experts"
    what = _all_measures(len(bounded))
    if len(bounded) < len(items):
        what += " with figures known here"
    areas = len(bounded[0].published)
    where = f" in all {apnumber(areas)} risk areas" if areas > 1 else ""
    return f"{who} {_found(findings[0], what)}{where}."


def _all_measures(count: int) -> str:
    if count == 1:
        return "the one measure"
    if count == 2:
        return "both measures"
    return f"all {apnumber(count)} measures"


def _published_share(finding: Finding) -> str:
    share = finding.estimates[SHARE_AGREEING]
    return bounded(share.value or 0, share.operator)


def answered(finding: Finding) -> str:
    """What those did who are counted as agreeing, after “experts who”: “agree”, “answered “very
    effective””, or, where the scale is not reported, “found it effective”.
    """
    if finding.scale.points:
        label = finding.scale.agree
        return label if label == "agree" else f"answered “{label}”"
    return _found(finding, "it")


def _found(finding: Finding, what: str) -> str:
    """“found all three measures effective” where the question asks whether they are that."""
    label = finding.scale.agree
    if finding.scale.points and label != "agree":
        return f"rated {what} {label}"
    return found(finding.criterion, what)


def found(criterion: Criterion, what: str) -> str:
    """What those who agree said of `what`, where nothing is known of the scale but that."""
    name = criterion.name
    if f" {name.lower()}" in criterion.question.lower():
        return f"found {what} {name.lower()}"
    return f"agreed with {what}, asked “{name}”"

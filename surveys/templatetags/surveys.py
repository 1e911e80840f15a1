"""What studies say of an entry of a list."""

from django import template

from surveys.models import Item
from surveys.results.bars import Range
from surveys.results.findings import foremost, supporting
from surveys.results.statistics import SHARE_AGREEING, Estimate

register = template.Library()


@register.inclusion_tag("surveys/_support.html")
def support(item: Item, risk_areas: tuple[str, ...] = ()):
    """The share of experts who agree, in one line with its question and its study; or that the
    study has none. With `risk_areas` (slugs that readers filter by) it is that of each of
    these; otherwise the largest, named for all risk areas that have the same.
    """
    if risk_areas:
        findings = supporting(item, risk_areas)
        return {"item": item, "findings": findings, "by_risk_area": True}
    largest = foremost(item)
    if largest is None:
        return {"item": item, "findings": []}
    text = largest.estimates[SHARE_AGREEING].text
    alike = 0
    for finding in supporting(item):
        if (
            finding.risk_area
            and finding.estimates[SHARE_AGREEING].text == text
        ):
            alike += 1
    return {"item": item, "findings": [largest], "alike": alike}


@register.inclusion_tag("surveys/_range.html")
def share_range(estimate: Estimate):
    """A share, or a bound, on a line from 0 to 100 %."""
    return {"range": Range(estimate)}

"""What studies say of an entry of a list."""

from django import template

from surveys.models import Criterion, Item, Study
from surveys.results.bars import Range, coordinate
from surveys.results.statistics import Estimate
from surveys.results.support import Support, support_of

register = template.Library()


@register.simple_tag
def support(item: Item, risk_areas: tuple[str, ...] = ()) -> Support:
    """What one study says of an entry; `risk_areas`: slugs that readers filter by."""
    return support_of(item, risk_areas)


@register.filter
def unbroken(text) -> str:
    """The text with no line broken between a number and its per cent."""
    return str(text).replace(" %", "\N{NO-BREAK SPACE}%")


register.filter(coordinate)


@register.filter
def quoted_by(criterion: Criterion, study: Study) -> str:
    """A question as pages tell it, in quotation marks only where experts read these words."""
    return study.quoted(criterion)


@register.filter
def quoted_with_source_by(criterion: Criterion, study: Study) -> str:
    """The same, which says whose words these are."""
    return study.quoted_with_source(criterion)


@register.inclusion_tag("surveys/_range.html")
def share_range(estimate: Estimate):
    """A share, or a bound, on a line from 0 to 100 %."""
    return {"range": Range(estimate)}

"""What studies say of an entry of a list."""

from django import template

from surveys.models import Item

register = template.Library()


@register.inclusion_tag("surveys/_support.html")
def support(item: Item, risk_areas: tuple[str, ...] = ()):
    """The share of experts who agree, in one line. With `risk_areas` (slugs that readers filter by) it is that of each of these,
    and says so where there is none; otherwise the largest, named for all risk areas that have the same."""
    shares = [finding for finding in item.findings if finding.is_support and finding.result.agreement is not None]
    if risk_areas:
        chosen = [finding for finding in shares if finding.risk_area and finding.risk_area.slug in risk_areas]
        return {"item": item, "findings": chosen, "is_without": not chosen}
    foremost = item.foremost
    alike = [finding for finding in shares if finding.risk_area and finding.agreeing.text == foremost.agreeing.text]
    return {"item": item, "findings": [foremost] if foremost else [], "alike": len(alike)}

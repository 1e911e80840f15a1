"""What studies say of an entry of a list."""

from django import template

from surveys.models import Item

register = template.Library()


@register.inclusion_tag("surveys/_support.html")
def support(item: Item, risk_areas: tuple[str, ...] = ()):
    """The share of experts who agree, in one line with its question and its study; or that the
    study has none. With `risk_areas` (slugs that readers filter by) it is that of each of
    these; otherwise the largest, named for all risk areas that have the same.
    """
    if risk_areas:
        return {
            "item": item,
            "findings": item.supporting(risk_areas),
            "by_risk_area": True,
        }
    foremost = item.foremost()
    alike = [
        f
        for f in item.supporting()
        if f.risk_area and f.agreeing.text == foremost.agreeing.text
    ]
    return {
        "item": item,
        "findings": [foremost] if foremost else [],
        "alike": len(alike),
    }

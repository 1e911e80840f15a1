"""What the admin's front page shows of curation."""

from django import template

from catalogue.quality import desk

register = template.Library()


@register.inclusion_tag("admin/catalogue/quality/_panel.html", takes_context=True)
def quality_panel(context):
    """How many findings each check of the quality desk has, for those who may see mitigations."""
    user = context["request"].user
    may_see = user.has_perm("catalogue.view_mitigation") or user.has_perm("catalogue.change_mitigation")
    return {"counts": desk.counts() if may_see else None}


@register.inclusion_tag("admin/catalogue/coding/_panel.html", takes_context=True)
def coding_panel(context):
    """The way to coding, for coders and those who lead them."""
    user = context["request"].user
    return {"may_see": user.has_perm("catalogue.code_mitigation") or user.has_perm("catalogue.publish_mitigation")}

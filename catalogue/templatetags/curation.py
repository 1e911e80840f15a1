"""What the admin's front page shows of curation."""

from django import template
from django.db.models import Count

from catalogue.curation.quality import desk
from catalogue.models import CodingUnit, Feedback

register = template.Library()


@register.inclusion_tag(
    "admin/catalogue/quality/_panel.html",
    takes_context=True,
)
def quality_panel(context):
    """How many findings each check of the quality desk has, for those who may see mitigations."""
    user = context["request"].user
    may_see = user.has_perm("catalogue.view_mitigation") or user.has_perm(
        "catalogue.change_mitigation",
    )
    return {"counts": desk.counts() if may_see else None}


@register.inclusion_tag(
    "admin/catalogue/coding/_panel.html",
    takes_context=True,
)
def coding_panel(context):
    """The way to coding, for coders and those who lead them, with what waits for this one."""
    user = context["request"].user
    if not (
        user.has_perm("catalogue.code_mitigation")
        or user.has_perm("catalogue.publish_mitigation")
    ):
        return {"may_see": False}
    units = CodingUnit.objects.still_wanted()
    assigned = (
        units.waiting().filter(seats__coder=user, seats__category=None).count()
    )
    disputed = units.disputed().exclude(seats__coder=user).count()
    return {"may_see": True, "assigned": assigned, "disputed": disputed}


@register.inclusion_tag(
    "admin/catalogue/feedback_panel.html",
    takes_context=True,
)
def feedback_panel(context):
    """How much feedback is new, and how much is accepted and not answered."""
    user = context["request"].user
    if not (
        user.has_perm("catalogue.view_feedback")
        or user.has_perm("catalogue.change_feedback")
    ):
        return {"may_see": False}
    rows = (
        Feedback.objects.order_by()
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    return {"may_see": True, "counts": dict(rows)}

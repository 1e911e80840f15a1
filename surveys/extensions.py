"""What this app adds to the catalogue's lists and records. Called once, when Django is ready."""


def register():
    from catalogue.models.mitigation import MitigationQuerySet
    from catalogue.serializers import MitigationSerializer
    from catalogue.sitemaps import SITEMAPS

    from . import filters, serializers
    from .models import Item
    from .sitemaps import Studies

    filters.register()
    MitigationSerializer.also_include("evidence", serializers.evidence)
    MitigationSerializer.also_include("comments", serializers.comments)
    MitigationQuerySet.told_elsewhere.append(Item.for_lists())
    SITEMAPS["studies"] = Studies()

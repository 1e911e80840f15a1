"""The API's schema, as OpenAPI."""

from django import forms
from drf_spectacular.views import SpectacularJSONAPIView

from serving.strict import StrictForm

from .refusing import refuse


class SchemaForm(StrictForm):
    """What may stand in its address."""

    format = forms.ChoiceField(choices=[("json", "JSON")], required=False)


class SchemaView(SpectacularJSONAPIView):
    """Refuses what it does not read, as all of the API does. The library's own view would take
    a `version` for that of the API, and ignore the rest.
    """

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        refuse(SchemaForm(request.GET).problems)

"""What the address of a comparison says: which mitigations, in which order, and which rows."""

from collections.abc import Iterable
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from pyroaring import BitMap

from catalogue.listing.index import current_index
from catalogue.models import Mitigation
from serving.parameters import Problem, unknown_value
from serving.strict import NamesField, StrictForm
from surveys.models import Criterion, Study

from ..selected import (
    PARAMETER,
    AnyNamesField,
    Selected,
    address_with,
    select,
)

MOST = 5
TOO_MANY_TO_COMPARE = (
    "Five can be compared at once, and {count} are named: leave some out."
)
#: The groups of rows: by name, what each is called.
GROUPS = {
    "summary": "In short",
    "experts": "What experts said",
    "asked": "Asked for by",
    "who": "Who, and when",
    "risks": "Which risks",
    "classification": "Classification",
    "elsewhere": "Elsewhere",
}


class CompareForm(StrictForm):
    m = AnyNamesField(required=False)
    add = forms.CharField(required=False, max_length=300)
    only = forms.ChoiceField(
        choices=[("differences", "differences")],
        required=False,
    )
    rows = NamesField(choices=list(GROUPS.items()), required=False)
    #: Which figure heads the page.
    study = forms.CharField(max_length=100, required=False)
    question = forms.CharField(max_length=100, required=False)
    #: Each mitigation by itself, with the rows below it.
    by = forms.ChoiceField(choices=[("measure", "measure")], required=False)


class CompareState:
    """Its values hold only where there are no `problems`."""

    def __init__(self, data: QueryDict):
        self.data = data
        self.form = CompareForm(data)

    @property
    def names(self) -> list[str]:
        return self.data.getlist(PARAMETER)

    @cached_property
    def selected(self) -> Selected:
        return select(self.names, Mitigation.objects.for_list())

    @cached_property
    def problems(self) -> list[Problem]:
        problems = list(self.form.problems)
        # What was withdrawn stands there to be told of, and takes no other's place.
        if not problems and len(self.selected.published) > MOST:
            count = len(self.selected.published)
            text = TOO_MANY_TO_COMPARE.format(count=count)
            problems.append(Problem(PARAMETER, "", text, []))
        return problems or self._problems_of_head()

    def _problems_of_head(self) -> list[Problem]:
        """What is wrong with the study and the question that are to come first. Two queries."""
        study, question = self.head
        if question and not study:
            text = "Name the study whose question it is: study=."
            return [Problem("question", question, text, [])]
        if not study:
            return []
        chosen = BitMap(one.pk for one in self.selected.mitigations)
        wordings = current_index().measures.within(chosen)
        asking = Study.objects.published().filter(
            items__mitigation__in=list(wordings),
        )
        studies = sorted(set(asking.values_list("slug", flat=True)))
        if study not in studies:
            return [unknown_value("study", study, studies)]
        asked = Criterion.objects.filter(study__slug=study)
        questions = list(asked.values_list("slug", flat=True))
        if question and question not in questions:
            return [unknown_value("question", question, questions)]
        return []

    @property
    def is_full(self) -> bool:
        return len(self.selected.published) >= MOST

    @property
    def head(self) -> tuple[str, str]:
        """The study and the question that come first; empty where none is asked for."""
        return self.data.get("study", ""), self.data.get("question", "")

    @property
    def added(self) -> str:
        """What the reader typed to add one more."""
        return self.data.get("add", "").strip()

    @property
    def has_differences_only(self) -> bool:
        return self.data.get("only") == "differences"

    @property
    def is_by_measure(self) -> bool:
        return self.data.get("by") == "measure"

    @property
    def groups(self) -> list[str]:
        """Which groups of rows are shown: those asked for, or all."""
        field = self.form.fields["rows"]
        asked: list[str] = field.to_python(self.data.getlist("rows")) or []
        return [name for name in GROUPS if name in asked] or list(GROUPS)

    @property
    def query(self) -> str:
        """Behind the address of anything that is of this comparison; empty where none is named."""
        query = self.url().partition("?")[2]
        return f"?{query}" if query else ""

    def url(
        self,
        accessions: Iterable[str] | None = None,
        **changes: list[str],
    ) -> str:
        """With other mitigations, or other values of its further parameters."""
        if accessions is None:
            accessions = self.selected.accessions
        found = {
            "only": self.data.getlist("only"),
            "rows": self.data.getlist("rows"),
            "study": self.data.getlist("study"),
            "question": self.data.getlist("question"),
            "by": self.data.getlist("by"),
            **changes,
        }
        pairs = [(PARAMETER, one) for one in accessions]
        for name, values in found.items():
            pairs += [(name, value) for value in values if value]
        address = reverse("compare")
        return f"{address}?{urlencode(pairs)}" if pairs else address


def comparison_with(mitigation: Mitigation) -> str:
    """The address of a comparison that begins with it."""
    return address_with("compare", [mitigation.accession])


def comparison_of_two(mitigation: Mitigation, other: Mitigation) -> str:
    return address_with("compare", [mitigation.accession, other.accession])

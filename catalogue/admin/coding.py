"""Coding by two: a coder's page, the queue of what coders disagree on, and where coding stands."""

import re
from collections.abc import Iterable
from typing import ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from catalogue.curation import coder_agreement, double_coding
from catalogue.fields import CleanedCharField, is_key
from catalogue.listing.search import stem, tokens
from catalogue.models import (
    Category,
    Classification,
    CodingUnit,
    Document,
    Mitigation,
    Seat,
    Taxonomy,
)

from .page import AdminPage

CODE, LEAD = "catalogue.code_mitigation", "catalogue.publish_mitigation"
PER_PAGE = 50
CONFIDENCE = [(one.value, one.label) for one in Classification.Confidence]
OTHER = "other"


def coders():
    """Who may be given something to code."""
    backend = "django.contrib.auth.backends.ModelBackend"
    return (
        get_user_model()
        .objects.with_perm(CODE, backend=backend)
        .filter(is_staff=True)
        .order_by("username")
    )


class CodingPage(AdminPage):
    """Where coding stands in each taxonomy, and the way to the next mitigation."""

    route, name = "coding/", "coding"
    permissions: ClassVar[tuple[str, ...]] = (CODE, LEAD)

    def get(self, request):
        rows = coder_agreement.coding_progress(request.user)
        return self.page(
            "coding/home",
            title="Coding",
            rows=rows,
            can_code=request.user.has_perm(CODE),
            can_lead=self.leads,
        )

    def post(self, request):
        """Takes the next one of a taxonomy."""
        if not request.user.has_perm(CODE):
            raise PermissionDenied
        taxonomy = get_object_or_404(Taxonomy, slug=request.POST.get("taxonomy", ""))
        unit = double_coding.take_next(coder=request.user, taxonomy=taxonomy)
        if unit is None:
            self.done(f"Nothing is left for you to code in “{taxonomy.title}”.")
            return redirect("admin:coding")
        return redirect("admin:coding_unit", unit.pk)

    @property
    def leads(self) -> bool:
        return self.request.user.has_perm(LEAD)


class CodingForm(forms.Form):
    """One coder's choice."""

    category = forms.ModelChoiceField(
        Category.objects.none(),
        error_messages={
            "required": "Choose a category.",
            "invalid_choice": "This category is no longer there. Choose another.",
        },
    )
    confidence = forms.ChoiceField(
        choices=CONFIDENCE,
        widget=forms.RadioSelect,
        label="How sure are you?",
        error_messages={"required": "Say how sure you are."},
    )
    rationale = CleanedCharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=double_coding.LONGEST_TEXT,
        help_text="Why it stands there and not in a neighbouring category. One sentence.",
        error_messages={
            "required": "Say why it stands there and not in a neighbouring category."
        },
    )

    def __init__(self, *args, taxonomy, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        self.fields["category"].queryset = Category.objects.filter(taxonomy=taxonomy)


class CodePage(CodingPage):
    """One mitigation, for one of its coders: its text, the tree, and their own choice. Nothing
    of the other's.
    """

    route, name = "coding/<int:unit_pk>/", "coding_unit"
    permissions = (CODE,)

    def dispatch(self, request, *args, unit_pk, **kwargs):
        self.unit_pk = unit_pk
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        unit = get_object_or_404(CodingUnit.objects.for_coding(), pk=self.unit_pk)
        try:
            seat = self._seat(unit)
        except ValidationError as refused:
            return self._leave(refused)
        initial = {
            "category": seat.category_id,
            "confidence": seat.confidence,
            "rationale": seat.rationale,
        }
        return self._show(
            unit, seat, CodingForm(taxonomy=unit.taxonomy, initial=initial)
        )

    def _seat(self, unit: CodingUnit) -> Seat:
        """Raises ValidationError where there is nothing for this coder to code."""
        seat = double_coding.seat_of(unit, self.request.user)
        if hasattr(unit, "outcome"):
            raise ValidationError(
                f"Both coders are in at {unit.mitigation.accession}: what they chose stands."
            )
        if not unit.is_wanted:
            status = unit.mitigation.get_status_display()
            raise ValidationError(
                f"{unit.mitigation.accession} is {status}: it is coded no further."
            )
        return seat

    def _leave(self, error: ValidationError):
        self.refuse(error)
        return redirect("admin:coding")

    def _show(self, unit: CodingUnit, seat: Seat, form: CodingForm, status: int = 200):
        query = " ".join(self.request.POST.get("q", "").split())[:100]
        chosen = str(form["category"].value() or "")
        rows, exact = found_in_tree(unit.taxonomy, query, chosen)
        was = seat.chosen_as if seat.is_renamed else ""
        context = {
            "unit": unit,
            "mitigation": unit.mitigation,
            "form": form,
            "rows": rows,
            "query": query,
            "was": was,
            "seat": seat,
            "chosen": exact or chosen,
            "left": self._left(unit),
        }
        return self.page(
            "coding/unit",
            title=f"Code {unit.mitigation.accession}",
            status=status,
            **context,
        )

    def _left(self, unit: CodingUnit) -> int:
        mine = Seat.objects.filter(
            coder=self.request.user.pk, category=None, unit__taxonomy=unit.taxonomy
        )
        return mine.filter(unit__in=CodingUnit.objects.waiting().still_wanted()).count()

    def post(self, request):
        unit = get_object_or_404(CodingUnit.objects.for_coding(), pk=self.unit_pk)
        step = request.POST.get("step", "find")
        try:
            seat = self._seat(unit)
            if step == "skip":
                return self._on(unit)
            if step == "give_back":
                double_coding.release_seat(seat=seat)
                self.done(f"{unit.mitigation.accession} is given back.")
                return redirect("admin:coding")
        except ValidationError as refused:
            return self._leave(refused)
        if step == "find":
            sent = {
                name: request.POST.get(name)
                for name in ("category", "confidence", "rationale")
            }
            return self._show(
                unit, seat, CodingForm(taxonomy=unit.taxonomy, initial=sent)
            )
        return self._save(unit, seat, step)

    def _save(self, unit: CodingUnit, seat: Seat, step: str):
        form = CodingForm(self.request.POST, taxonomy=unit.taxonomy)
        if form.is_valid():
            try:
                double_coding.record_choice(
                    unit=unit, coder=self.request.user, **form.cleaned_data
                )
            except ValidationError as refused:
                # What is about no field of the form is about the unit: there is nothing more to
                # choose here.
                if not hasattr(refused, "error_dict"):
                    return self._leave(refused)
                form.add_error(None, refused)
            else:
                self.done(f"Saved: {unit.mitigation.accession}.")
                return redirect("admin:coding") if step == "stop" else self._on(unit)
        return self._show(unit, seat, form, status=422)

    def _on(self, unit: CodingUnit):
        """To the next one: what is assigned, or else what is still open."""
        following = double_coding.next_unit_of(
            self.request.user, unit.taxonomy, after=unit.pk
        )
        if following is None:
            following = double_coding.take_next(
                coder=self.request.user, taxonomy=unit.taxonomy
            )
        if following is None:
            self.done(f"That was the last one for you in “{unit.taxonomy.title}”.")
            return redirect("admin:coding")
        return redirect("admin:coding_unit", following.pk)


def found_in_tree(
    taxonomy: Taxonomy, query: str, chosen: str = ""
) -> tuple[list[Category], str]:
    """The categories that a query finds, each below those above it, and the key of the one that
    it means exactly, if any.

    A query is the beginning of a code, or words: each must begin a word of the code, name or
    definition, or have its stem. What is `chosen` is shown in any case.
    """
    categories = list(taxonomy.categories.select_related("parent"))
    if not query:
        return categories, ""
    if re.fullmatch(r"[\d.]+", query):
        hits = [
            one
            for one in categories
            if f"{one.code}.".startswith(query.rstrip(".") + ".")
            or one.code.startswith(query)
        ]
        exact = [one for one in categories if one.code == query.rstrip(".")]
    else:
        hits = [one for one in categories if _has_words(one, tokens(query))]
        exact = hits if len(hits) == 1 else []
    paths = {one.path for one in hits} | {
        one.path for one in categories if str(one.pk) == chosen
    }
    shown = [
        one for one in categories if any(path.startswith(one.path) for path in paths)
    ]
    return shown, str(exact[0].pk) if exact else ""


def _has_words(category: Category, words: Iterable[str]) -> bool:
    said = tokens(f"{category.name} {category.definition}")
    stems = {stem(word) for word in said}
    return all(
        stem(word) in stems or any(one.startswith(word) for one in said)
        for word in words
    )


class DisputesPage(CodingPage):
    """What two coders placed differently, and waits for a third."""

    route, name = "coding/disagreements/", "coding_disputes"
    permissions = (CODE,)

    def get(self, request):
        units = CodingUnit.objects.disputed().still_wanted().for_coding()
        seats = Seat.objects.select_related("category").order_by("number")
        units = units.prefetch_related(Prefetch("seats", seats)).order_by(
            "outcome__coded_at", "pk"
        )
        if slug := request.GET.get("taxonomy"):
            units = units.filter(taxonomy__slug=slug)
        page = Paginator(units, PER_PAGE).get_page(request.GET.get("page"))
        for unit in page:
            unit.is_own = any(
                seat.coder_id == request.user.pk for seat in unit.seats.all()
            )
        query = f"taxonomy={slug}&" if slug else ""
        return self.page(
            "coding/disputes", title="Disagreements", page_obj=page, query=query
        )


class DecisionForm(forms.Form):
    """What a third decides, and why."""

    choice = forms.ChoiceField(
        widget=forms.RadioSelect,
        label="It stands in",
        error_messages={"required": "Choose one."},
    )
    other = forms.ModelChoiceField(
        Category.objects.none(),
        required=False,
        label="Another category",
        empty_label="Choose if neither fits",
    )
    confidence = forms.ChoiceField(
        choices=CONFIDENCE,
        widget=forms.RadioSelect,
        label="How sure are you?",
        error_messages={"required": "Say how sure you are."},
    )
    reason = CleanedCharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=double_coding.LONGEST_TEXT,
        label="Why",
        help_text="Becomes the rationale that readers see: why it stands there and not in the other.",
        error_messages={
            "required": "Say why: the reason becomes the rationale that readers see."
        },
    )

    def __init__(self, *args, unit, seats, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        self.known = {
            str(seat.category.pk): seat.category for seat in seats if seat.category
        }
        self.fields["choice"].choices = [
            *((key, str(one)) for key, one in self.known.items()),
            (OTHER, "Another category"),
        ]
        self.fields["other"].queryset = Category.objects.filter(taxonomy=unit.taxonomy)

    def clean(self):
        cleaned = super().clean()
        choice = cleaned.get("choice")
        if choice == OTHER and not cleaned.get("other") and "other" not in self.errors:
            self.add_error("other", "Choose the other category.")
        cleaned["category"] = self.known.get(choice) or cleaned.get("other")
        return cleaned


class DecidePage(CodingPage):
    """Both choices side by side, with definitions and rationales."""

    route, name = "coding/disagreements/<int:unit_pk>/", "coding_decide"
    permissions = (CODE,)

    def dispatch(self, request, *args, unit_pk, **kwargs):
        self.unit_pk = unit_pk
        return super().dispatch(request, *args, **kwargs)

    def _load(self):
        # Before both are in there is nothing here to be seen, not even that one is.
        unit = get_object_or_404(
            CodingUnit.objects.coded_twice().for_coding(), pk=self.unit_pk
        )
        return unit, list(unit.seats.select_related("category__parent__parent"))

    def get(self, request, form=None):
        unit, seats = self._load()
        context = {
            "unit": unit,
            "mitigation": unit.mitigation,
            "seats": seats,
            "outcome": unit.outcome,
            "form": form or DecisionForm(unit=unit, seats=seats),
            "is_own": any(s.coder_id == request.user.pk for s in seats),
        }
        return self.page(
            "coding/decide",
            title=f"Decide on {unit.mitigation.accession}",
            status=422 if form else 200,
            **context,
        )

    def post(self, request):
        unit, seats = self._load()
        form = DecisionForm(request.POST, unit=unit, seats=seats)
        if not form.is_valid():
            return self.get(request, form)
        chosen = {
            name: form.cleaned_data[name]
            for name in ("category", "confidence", "reason")
        }
        try:
            double_coding.decide(unit=unit, decider=request.user, **chosen)
        except ValidationError as refused:
            self.refuse(refused)
            return redirect("admin:coding_decide", unit.pk)
        self.done(
            f"Decided: {unit.mitigation.accession} stands in {chosen['category']}."
        )
        following = (
            CodingUnit.objects.disputed()
            .still_wanted()
            .exclude(seats__coder=request.user)
            .order_by("outcome__coded_at")
        )
        if (after := following.first()) is None:
            return redirect("admin:coding_disputes")
        return redirect("admin:coding_decide", after.pk)


class AssignForm(forms.Form):
    """Which mitigations, in which taxonomy, by whom."""

    taxonomy = forms.ModelChoiceField(
        Taxonomy.objects.all(), empty_label=None, to_field_name="slug"
    )
    accessions = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=20_000,
        help_text="With spaces or commas between them; M0001-M0050 for all between. Empty: all of the document chosen below.",
    )
    document = forms.ModelChoiceField(
        Document.objects.all(),
        required=False,
        empty_label="Any document",
        to_field_name="slug",
    )
    only_gaps = forms.BooleanField(
        required=False, label="Only what has no primary place in the taxonomy yet"
    )
    first = forms.ModelChoiceField(
        get_user_model().objects.none(),
        required=False,
        label="First coder",
        empty_label="Whoever takes it",
    )
    second = forms.ModelChoiceField(
        get_user_model().objects.none(),
        required=False,
        label="Second coder",
        empty_label="Whoever takes it",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        for name in ("first", "second"):
            self.fields[name].queryset = coders()
            self.fields[name].label_from_instance = double_coding.name_of

    def clean_accessions(self):
        """The accessions that are named, each by itself."""
        found = []
        for piece in re.split(
            r"[\s,;]+", self.cleaned_data["accessions"].upper().replace("–", "-")
        ):
            ends = re.fullmatch(r"M(\d{4,9})(?:-M?(\d{4,9}))?", piece)
            if piece and not ends:
                raise ValidationError(
                    f"“{piece[:40]}” is no accession. They look like M0001, or M0001-M0050."
                )
            if ends:
                first, last = int(ends[1]), int(ends[2] or ends[1])
                if not first <= last < first + 10_000:
                    raise ValidationError(
                        f"“{piece[:40]}” goes from a higher to a lower number, or names over 10,000."
                    )
                found += [f"M{number:04}" for number in range(first, last + 1)]
        return found

    def clean(self):
        cleaned = super().clean()
        if (
            not (
                cleaned.get("accessions")
                or cleaned.get("document")
                or cleaned.get("only_gaps")
            )
            and not self.errors
        ):
            raise ValidationError(
                "Say which mitigations: give accessions, choose a document, or tick the box."
            )
        return cleaned

    def mitigations(self):
        asked = self.cleaned_data
        rows = Mitigation.objects.order_by("accession")
        if asked["accessions"]:
            rows = rows.filter(accession__in=asked["accessions"])
        if asked["document"]:
            rows = rows.filter(document=asked["document"])
        if asked["only_gaps"]:
            placed = Classification.objects.filter(
                taxonomy=asked["taxonomy"], is_primary=True
            )
            rows = rows.exclude(pk__in=placed.values("mitigation"))
        return rows

    def coders(self) -> list:
        return [
            self.cleaned_data[name]
            for name in ("first", "second")
            if self.cleaned_data[name]
        ]


class AssignPage(CodingPage):
    """Opens mitigations for coding, for two named coders or for whoever takes them."""

    route, name = "coding/assign/", "coding_assign"
    permissions = (LEAD,)

    def get(self, request):
        return self._show(
            AssignForm(
                initial={
                    name: request.GET.get(name)
                    for name in ("taxonomy", "accessions", "document")
                }
            )
        )

    def _show(self, form, status=200):
        return self.page(
            "coding/assign",
            title="Assign mitigations to coders",
            form=form,
            status=status,
        )

    def post(self, request):
        form = AssignForm(request.POST)
        if not form.is_valid():
            return self._show(form, 422)
        mitigations = list(form.mitigations())
        if not mitigations:
            form.add_error(
                None,
                "No mitigation is meant by this. Look at the accessions, the document and the box.",
            )
            return self._show(form, 422)
        try:
            result = double_coding.assign(
                mitigations=mitigations,
                taxonomy=form.cleaned_data["taxonomy"],
                coders=form.coders(),
            )
        except ValidationError as refused:
            form.add_error(None, refused)
            return self._show(form, 422)
        self.done(f"Assigned {result.new}; {result.unchanged} were so already.")
        for line in result.refused[:10]:
            self.refuse(ValidationError(line))
        if len(result.refused) > 10:
            self.refuse(
                ValidationError(f"And {len(result.refused) - 10} more were left out.")
            )
        return redirect(
            f"{reverse('admin:coding_units')}?taxonomy={form.cleaned_data['taxonomy'].slug}"
        )


class UnitsPage(CodingPage):
    """What is open for coding and with whom; who has coded, and not what."""

    route, name = "coding/assignments/", "coding_units"
    permissions = (LEAD,)

    def get(self, request):
        units = (
            CodingUnit.objects.waiting()
            .for_coding()
            .prefetch_related(Prefetch("seats", Seat.objects.select_related("coder")))
        )
        slug = request.GET.get("taxonomy", "")
        units = units.filter(taxonomy__slug=slug) if slug else units
        page = Paginator(units.order_by("taxonomy__position", "pk"), PER_PAGE).get_page(
            request.GET.get("page")
        )
        query = f"taxonomy={slug}&" if slug else ""
        return self.page(
            "coding/units", title="What is open for coding", page_obj=page, query=query
        )

    def post(self, request):
        key = request.POST.get("release", "")
        seat = get_object_or_404(Seat, pk=key if is_key(key) else None)
        try:
            double_coding.release_seat(seat=seat)
            self.done(f"{seat.unit} is free for another coder.")
        except ValidationError as refused:
            self.refuse(refused)
        return redirect(request.get_full_path())


PAGES = [CodingPage, DisputesPage, DecidePage, AssignPage, UnitsPage, CodePage]

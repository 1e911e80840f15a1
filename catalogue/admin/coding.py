"""Coding by two: a coder's page, the queue of what coders disagree on, and where coding stands."""

import re
from collections.abc import Iterable
from typing import ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from catalogue.curation import coder_agreement, double_coding
from catalogue.fields import is_key
from catalogue.listing.search import stem, tokens
from catalogue.models import (
    Category,
    CodingUnit,
    Seat,
    Taxonomy,
)

from .coding_forms import CODE, AssignForm, CodingForm, DecisionForm
from .page import AdminPage

LEAD = "catalogue.publish_mitigation"
PER_PAGE = 50


class CodingPage(AdminPage):
    """Where coding stands in each taxonomy, and the way to the next mitigation."""

    route = "coding/"
    name = "coding"
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
        taxonomy = get_object_or_404(
            Taxonomy,
            slug=request.POST.get("taxonomy", ""),
        )
        unit = double_coding.take_next(coder=request.user, taxonomy=taxonomy)
        if unit is None:
            self.done(
                f"Nothing is left for you to code in “{taxonomy.title}”.",
            )
            return redirect("admin:coding")
        return redirect("admin:coding_unit", unit.pk)

    @property
    def leads(self) -> bool:
        return self.request.user.has_perm(LEAD)


class CodePage(CodingPage):
    """One mitigation, for one of its coders: its text, the tree, and their own choice. Nothing
    of the other's.
    """

    route = "coding/<int:unit_pk>/"
    name = "coding_unit"
    permissions = (CODE,)

    def dispatch(self, request, *args, unit_pk, **kwargs):
        self.unit_pk = unit_pk
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        unit = get_object_or_404(
            CodingUnit.objects.for_coding(),
            pk=self.unit_pk,
        )
        try:
            seat = self._seat(unit)
        except ValidationError as error:
            return self._leave(error)
        initial = {
            "category": seat.category_id,
            "confidence": seat.confidence,
            "rationale": seat.rationale,
        }
        form = CodingForm(taxonomy=unit.taxonomy, initial=initial)
        return self._show(unit, seat, form)

    def _seat(self, unit: CodingUnit) -> Seat:
        """Raises ValidationError where there is nothing for this coder to code."""
        seat = double_coding.seat_of(unit, self.request.user)
        if hasattr(unit, "outcome"):
            raise ValidationError(
                f"Both coders are in at {unit.mitigation.accession}: what they chose stands.",
            )
        if not unit.is_wanted:
            status = unit.mitigation.get_status_display()
            raise ValidationError(
                f"{unit.mitigation.accession} is {status}: it is coded no further.",
            )
        return seat

    def _leave(self, error: ValidationError):
        self.refuse(error)
        return redirect("admin:coding")

    def _show(
        self,
        unit: CodingUnit,
        seat: Seat,
        form: CodingForm,
        status: int = 200,
    ):
        query = " ".join(self.request.POST.get("q", "").split())[:100]
        chosen = str(form["category"].value() or "")
        rows, exact = find_in_tree(unit.taxonomy, query, chosen)
        context = {
            "unit": unit,
            "mitigation": unit.mitigation,
            "form": form,
            "rows": rows,
            "query": query,
            "was": seat.chosen_as if seat.is_renamed else "",
            "seat": seat,
            "chosen": exact or chosen,
            "left": self._count_left(unit),
        }
        return self.page(
            "coding/unit",
            title=f"Code {unit.mitigation.accession}",
            status=status,
            **context,
        )

    def _count_left(self, unit: CodingUnit) -> int:
        waiting = CodingUnit.objects.waiting().still_wanted()
        seats = Seat.objects.filter(coder=self.request.user.pk, category=None)
        return seats.filter(
            unit__taxonomy=unit.taxonomy,
            unit__in=waiting,
        ).count()

    def post(self, request):
        unit = get_object_or_404(
            CodingUnit.objects.for_coding(),
            pk=self.unit_pk,
        )
        step = request.POST.get("step", "find")
        try:
            seat = self._seat(unit)
            if step == "skip":
                return self._go_on(unit)
            if step == "give_back":
                double_coding.release_seat(seat=seat)
                self.done(f"{unit.mitigation.accession} is given back.")
                return redirect("admin:coding")
        except ValidationError as error:
            return self._leave(error)
        if step == "find":
            sent = {
                name: request.POST.get(name) for name in CodingForm.base_fields
            }
            form = CodingForm(taxonomy=unit.taxonomy, initial=sent)
            return self._show(unit, seat, form)
        return self._save(unit, seat, step)

    def _save(self, unit: CodingUnit, seat: Seat, step: str):
        form = CodingForm(self.request.POST, taxonomy=unit.taxonomy)
        if form.is_valid():
            try:
                double_coding.record_choice(
                    unit=unit,
                    coder=self.request.user,
                    **form.cleaned_data,
                )
            except ValidationError as error:
                # What is about no field of the form is about the unit: there is nothing more to
                # choose here.
                if not hasattr(error, "error_dict"):
                    return self._leave(error)
                form.add_error(None, error)
            else:
                self.done(f"Saved: {unit.mitigation.accession}.")
                if step == "stop":
                    return redirect("admin:coding")
                return self._go_on(unit)
        return self._show(unit, seat, form, status=422)

    def _go_on(self, unit: CodingUnit):
        """To the next one: what is assigned, or else what is still open."""
        user = self.request.user
        following = double_coding.next_unit_of(
            user,
            unit.taxonomy,
            after=unit.pk,
        )
        if following is None:
            following = double_coding.take_next(
                coder=user,
                taxonomy=unit.taxonomy,
            )
        if following is None:
            self.done(
                f"That was the last one for you in “{unit.taxonomy.title}”.",
            )
            return redirect("admin:coding")
        return redirect("admin:coding_unit", following.pk)


def find_in_tree(
    taxonomy: Taxonomy,
    query: str,
    chosen: str = "",
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
        code = query.rstrip(".")
        hits = [
            one
            for one in categories
            if f"{one.code}.".startswith(f"{code}.")
            or one.code.startswith(query)
        ]
        exact = [one for one in hits if one.code == code]
    else:
        words = tokens(query)
        hits = [one for one in categories if _has_words(one, words)]
        exact = hits if len(hits) == 1 else []
    paths = tuple(
        one.path for one in categories if one in hits or str(one.pk) == chosen
    )
    shown = []
    for one in categories:
        if any(path.startswith(one.path) for path in paths):
            shown.append(one)
    return shown, str(exact[0].pk) if exact else ""


def _has_words(category: Category, words: Iterable[str]) -> bool:
    own_words = tokens(f"{category.name} {category.definition}")
    own_stems = {stem(word) for word in own_words}
    beginnings = "\n".join(["", *own_words])
    for word in words:
        if stem(word) not in own_stems and f"\n{word}" not in beginnings:
            return False
    return True


def _is_coder(user, seats: Iterable[Seat]) -> bool:
    return any(seat.coder_id == user.pk for seat in seats)


class DisputesPage(CodingPage):
    """What two coders placed differently, and waits for a third."""

    route = "coding/disagreements/"
    name = "coding_disputes"
    permissions = (CODE,)

    def get(self, request):
        units = CodingUnit.objects.disputed().still_wanted().for_coding()
        seats = Seat.objects.select_related("category").order_by("number")
        units = units.prefetch_related(Prefetch("seats", seats))
        units = units.order_by("outcome__coded_at", "pk")
        if slug := request.GET.get("taxonomy"):
            units = units.filter(taxonomy__slug=slug)
        page = Paginator(units, PER_PAGE).get_page(request.GET.get("page"))
        for unit in page:
            unit.is_own = _is_coder(request.user, unit.seats.all())
        query = f"taxonomy={slug}&" if slug else ""
        return self.page(
            "coding/disputes",
            title="Disagreements",
            page_obj=page,
            query=query,
        )


class DecidePage(CodingPage):
    """Both choices side by side, with definitions and rationales."""

    route = "coding/disagreements/<int:unit_pk>/"
    name = "coding_decide"
    permissions = (CODE,)

    def dispatch(self, request, *args, unit_pk, **kwargs):
        self.unit_pk = unit_pk
        return super().dispatch(request, *args, **kwargs)

    def _load(self):
        # Before both are in there is nothing here to be seen, not even that one is.
        unit = get_object_or_404(
            CodingUnit.objects.coded_twice().for_coding(),
            pk=self.unit_pk,
        )
        return unit, list(
            unit.seats.select_related("category__parent__parent"),
        )

    def get(self, request, form=None):
        unit, seats = self._load()
        context = {
            "unit": unit,
            "mitigation": unit.mitigation,
            "seats": seats,
            "outcome": unit.outcome,
            "form": form or DecisionForm(unit=unit, seats=seats),
            "is_own": _is_coder(request.user, seats),
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
        category = form.cleaned_data["category"]
        try:
            double_coding.decide(
                unit=unit,
                decider=request.user,
                category=category,
                confidence=form.cleaned_data["confidence"],
                reason=form.cleaned_data["reason"],
            )
        except ValidationError as error:
            self.refuse(error)
            return redirect("admin:coding_decide", unit.pk)
        self.done(
            f"Decided: {unit.mitigation.accession} stands in {category}.",
        )
        disputed = CodingUnit.objects.disputed().still_wanted()
        disputed = disputed.exclude(seats__coder=request.user)
        following = disputed.order_by("outcome__coded_at").first()
        if following is None:
            return redirect("admin:coding_disputes")
        return redirect("admin:coding_decide", following.pk)


class AssignPage(CodingPage):
    """Opens mitigations for coding, for two named coders or for whoever takes them."""

    route = "coding/assign/"
    name = "coding_assign"
    permissions = (LEAD,)

    def get(self, request):
        names = ("taxonomy", "accessions", "document")
        return self._show(
            AssignForm(
                initial={name: request.GET.get(name) for name in names},
            ),
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
        except ValidationError as error:
            form.add_error(None, error)
            return self._show(form, 422)
        self.done(
            f"Assigned {result.new}; {result.unchanged} were so already.",
        )
        for message in result.refused[:10]:
            self.refuse(ValidationError(message))
        if (more := len(result.refused) - 10) > 0:
            self.refuse(ValidationError(f"And {more} more were left out."))
        slug = form.cleaned_data["taxonomy"].slug
        return redirect(f"{reverse('admin:coding_units')}?taxonomy={slug}")


class UnitsPage(CodingPage):
    """What is open for coding and with whom; who has coded, and not what."""

    route = "coding/assignments/"
    name = "coding_units"
    permissions = (LEAD,)

    def get(self, request):
        seats = Prefetch("seats", Seat.objects.select_related("coder"))
        units = (
            CodingUnit.objects.waiting().for_coding().prefetch_related(seats)
        )
        if slug := request.GET.get("taxonomy", ""):
            units = units.filter(taxonomy__slug=slug)
        paginator = Paginator(
            units.order_by("taxonomy__position", "pk"),
            PER_PAGE,
        )
        page = paginator.get_page(request.GET.get("page"))
        query = f"taxonomy={slug}&" if slug else ""
        return self.page(
            "coding/units",
            title="What is open for coding",
            page_obj=page,
            query=query,
        )

    def post(self, request):
        key = request.POST.get("release", "")
        seat = get_object_or_404(Seat, pk=key if is_key(key) else None)
        try:
            double_coding.release_seat(seat=seat)
            self.done(f"{seat.unit} is free for another coder.")
        except ValidationError as error:
            self.refuse(error)
        return redirect(request.get_full_path())


PAGES = [CodingPage, DisputesPage, DecidePage, AssignPage, UnitsPage, CodePage]

"""Moderation: which points each comment makes, how coders agree, and summaries in words that
come from counts.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef
from django.shortcuts import get_object_or_404

from catalogue import revision
from catalogue.fields import CleanedCharField
from surveys.comments import comment_coding
from surveys.models import Coding, ExpertComment, RiskArea, Study
from surveys.running import team

from .page import StudyPage

PER_PAGE = 20
NONE = "none"


class PointForm(forms.ModelForm):
    """A point. What the page showed is sent along, so that only what this coder changed is
    written.
    """

    class Meta:
        model = ExpertComment
        fields = ["label", "stance", "risk_area", "body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, areas=None, **kwargs):
        super().__init__(*args, **kwargs)
        if areas is not None:
            # Read once for all forms of a page.
            self.fields["risk_area"].choices = [
                ("", "No risk area"),
                *((area.pk, str(area)) for area in areas),
            ]
        self.fields["label"].required = True
        self.fields["label"].help_text = "One word, such as cost."
        for field in self.fields.values():
            field.show_hidden_initial = bool(self.instance.pk)

    @property
    def shown(self) -> dict:
        """The fields as the page had them."""
        return {
            name: self._cleaned_initial(name, field)
            for name, field in self.fields.items()
            if field.show_hidden_initial
        }

    def _cleaned_initial(self, name, field):
        value = field.hidden_widget().value_from_datadict(
            self.data,
            self.files,
            self.add_initial_prefix(name),
        )
        return field.clean(value)

    def _post_clean(self):
        """The service judges a point: here nothing is put into the instance."""


class RevisedPointForm(PointForm):
    remove = forms.BooleanField(required=False, label="Remove this point")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["remove"].show_hidden_initial = False

    def save_changes(self) -> None:
        if self.cleaned_data["remove"]:
            return comment_coding.remove_point(point=self.instance)
        wanted = {
            name: self.cleaned_data[name]
            for name in self.changed_data
            if name != "remove"
        }
        if wanted:
            comment_coding.revise(
                point=self.instance,
                shown=self.shown,
                wanted=wanted,
            )
        return None


class RemarkForm(forms.Form):
    """What one coder finds in one comment. Only what they changed is written."""

    points = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        show_hidden_initial=True,
        label="It says",
        error_messages={
            "invalid_choice": "A point that you ticked has been removed. Choose anew.",
        },
    )
    is_withheld = forms.BooleanField(
        required=False,
        show_hidden_initial=True,
        label="Withhold it",
    )

    def __init__(self, *args, remark, coder, points, **kwargs):
        self.remark = remark
        self.coder = coder
        self.known = {str(point.pk): point for point in points}
        self.codings = list(remark.codings.all())
        self.mine = next(
            (one for one in self.codings if one.coder_id == coder.pk),
            None,
        )
        chosen = (
            [str(point.pk) for point in self.mine.points.all()] or [NONE]
            if self.mine
            else []
        )
        initial = {"points": chosen, "is_withheld": remark.is_withheld}
        super().__init__(
            *args,
            prefix=str(remark.pk),
            initial=initial,
            **kwargs,
        )
        self.fields["points"].choices = [
            *(
                (key, point.label or str(point))
                for key, point in self.known.items()
            ),
            (NONE, "None of these points"),
        ]

    @property
    def is_full(self) -> bool:
        """Whether two others have coded it."""
        return self.mine is None and len(self.codings) >= comment_coding.CODERS

    @property
    def others(self) -> list[Coding]:
        """What others chose; known once two have coded it."""
        is_known = len(self.codings) >= comment_coding.CODERS
        if is_known:
            return [one for one in self.codings if one is not self.mine]
        return []

    def clean_points(self):
        chosen = self.cleaned_data["points"]
        if NONE in chosen and len(chosen) > 1:
            raise ValidationError(
                "It makes either some points, or none of them.",
            )
        return chosen

    def save(self) -> None:
        if "points" in self.changed_data:
            chosen = self.cleaned_data["points"]
            if chosen:
                points = [self.known[key] for key in chosen if key != NONE]
                comment_coding.code_remark(
                    remark=self.remark,
                    coder=self.coder,
                    points=points,
                )
            else:
                comment_coding.uncode_remark(
                    remark=self.remark,
                    coder=self.coder,
                )
        if "is_withheld" in self.changed_data:
            comment_coding.withhold(
                remark=self.remark,
                is_withheld=self.cleaned_data["is_withheld"],
            )


class SummaryForm(forms.Form):
    body = CleanedCharField(
        required=False,
        label="Summary",
        widget=forms.Textarea(attrs={"rows": 4}),
        show_hidden_initial=True,
        help_text="A label in braces becomes how many experts made the point: “{cost} fear what it costs” becomes “Several "
        "experts fear what it costs” when the study is published.",
    )


class CodingPage(StudyPage):
    """The measures of a closed study, with how far their comments are coded."""

    name = "coding"
    label = "Comments"
    roles = team.EVERYBODY

    def get(self, request):
        rows = comment_coding.coding_progress(self.study, request.user)
        return self.page(
            "coding",
            rows=rows,
            agreement=comment_coding.remark_agreement(self.study),
            is_open=can_code(self.study),
        )


def can_code(study: Study) -> bool:
    return study.status == Study.Status.CLOSED


class MeasurePage(StudyPage):
    """The comments on one measure, page by page, in an order that says nothing about who wrote
    them.
    """

    name = "coding_measure"
    label = "Comments"
    route = "coding/<int:item_pk>/"
    under = "coding"
    roles = team.EVERYBODY
    #: (name in the address, label)
    SHOWN = (
        ("open", "To code"),
        ("all", "All"),
        ("split", "Where coders differ"),
    )

    def dispatch(self, request, *args, item_pk, **kwargs):
        self.item_pk = item_pk
        return super().dispatch(request, *args, **kwargs)

    def _load(self):
        items = self.study.items.select_related("mitigation", "study")
        self.item = get_object_or_404(items, pk=self.item_pk)
        self.points = list(self.item.comments.all())

    def _remarks(self, show: str):
        # Keys are random, so that their order is that of no list of experts.
        remarks = (
            comment_coding.remarks_of(self.study)
            .filter(item=self.item)
            .order_by("pk")
        )
        remarks = remarks.prefetch_related("codings__points").select_related(
            "item__study",
        )
        if show == "open":
            mine = Coding.objects.filter(
                remark=OuterRef("pk"),
                coder=self.request.user.pk,
            )
            return remarks.annotate(coders=Count("codings")).filter(
                ~Exists(mine),
                is_withheld=False,
                coders__lt=comment_coding.CODERS,
            )
        if show == "split":
            split = [
                remark.pk
                for remark in remarks
                if comment_coding.differs(remark)
            ]
            return remarks.filter(pk__in=split)
        return remarks

    def _form(self, remark, data=None) -> RemarkForm:
        return RemarkForm(
            data,
            remark=remark,
            coder=self.request.user,
            points=self.points,
        )

    def get(self, request, forms_=None, point_form=None):
        self._load()
        show = (
            request.GET.get("show")
            if request.GET.get("show") in dict(self.SHOWN)
            else "open"
        )
        page = Paginator(self._remarks(show), PER_PAGE).get_page(
            request.GET.get("page"),
        )
        forms_ = forms_ or [self._form(remark) for remark in page]
        context = {
            "item": self.item,
            "points": self.points,
            "page_obj": page,
            "remarks": forms_,
            "shows": self.SHOWN,
            "show": show,
            "point_form": point_form
            or PointForm(prefix="new", use_required_attribute=False),
            "is_open": can_code(self.study),
            "agreement": comment_coding.remark_agreement(
                self.study,
                self.item,
            ),
        }
        return self.page("coding_measure", **context)

    def post(self, request):
        self._load()
        shown = [
            key for key in request.POST.getlist("shown") if len(key) == 36
        ][: 2 * PER_PAGE]
        found = self._remarks("all").filter(pk__in=shown)
        remarks = [self._form(remark, request.POST) for remark in found]
        new = PointForm(
            request.POST,
            prefix="new",
            use_required_attribute=False,
        )
        adds = bool(
            request.POST.get("new-label") or request.POST.get("new-body"),
        )
        # Each is asked, so that every error is shown at once.
        sound = [form.is_valid() for form in remarks] + [
            not adds or new.is_valid(),
        ]
        if not all(sound):
            return self.get(request, remarks, new if adds else None)
        try:
            with revision.writing():
                for form in remarks:
                    form.save()
                if adds:
                    comment_coding.add_point(
                        item=self.item,
                        **new.cleaned_data,
                    )
        except ValidationError as refused:
            self.refuse(refused)
            return self.get(request, remarks, new if adds else None)
        changed = sum(form.has_changed() for form in remarks)
        self.done(
            f"{changed} comments saved."
            + (" The point is there to be ticked." if adds else ""),
        )
        return self._on()

    def _on(self):
        answer = self.back(self.item.pk)
        # Those just coded have left the list of what is to code: what comes next stands on its
        # first page.
        kept = self.request.GET.copy()
        if kept.get("show", "open") == "open":
            kept.pop("page", None)
        answer["Location"] += f"?{kept.urlencode()}" if kept else ""
        return answer


class PointsPage(MeasurePage):
    """The points on one measure, and its summary."""

    name = "coding_points"
    label = "Points and summary"
    route = "coding/<int:item_pk>/points/"

    def _point_forms(self, data=None) -> list[RevisedPointForm]:
        areas = list(RiskArea.objects.all())
        return [
            RevisedPointForm(
                data,
                instance=one,
                prefix=f"point-{one.pk}",
                areas=areas,
            )
            for one in self.points
        ]

    def get(self, request, point_forms=None, new=None, summary=None, words=""):
        self._load()
        kept = self.item.summary.body if hasattr(self.item, "summary") else ""
        context = {
            "item": self.item,
            "point_forms": point_forms or self._point_forms(),
            "words": words,
            "new": new
            or PointForm(prefix="new", use_required_attribute=False),
            "summary": summary or SummaryForm(initial={"body": kept}),
            "is_open": can_code(self.study),
        }
        return self.page("coding_points", **context)

    def post(self, request):
        self._load()
        # One form: a button that saved a part of it would lose what is typed in the rest.
        steps = {"save": self._save, "preview": self._preview}
        step = steps.get(request.POST.get("step", ""))
        if step is None:
            self.refuse(
                ValidationError(
                    "Nothing was done: the form does not say what to do.",
                ),
            )
            return self.back(self.item.pk)
        return step(*self._sent())

    def _sent(
        self,
    ) -> tuple[list[RevisedPointForm], PointForm | None, SummaryForm | None]:
        """The points that the page showed, a further one where something is written in it, and
        the summary.
        """
        data = self.request.POST
        points = [
            form
            for form in self._point_forms(data)
            if f"{form.prefix}-label" in data
        ]
        adds = bool(data.get("new-label") or data.get("new-body"))
        new = (
            PointForm(data, prefix="new", use_required_attribute=False)
            if adds
            else None
        )
        return points, new, SummaryForm(data) if "body" in data else None

    def _save(
        self,
        points: list[RevisedPointForm],
        new: PointForm | None,
        summary: SummaryForm | None,
    ):
        # Each is asked, so that every error is shown at once.
        sound = [
            form.is_valid()
            for form in (*points, new, summary)
            if form is not None
        ]
        if all(sound) and self._stored(points, new, summary):
            if points or new:
                self.done("The points are saved.")
            if summary is not None and summary.has_changed():
                self.done("The summary is saved.")
            return self.back(self.item.pk)
        return self.get(self.request, points, new, summary)

    def _stored(
        self,
        points: list[RevisedPointForm],
        new: PointForm | None,
        summary: SummaryForm | None,
    ) -> bool:
        """Stores all or nothing; what is refused stands beside the form that it is about."""
        form: PointForm | SummaryForm
        try:
            with revision.writing():
                for form in points:
                    form.save_changes()
                if new:
                    form = new
                    comment_coding.add_point(
                        item=self.item,
                        **new.cleaned_data,
                    )
                if summary is not None and summary.has_changed():
                    form = summary
                    shown = self.request.POST.get("initial-body", "")
                    comment_coding.summarise(
                        item=self.item,
                        body=summary.cleaned_data["body"],
                        shown=shown,
                    )
        except ValidationError as refused:
            form.add_error(
                "body" if form is summary else None,
                refused.messages,
            )
            if not can_code(self.study):
                self.refuse(refused)  # The form itself is not shown then.
            return False
        return True

    def _preview(
        self,
        points: list[RevisedPointForm],
        new: PointForm | None,
        summary: SummaryForm | None,
    ):
        summary = summary or SummaryForm({})
        words = ""
        summary.full_clean()
        try:
            words = comment_coding.preview(
                item=self.item,
                body=summary.cleaned_data["body"],
                coder=self.request.user,
            )
        except ValidationError as refused:
            summary.add_error("body", refused)
        return self.get(self.request, points, new, summary, words)

"""Experts' comments, as a kind of record that files can hold."""

from functools import cached_property
from typing import Any

from catalogue.files.importing.kinds.base import member, of_model
from catalogue.files.importing.kinds.of_models import ModelImporter
from catalogue.files.importing.values import Entries, choice, plain, text_from

from ..design.loading import NUMBERS, STANCES
from ..models import ExpertComment, Item, RiskArea, Study

NUMBER_NAMES = {number: name for name, number in NUMBERS.items()}
STANCE_NAMES = {stance: name for name, stance in STANCES.items()}


def choice_by_name(names: dict[str, Any]):
    """Reads one of these names, or how it is shown."""
    known = {name: str(value.label) for name, value in names.items()}
    return lambda cell: choice(text_from(cell), known)


class Comments(ModelImporter):
    """A comment is found by its label within its item; without one, by its whole text there."""

    name = "comments"
    label = "Expert comments"
    noun = "comment"
    model = ExpertComment
    permission = "surveys.change_expertcomment"
    publishing = "surveys.publish_study"
    naming = ("study", "mitigation", "label", "risk_area", "body")
    plain = ("label", "body", "count")
    derived = ("preliminary",)

    def all_fields(self):
        return [
            member(
                "study",
                "study",
                self.studies,
                "By slug or label.",
                is_kept=True,
            ),
            member(
                "mitigation",
                "mitigation",
                lambda cell: text_from(cell).upper(),
                "Its accession.",
                "accession",
                "item",
                "measure",
                is_kept=True,
                example="M0001",
            ),
            of_model(ExpertComment, "label", "key", "word"),
            of_model(ExpertComment, "body", "comment", "text", "point"),
            member(
                "stance",
                "stance",
                choice_by_name(STANCES),
                "supports, mixed, doubts or neutral.",
                "for or against",
                is_kept=True,
                example="supports",
            ),
            member(
                "how_many",
                "how many made the point",
                choice_by_name(NUMBERS),
                "multiple, several, couple, one or unknown.",
                "made by",
                empty="unknown",
                example="several",
            ),
            of_model(ExpertComment, "count", "number of experts", "n"),
            member(
                "risk_area",
                "risk area",
                self.areas,
                "By slug or name. Empty: for all.",
                "area",
            ),
        ]

    @cached_property
    def studies(self) -> Entries:
        rows = Study.objects.select_related("document")
        return Entries("study", ((study.slug, [str(study)]) for study in rows))

    @cached_property
    def areas(self) -> Entries:
        return Entries(
            "risk area",
            (
                (slug, [name])
                for slug, name in RiskArea.objects.values_list("slug", "name")
            ),
        )

    @cached_property
    def area_keys(self) -> dict[str, int]:
        return dict(RiskArea.objects.values_list("slug", "pk"))

    @cached_property
    def items(self) -> dict[tuple[str, str], int]:
        rows = Item.objects.order_by().values_list(
            "study__slug",
            "mitigation__accession",
            "pk",
        )
        return {(study, mitigation): pk for study, mitigation, pk in rows}

    def rows(self):
        return (
            super()
            .rows()
            .select_related("item__study", "item__mitigation", "risk_area")
            .order_by("pk")
        )

    def state(self, row):
        if row.item_id is None:
            return {
                "study": "",
                "mitigation": "",
                **super().state(row),
                "stance": "",
                "how_many": "unknown",
                "risk_area": "",
            }
        return {
            "study": row.item.study.slug,
            "mitigation": row.item.mitigation.accession,
            **super().state(row),
            "stance": STANCE_NAMES[row.stance],
            "how_many": NUMBER_NAMES[row.how_many],
            "risk_area": row.risk_area.slug if row.risk_area else "",
        }

    def identities(self, values):
        place = f"{values.get('study', '')}\t{values.get('mitigation', '')}"
        if values.get("label"):
            return [("label", f"{place}\t{values['label']}")]
        return [
            (
                "text",
                f"{place}\t{values.get('risk_area', '')}\t{plain(values.get('body', ''))}",
            ),
        ]

    def find(self, identities):
        studies = {value.partition("\t")[0] for _, value in identities}
        found: dict[tuple[str, str], int] = {}
        for row in self.rows().filter(item__study__slug__in=studies):
            state = self.state(row)
            for told in (state, {**state, "label": ""}):
                found.setdefault(self.identities(told)[0], row.pk)
        return {
            identity: found[identity]
            for identity in identities
            if identity in found
        }

    def check(self, after, before):
        for name in ("study", "mitigation", "body", "stance"):
            if not after[name]:
                yield (
                    name,
                    "this is missing: a comment has a study, a mitigation, a text and a stance.",
                )
        if not after["study"] or not after["mitigation"]:
            return
        if (after["study"], after["mitigation"]) not in self.items:
            yield (
                "mitigation",
                f"{after['study']} does not ask about {after['mitigation']}: correct it, or add it to the study.",
            )
        elif after["body"] and after["stance"]:
            yield from super().check(after, before)

    def apply(self, row, after):
        super().apply(row, after)
        row.item_id = self.items[after["study"], after["mitigation"]]
        row.stance = STANCES[after["stance"]]
        row.how_many = NUMBERS[after["how_many"]]
        row.risk_area_id = self.area_keys.get(after["risk_area"])

    def _unchanged(self, after, before):
        return super()._unchanged(after, before) | (
            {"item"} if before else set()
        )

    def title(self, state):
        return f"{state['mitigation']} {state['body']}"

    def is_public(self, before, after):
        return (
            Item.objects.published()
            .filter(
                pk=self.items[after["study"], after["mitigation"]],
                mitigation__status="published",
            )
            .exists()
        )

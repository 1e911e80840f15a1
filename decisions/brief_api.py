"""The brief of a shortlist in the API: what its page says, as data or as one of its files."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from catalogue.api.parameters import RELEASE, parameter
from serving.renderers import JSONRenderer

from .api import (
    ANSWERED_FOR,
    ChosenSerializer,
    ChosenViewSet,
    ComparedSerializer,
)
from .brief.contents import Contents, Section
from .brief.forms import FORMS
from .brief.state import LENGTHS, NOTES, PARTS, BriefState
from .brief.structure import Part
from .brief.views import brief_file
from .shortlist.places import MOST


class NumberedSerializer(serializers.Serializer):
    """A work that a brief rests on."""

    number = serializers.IntegerField(
        help_text="By which texts refer to it: [1].",
    )
    text = serializers.CharField(help_text="As it is cited.")


class BlockSerializer(serializers.Serializer):
    """A heading, a paragraph, a list, a table or references; what it has none of is null."""

    kind = serializers.ChoiceField(
        choices=["heading", "paragraph", "bullets", "table", "references"],
    )
    level = serializers.IntegerField(
        allow_null=True,
        help_text="Of a heading: 2 to 4.",
    )
    text = serializers.CharField(
        allow_null=True,
        help_text="Of a heading or a paragraph.",
    )
    items = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Of a list.",
    )
    caption = serializers.CharField(allow_null=True, help_text="Of a table.")
    heads = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Of a table: what its columns are called.",
    )
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        allow_null=True,
        help_text="Of a table: its cells, the first of which names the row.",
    )
    works = NumberedSerializer(
        many=True,
        allow_null=True,
        help_text="Of references.",
    )


class BriefPartSerializer(serializers.Serializer):
    """A part of a brief, in its order."""

    name = serializers.CharField(
        help_text=f"“opening”, “citation”, or what “parts” calls it: {', '.join(PARTS)}.",
    )
    blocks = BlockSerializer(many=True)


class WorkSerializer(NumberedSerializer):
    """A document, a study or an entry of the catalogue."""

    key = serializers.CharField(
        help_text="Slug of a document or study, accession of an entry.",
    )
    is_entry = serializers.BooleanField(
        help_text="Whether it is an entry of the catalogue, and no document.",
    )


@extend_schema_serializer(many=False)
class BriefSerializer(ChosenSerializer):
    """What is known of chosen mitigations, to be taken away."""

    title = serializers.CharField()
    status = serializers.CharField(
        help_text="Of when it is: a release, or a day.",
    )
    length = serializers.ChoiceField(choices=list(LENGTHS))
    mitigations = ComparedSerializer(many=True)
    key_points = serializers.ListField(child=serializers.CharField())
    parts = BriefPartSerializer(many=True)
    references = WorkSerializer(
        many=True,
        help_text="All works behind it, whether or not it lists them.",
    )
    citation = serializers.CharField(help_text="How to cite the brief.")
    notices = serializers.ListField(
        child=serializers.CharField(),
        help_text="What is said of everything in it that is preliminary.",
    )


def _renderer_of(ending: str) -> type[BaseRenderer]:
    """Stands for a file where REST framework chooses; it writes errors alone, which are JSON."""
    members = {
        "media_type": FORMS[ending].media_type,
        "format": ending,
        "form": ending,
        "charset": None,
    }
    name = f"Brief{ending.title()}Renderer"
    return type(name, (JSONRenderer,), members)


RENDERERS = [JSONRenderer, *(_renderer_of(ending) for ending in FORMS)]
_NO_BLOCK = dict.fromkeys(
    ("level", "text", "items", "caption", "heads", "rows", "works"),
)
EXAMPLE = OpenApiExample(
    "One measure in short",
    value={
        "title": "Brief of 1 measure",
        "status": "release 2026.11",
        "length": "1",
        "mitigations": [
            {
                "accession": "M0030",
                "name": "Third-party model audits",
                "document": "Schuett et al. 2023",
                "url": "https://example.org/api/v1/mitigations/M0030/",
                "page_url": "https://example.org/mitigations/M0030/",
            },
        ],
        "key_points": ["This measure was put to experts in a study here."],
        "parts": [
            {
                "name": "points",
                "blocks": [
                    _NO_BLOCK
                    | {"kind": "heading", "level": 2, "text": "Key points"},
                    _NO_BLOCK
                    | {
                        "kind": "bullets",
                        "items": [
                            "This measure was put to experts in a study here.",
                        ],
                    },
                ],
            },
        ],
        "references": [
            {
                "number": 1,
                "text": "Schuett, J., & Garfinkel, B. (2023). Towards best practices in AGI safety and governance.",
                "key": "schuett-2023",
                "is_entry": False,
            },
        ],
        "citation": "AI Mitigation Catalogue. (2026). AI Mitigation Catalogue: Brief of 1 measure.",
        "notices": [],
        "withdrawn": [],
        "unknown": [],
        "repeated": [],
        "page_url": "https://example.org/shortlist/brief/?m=M0030&length=1",
    },
    response_only=True,
)


@extend_schema_view(
    list=extend_schema(
        summary="Take away a brief of chosen mitigations",
        description="As its page has it: sentences made from data, with the number of each work that they rest on. Also as a file: "
        f"“format” takes {', '.join(FORMS)}.",
        parameters=[
            parameter(
                "m",
                f"Accession of a mitigation, or its identifier elsewhere. Repeat it, up to {MOST}; the order is kept.",
                many=True,
            ),
            ANSWERED_FOR,
            parameter(
                "x",
                "What was left out: an accession, and after a colon the reason, as in M0020:too costly. Repeat it.",
                many=True,
            ),
            parameter(
                "as_of",
                "The day on which you chose them, such as 2026-10-02: what changed on it or since is said.",
            ),
            parameter(
                "sort",
                "In which order they stand: number, category, phase or actor, or a study and its question, such as "
                "schuett-2023.should-be-done. Unless given: in yours.",
            ),
            parameter(
                "risk_level",
                "How deep the risks are that it is held against.",
                enum=["1", "2"],
            ),
            parameter(
                "length",
                "How long: in short, with coverage and method, or (unless given) in full.",
                enum=list(LENGTHS),
            ),
            parameter(
                "parts",
                "Only these parts, repeated or with commas.",
                enum=list(PARTS),
                many=True,
            ),
            parameter(
                "notes",
                "Where PDF and DOCX name the works that sentences rest on: at the foot of the page (unless given), or at the end alone.",
                enum=list(NOTES),
            ),
            parameter(
                "format",
                f"As a file, as its page offers it: {', '.join(FORMS)}. Without it, JSON.",
                enum=["json", *FORMS],
            ),
            RELEASE,
        ],
        examples=[EXAMPLE],
        responses=BriefSerializer,
    ),
)
class BriefViewSet(ChosenViewSet):
    serializer_class = BriefSerializer
    list_parameters = (
        "m",
        "for",
        "x",
        "as_of",
        "sort",
        "risk_level",
        "length",
        "parts",
        "notes",
    )
    state_class = BriefState
    wants_published = True
    nothing_named = "Name mitigations that there are: m=M0001&m=M0014."

    def get_renderers(self):
        return [renderer() for renderer in RENDERERS]

    def list(self, request, *args, **kwargs):
        state = self._state()
        base_url = request.build_absolute_uri("/").rstrip("/")
        contents = Contents(state, base_url)
        ending = getattr(request.accepted_renderer, "form", "")
        if ending:
            return brief_file(request, contents, ending)
        named = self._of_names(state) | {"page_url": contents.address}
        return Response(
            {
                "title": contents.title,
                "status": contents.status,
                "length": state.length,
                "mitigations": [
                    self._mitigation(one) for one in contents.mitigations
                ],
                "key_points": contents.key_points,
                "parts": [_part_payload(one) for one in contents.sections()],
                "references": _works_payload(contents),
                "citation": contents.citation.apa,
                "notices": contents.notices,
                **named,
            },
        )


def _part_payload(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "blocks": [_block_payload(one) for one in section.parts],
    }


def _block_payload(part: Part) -> dict[str, Any]:
    told = asdict(part)
    if part.kind == "references":
        told["works"] = _numbered(told.pop("items"))
    return _NO_BLOCK | told


def _numbered(items: list[tuple[int, str]]) -> list[dict[str, Any]]:
    return [{"number": number, "text": text} for number, text in items]


def _works_payload(contents: Contents) -> list[dict[str, Any]]:
    works = contents.works
    payload = []
    for is_entry, citations, numbered in (
        (False, works.documents, works.numbered_documents),
        (True, works.entries, works.numbered_entries),
    ):
        for citation, (number, text) in zip(citations, numbered, strict=True):
            payload.append(
                {
                    "number": number,
                    "text": text,
                    "key": citation.key,
                    "is_entry": is_entry,
                },
            )
    return payload

"""What the API's schema says of a mitigation's record, and what of it is there on request.

Records themselves are read by `reader.py`.
"""

from collections.abc import Callable, Collection
from typing import Any, ClassVar

from rest_framework import serializers

from serving.registry import Registry

from ..models import Mitigation
from .fields import FIELDS

Members = Callable[[Mitigation, dict], list[dict]]
MembersOfMany = Callable[[Collection[int]], dict[int, list[dict]]]
#: The members of a record, in order.
MEMBERS = [field.name for field in FIELDS if field.is_member]


class MitigationSerializer(serializers.ModelSerializer):
    """A mitigation. `fields` keeps only some members; `include` puts whole records in the place
    of references.
    """

    #: What others put into a record where `include` asks for it: given a mitigation and the
    #: serializer's context.
    also_included: ClassVar[Registry[str, Members]] = Registry(
        "member of records",
    )
    #: Likewise, read for any number of mitigations at once: given their keys, by key.
    also_of_many: ClassVar[Registry[str, MembersOfMany]] = Registry(
        "member of records",
    )

    #: Component of the API's schema, its name first, for one of these that no address answers with.
    shapes: ClassVar[Registry[str, tuple[str, dict[str, Any]]]] = Registry(
        "shape of a member",
    )
    #: What comes along with a member that is included, which alone does not say it all.
    come_along: ClassVar[Registry[str, str]] = Registry(
        "member that comes along",
    )

    class Meta:
        model = Mitigation
        #: Those that are described as the model's.
        fields = [
            field.name
            for field in FIELDS
            if field.is_member and not field.schema()
        ]

    def get_fields(self):
        of_model = super().get_fields()
        fields = {}
        for field in FIELDS:
            if field.is_member and not field.is_on_request:
                fields[field.name] = field.schema() or of_model[field.name]
        return fields

    @classmethod
    def includable(cls) -> list[str]:
        """What `include` takes."""
        return ["document", *cls.on_request()]

    @classmethod
    def on_request(cls) -> list[str]:
        """The members that a record has only where they are asked for."""
        own = [field.name for field in FIELDS if field.is_on_request]
        return [*own, *cls.also_of_many, *cls.also_included]

    @classmethod
    def with_what_comes_along(cls, names: Collection[str]) -> list[str]:
        along = [cls.come_along[one] for one in names if one in cls.come_along]
        return list(dict.fromkeys([*names, *along]))

    @classmethod
    def selectable(cls) -> list[str]:
        """All that `fields` takes."""
        return list(dict.fromkeys([*MEMBERS, *cls.on_request()]))

"""How the history of records is written."""

from functools import cache
from typing import Any

from django.db.models import Model
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords


class _Manager(HistoryManager):
    @classmethod
    @cache
    def from_queryset(cls, *arguments: Any) -> Any:
        """Else the class is made anew for each record that is written."""
        return super().from_queryset(*arguments)


class History(HistoricalRecords):
    """The library's, which reads each row of a relation together with both records that it ties,
    three times for each write: half of the time of a write.
    """

    def __init__(self, **options: Any):
        super().__init__(history_manager=_Manager, **options)

    def get_m2m_fields_from_model(self, model: type[Model]) -> list[Any]:
        """Every many-to-many field: one that the history lacks is lost where a version is
        restored.
        """
        return list(model._meta.local_many_to_many)

    def create_historical_record_m2ms(
        self,
        history_instance: Any,
        instance: Model,
    ) -> None:
        if history_instance.history_type == "+":
            return  # nothing is tied yet to a record that is new
        for field in history_instance._history_m2m_fields:
            through = field.remote_field.through
            rows = through._default_manager.filter(
                **{field.m2m_field_name(): instance},
            ).values(*(one.attname for one in through._meta.concrete_fields))
            historical = self.m2m_models[field]
            historical.objects.bulk_create(
                [historical(history=history_instance, **row) for row in rows],
            )

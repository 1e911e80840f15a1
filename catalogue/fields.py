"""Fields that fill themselves, and the patterns of the catalogue's public identifiers."""

from django.core.validators import RegexValidator
from django.db import connections, models, router

CODE_PATTERN = r"^[1-9][0-9]{0,3}(\.[1-9][0-9]{0,3})*$"
ACCESSION_PATTERN = r"^M[0-9]{4,9}$"

validate_code = RegexValidator(CODE_PATTERN, "A code is numbers joined by dots, such as 2.3.1, without leading zeros.")
validate_accession = RegexValidator(ACCESSION_PATTERN, "An accession is M and at least four digits, such as M0001.")

#: Characters that one number of a code takes in a path: four digits and the dot.
PATH_STEP = 5


def code_path(code: str) -> str:
    """The code with each number padded, so that text order is number order and a prefix is an ancestor.

    >>> code_path("2.10")
    '0002.0010.'
    """
    return "".join(f"{number:0>4}." for number in code.split("."))


class CodePathField(models.CharField):
    """`code_path` of the row's own code."""

    def pre_save(self, instance, add):
        setattr(instance, self.attname, code_path(instance.code))
        return super().pre_save(instance, add)


class CategoryTaxonomyField(models.ForeignKey):
    """The taxonomy of the row's category, kept on the row so that the database can count primaries by it."""

    def pre_save(self, instance, add):
        setattr(instance, self.attname, instance.category.taxonomy_id)
        return super().pre_save(instance, add)


class AccessionField(models.CharField):
    """A public id that takes the next free number where none is given."""

    def pre_save(self, instance, add):
        if add and not getattr(instance, self.attname):
            from catalogue import database

            connection = connections[instance._state.db or router.db_for_write(type(instance), instance=instance)]
            setattr(instance, self.attname, database.next_accession(connection))
        return super().pre_save(instance, add)

"""Fields that clean or fill themselves, the patterns of the catalogue's public identifiers, and
text as it is stored: what every way in, be it a form, an import, a data file or an expert's
answer, makes of what it is given.

What nobody sees and nobody means is taken out of a text, so that texts that look alike are
alike, and what comes after (feeds, workbooks, databases, RDF) can hold each of them. What cannot
be text at all is refused, never dropped.
"""

import copy
import datetime
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import DEFAULT_DB_ALIAS, connections, models, router
from django.utils.text import slugify

#: Ends of lines as systems, word processors and slides write them: CR LF, CR, vertical tab,
#: form feed, NEL, and Unicode's two.
LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
#: Signs without a look of their own: soft hyphen, zero-width space, word joiner and invisible
#: operators, byte order mark, tags. Joiners (U+200C, U+200D) and marks of direction (U+200E,
#: U+200F, U+061C) stay: words of some languages need them.
UNSEEN = re.compile(
    "[\xad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]",
)
#: They turn the order of what follows, to the end of the page where nothing closes them.
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: In an identifier, joiners and marks of direction too only make two of one.
JOINING = re.compile("[\u061c\u200c-\u200f]")
#: Control characters, halves of a sign, and what Unicode says will never be one: XML holds none
#: of them.
UNUSABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]",
)
BREAKS = re.compile(r"[\t\n]+")


def cleaned(text: str) -> str:
    """The text with line feeds for the ends of its lines, and without what cannot be seen.

    >>> cleaned("risk\\u00adassessment\\r\\n")
    'riskassessment\\n'
    """
    if text.isascii():
        if not text.isprintable():
            return LINE_ENDS.sub("\n", text)
        return text
    text = LINE_ENDS.sub("\n", text)
    return TURNING.sub("", UNSEEN.sub("", text))


def on_one_line(text: str) -> str:
    """`cleaned`, with a blank where a line or a column would end."""
    return BREAKS.sub(" ", cleaned(text))


def as_identifier(text: str) -> str:
    """`on_one_line`, without signs that cannot be seen at all, nor blanks around it."""
    return JOINING.sub("", on_one_line(text)).strip()


def what_is_unusable(text: str) -> str:
    """What of a cleaned text can be no text, and what to do; empty where there is nothing."""
    if text.isprintable():
        return ""
    unusable = UNUSABLE.search(text)
    if unusable is None:
        return ""
    sign = unusable[0]
    if "\ud800" <= sign <= "\udfff":
        return "this holds half of a sign (a lone surrogate): write the whole sign."
    number = f"U+{ord(sign):04X}"
    if sign > "\uf000":
        return f"this holds a sign that Unicode does not have ({number}): delete it."
    return f"this holds a control character ({number}): delete it."


def validate_usable(text: str) -> None:
    """Raises ValidationError for text that holds what no text can."""
    if problem := what_is_unusable(cleaned(text)):
        raise ValidationError(
            f"{problem[0].upper()}{problem[1:]}",
            code="unusable",
        )


def plain_value(value: Any) -> Any:
    """A value of a model as JSON has it, of the types that fields of the catalogue have: days
    become texts.
    """
    if isinstance(value, datetime.date) and not isinstance(
        value,
        datetime.datetime,
    ):
        return value.isoformat()
    return value


CODE_PATTERN = r"^[1-9][0-9]{0,3}(\.[1-9][0-9]{0,3})*$"
ACCESSION_PATTERN = r"^M[0-9]{4,9}$"

validate_code = RegexValidator(
    CODE_PATTERN,
    "A code is numbers joined by dots, such as 2.3.1, without leading zeros.",
)
validate_accession = RegexValidator(
    ACCESSION_PATTERN,
    "An accession is M and at least four digits, such as M0001.",
)

#: Characters that one number of a code takes in a path: four digits and the dot.
PATH_STEP = 5


def code_path(code: str) -> str:
    """The code with each number padded, so that text order is number order and a prefix is an
    ancestor.

    >>> code_path("2.10") '0002.0010.'
    """
    return "".join(f"{number:0>4}." for number in code.split("."))


def is_key(text: str) -> bool:
    """Whether a text that somebody sent can be the key of a row: a whole number that every
    database takes.
    """
    return text.isascii() and text.isdecimal() and len(text) <= 18


def accession_from(text: str) -> str | None:
    """The accession that a person means: "m1", "M0001", "M-0001". None where it looks like none."""
    named = re.fullmatch(r"[Mm]-?0*([1-9][0-9]{0,8})", text, re.ASCII)
    return f"M{int(named[1]):04}" if named else None


def accessions_begun(text: str) -> tuple[str, str] | None:
    """Between what, the second left out, accessions stand that begin as a text does: "m-00".
    None where none could.

    >>> accessions_begun("m-00")
    ('M00', 'M01')
    """
    named = re.fullmatch(r"[Mm]-?([0-9]{1,9})", text, re.ASCII)
    if named is None:
        return None
    begun = named[1]
    after = f"{int(begun) + 1:0{len(begun)}}"
    return f"M{begun}", f"M{after}" if len(after) == len(begun) else "N"


def code_from(text: str) -> str | None:
    """The code that a person means: "2.3.1", "02.03.01". None where it looks like none."""
    code = ".".join(number.lstrip("0") for number in text.split("."))
    if re.fullmatch(CODE_PATTERN, code, re.ASCII):
        return code
    return None


#: Letters that have no Latin one within them, and how they are written in Latin: of Latin,
#: Cyrillic and Greek.
_IN_LATIN = {
    **dict(
        zip(
            "æœøđðþłıħŋ",
            ["ae", "oe", "o", "d", "d", "th", "l", "i", "h", "ng"],
            strict=True,
        ),
    ),
    **dict(
        zip(
            "абвгдезийклмнопрстуфцыэіґ",
            "abvgdeziyklmnoprstufcyeig",
            strict=True,
        ),
    ),
    **dict(
        zip(
            "ёжхцчшщъьюяїєћљњџђј",
            [
                "yo",
                "zh",
                "kh",
                "ts",
                "ch",
                "sh",
                "shch",
                "",
                "",
                "yu",
                "ya",
                "yi",
                "ye",
                "c",
                "lj",
                "nj",
                "dz",
                "d",
                "j",
            ],
            strict=True,
        ),
    ),
    **dict(zip("αβγδεζηικλμνξοπρστυφω", "avgdeziiklmnxoprstyfo", strict=True)),
    **dict(zip("θχψ", ["th", "ch", "ps"], strict=True)),
}


def slug_from(text: str, longest: int = 50) -> str:
    """What stands for a text in addresses: its letters in Latin, digits and hyphens. Empty for
    a script that has no letters of which we know how to write them, such as Chinese.

    >>> slug_from("Иванов и др. 2024") 'ivanov-i-dr-2024' >>> slug_from("Grøn & Weiß")
    'gron-weiss'
    """
    return slugify(_in_latin(text))[:longest].strip("-")


def _in_latin(text: str) -> str:
    """In small letters without marks, in Latin as far as we know how."""
    folded = unicodedata.normalize("NFC", text.casefold())
    written = "".join(_IN_LATIN.get(letter, letter) for letter in folded)
    # Letters with marks, such as those of Greek, once more without.
    bare = "".join(
        sign
        for sign in unicodedata.normalize("NFKD", written)
        if not unicodedata.combining(sign)
    )
    return "".join(_IN_LATIN.get(letter, letter) for letter in bare)


#: So many bytes of a name decide where it stands among others.
BYTES_OF_SORT_KEY = 60


def sort_key(text: str) -> str:
    """What a text is sorted by: as people look it up, whatever its capitals and marks. In
    hexadecimal, since databases differ in how they order letters, but not these.

    >>> sort_key("Éa") == sort_key("ea") < sort_key("Eb") True
    """
    return " ".join(_in_latin(text).split()).encode()[:BYTES_OF_SORT_KEY].hex()


class CodePathField(models.CharField):
    """`code_path` of the row's own code."""

    def pre_save(self, instance, add):
        setattr(instance, self.attname, code_path(instance.code))
        return super().pre_save(instance, add)


class SortNameField(models.CharField):
    """`sort_key` of the row's own name."""

    def pre_save(self, instance, add):
        setattr(instance, self.attname, sort_key(instance.name))
        return super().pre_save(instance, add)


class CategoryTaxonomyField(models.ForeignKey):
    """The taxonomy of the row's category, kept on the row so that the database can count
    primaries by it.
    """

    def pre_save(self, instance, add):
        setattr(instance, self.attname, instance.category.taxonomy_id)
        return super().pre_save(instance, add)


class AccessionField(models.CharField):
    """A public id that takes the next free number where none is given."""

    def pre_save(self, instance, add):
        if add and not getattr(instance, self.attname):
            from catalogue import database  # noqa: PLC0415 - it reads models, which have these fields

            connection = connections[
                instance._state.db
                or router.db_for_write(type(instance), instance=instance)
            ]
            setattr(
                instance,
                self.attname,
                database.next_accession(connection),
            )
        return super().pre_save(instance, add)


class CleanedCharField(forms.CharField):
    """What people write in a form, cleaned before anything looks at it. `clean_text` is one of
    `cleaned`.
    """

    default_validators = [validate_usable]

    def __init__(
        self,
        *,
        clean_text: Callable[[str], str] = cleaned,
        **options: Any,
    ):
        self.clean_text = clean_text
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        if isinstance(widget, forms.Textarea):
            # Browsers would cut off what is pasted, without a word. What is too long is
            # refused, and stands there to be shortened.
            attrs.pop("maxlength", None)
        return attrs

    def to_python(self, value: Any) -> Any:
        return super().to_python(
            self.clean_text(value) if isinstance(value, str) else value,
        )


class _Cleaned:
    """A field of text that is cleaned on every way in, also where rows are written in bulk or
    by a query.

    Raises ValidationError where what is to be written can be no text. To the database, and so
    to migrations, it is the field of Django that it comes from.
    """

    default_validators: Any = [validate_usable]
    clean_text: Callable[[str], str]

    def to_python(self, value):
        return self._cleaned(super().to_python(value))  # type: ignore[misc]

    def pre_save(self, instance, add):
        setattr(
            instance,
            self.attname,
            self._cleaned(getattr(instance, self.attname)),
        )  # type: ignore[attr-defined]
        return super().pre_save(instance, add)  # type: ignore[misc]

    def get_prep_value(self, value):
        return self._cleaned(super().get_prep_value(value))  # type: ignore[misc]

    def get_db_prep_save(self, value, connection):
        if isinstance(value, str):
            validate_usable(value)
        return super().get_db_prep_save(value, connection)  # type: ignore[misc]

    def formfield(self, **options):
        return super().formfield(  # type: ignore[misc]
            **{
                "form_class": CleanedCharField,
                "clean_text": type(self).clean_text,
                **options,
            },
        )

    def deconstruct(self):
        name, path, args, options = super().deconstruct()  # type: ignore[misc]
        kind = (
            models.TextField
            if isinstance(self, models.TextField)
            else models.CharField
        )
        return name, f"django.db.models.{kind.__name__}", args, options

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            return type(self).clean_text(value)
        return value


class LineField(_Cleaned, models.CharField):
    """Text of one line."""

    clean_text = staticmethod(on_one_line)


class ProseField(_Cleaned, models.TextField):
    """Text of any number of lines."""

    clean_text = staticmethod(cleaned)


class IdentifierField(_Cleaned, models.CharField):
    """What tells one thing from another, such as a code or a DOI: those that look alike are the
    same.
    """

    clean_text = staticmethod(as_identifier)


class FieldCheck(models.CheckConstraint):
    """A check whose violation stands at `field`, the one to put right, where a form has it.
    Migrations know it as the plain check that the database keeps.
    """

    def __init__(self, *, field: str, **kwargs: Any):
        self.field = field
        super().__init__(**kwargs)

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        try:
            super().validate(model, instance, exclude, using)
        except ValidationError as violation:
            raise ValidationError({self.field: violation}) from violation

    def deconstruct(self):
        _, args, kwargs = super().deconstruct()
        return "django.db.models.CheckConstraint", args, kwargs

    def clone(self):
        return copy.copy(self)

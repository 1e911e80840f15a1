import html
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from django import template
from django.template import Context
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe

from catalogue.files.exports.snippets import taken_along
from catalogue.listing.across import heading_of
from catalogue.listing.asked_for import chosen_of
from catalogue.listing.facet_values import Facet, FacetValue
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.index import current_index
from catalogue.listing.words import tokens
from catalogue.models import Mitigation
from catalogue.pages.browsing import lifecycle, other_wordings
from catalogue.pages.citing import site_url
from catalogue.record import prose
from catalogue.record.asking import after_verb
from catalogue.record.field_types import Choice, Terms
from catalogue.record.fields import of_type
from catalogue.record.why_listed import why_listed
from serving.registry import Registry

register = template.Library()
register.filter("after_verb", after_verb)
register.filter("kinds_found", heading_of)
WORD = re.compile(r"[^\W_]+")
#: How what a list has can look: of these alone it is said why it is listed.
LISTED = ("entry", "row")


@register.filter
def entry(found, key):
    """What a dictionary has under a key; empty where it has nothing."""
    return found.get(key, "")


@register.filter
def terms(mitigation, within=None):
    """What it carries of each vocabulary: the `terms`, with the label of the field, the
    parameter of the vocabulary, as one of its terms is called, and what to say where there are none.
    """
    rows = []
    for field in of_type(Terms) if within is None else within:
        carried = getattr(mitigation, field.stored_as).all()
        rows.append(
            {
                "label": field.label,
                "parameter": field.terms.parameter,
                "terms": carried,
                "missing": f"{field.terms.parameter} not yet written",
            },
        )
    return rows


def in_order_of_entries() -> list[Terms]:
    return sorted(of_type(Terms), key=lambda field: field.place_in_entry)


@register.filter
def entry_terms(mitigation):
    """Its `terms` in the order in which the entry of a list has them."""
    return terms(mitigation, in_order_of_entries())


@register.filter
def row_terms(mitigation):
    """Its `terms` of which the table of a list has a column."""
    columns = [field for field in in_order_of_entries() if field.is_in_table]
    return terms(mitigation, columns)


@register.simple_tag
def term_labels():
    """What each vocabulary is called, in the order of `row_terms`: the head of a table."""
    return [
        field.label for field in in_order_of_entries() if field.is_in_table
    ]


@register.filter
def choices(mitigation):
    """What it has of each field with choices that can be filtered by: label and value, as people
    read them; the value is empty where it is not known.
    """
    rows = []
    for field in of_type(Choice):
        if field.facet:
            value = getattr(mitigation, field.stored_as)
            label = dict(field.choices).get(value, "")
            rows.append({"label": field.label, "value": label})
    return rows


@register.simple_tag
def choice_labels():
    """The labels of `choices`, for the head of a table."""
    return [field.label for field in of_type(Choice) if field.facet]


@register.filter
def primary_in(mitigation, chosen):
    """Its primary classification in the taxonomy that a list is read in, which `chosen` says by
    its slug; else in the default one.
    """
    slugs = chosen.get("taxonomy")
    if not slugs:
        return mitigation.primary
    return next(
        (
            one
            for one in mitigation.classifications.all()
            if one.is_primary and one.taxonomy.slug in slugs
        ),
        None,
    )


@register.filter
def highlight(text, search):
    """The text, escaped, with the words that the search found in <mark>."""
    if search is None or not search.terms:
        return escape(text)
    parts = []
    last = 0
    hits = search.hits
    for word in WORD.finditer(text):
        if "".join(tokens(word.group())) in hits:
            parts += [
                escape(text[last : word.start()]),
                "<mark>",
                escape(word.group()),
                "</mark>",
            ]
            last = word.end()
    return mark_safe(
        "".join(str(part) for part in [*parts, escape(text[last:])]),
    )


@register.filter
def markdown(text, place="block"):
    """A curator's text as clean HTML: `{{ text|markdown }}`, or `{{ text|markdown:"inline" }}`
    within a paragraph.
    """
    return mark_safe(
        prose.as_inline_html(text or "")
        if place == "inline"
        else prose.as_html(text or ""),
    )


#: So many facets are kept as they were drawn last.
FACETS_KEPT = 500
#: So many facets are open to begin with.
OPEN_AT_FIRST = 3
_drawn: OrderedDict[Hashable, str] = OrderedDict()


@register.simple_tag(takes_context=True)
def drawn_facet(
    context,
    facet: Facet,
    filters: MitigationFilter,
    place: int,
) -> str:
    """A facet, at its place among the facets of the list. One that looks as before is not drawn
    again.
    """
    is_open = place <= OPEN_AT_FIRST or bool(facet.selected_count)
    taxonomies = filters.taxonomies if facet.parameter == "category" else []
    switch = tuple((one.label, one.url, one.is_current) for one in taxonomies)
    look = (facet.look, facet.more, facet.note, facet.further, is_open, switch)
    drawn = _drawn.get(look)
    if drawn is None:
        shown = {"facet": facet, "is_open": is_open, "taxonomies": taxonomies}
        template = context.template.engine.get_template(
            "catalogue/_facet.html",
        )
        drawn = mark_safe(template.render(Context(shown)).strip())
        _drawn[look] = drawn
        if len(_drawn) > FACETS_KEPT:
            with suppress(KeyError):  # another thread may have been quicker
                _drawn.popitem(last=False)
    return drawn


@register.simple_tag
def facet_values(facet: Facet) -> str:
    """The values of a facet, as links; one that would give nothing is no link. Drawn here and
    not by a template: a page has hundreds of them, and they took most of its time.
    """
    values = [_facet_value(facet.parameter, one) for one in facet.values]
    return mark_safe("".join(values))


@lru_cache(maxsize=20_000)
def _named(
    parameter: str,
    value: str,
    code: str,
    label: str,
) -> tuple[str, str]:
    """Name and id of a value, as they stand in HTML."""
    start = f'<span class="num">{code}</span> ' if code else ""
    return f"{start}{html.escape(label)}", html.escape(f"{parameter}-{value}")


def _facet_value(parameter: str, value: FacetValue) -> str:
    name, key = _named(parameter, value.value, value.code, value.label)
    start = '<li class="special">' if value.is_special else "<li>"
    if not (value.count or value.is_selected):
        return f'{start}<span class="value none"><span>{name}</span> <span class="count num">0</span></span></li>'
    current = ' aria-current="true"' if value.is_selected else ""
    chosen = (
        '<span class="visually-hidden">, chosen: take off</span>'
        if value.is_selected
        else ""
    )
    return (
        f'{start}<a class="value" id="f-{key}" href="{html.escape(value.url)}"{current}><span>{name}{chosen}</span> '
        f'<span class="count num">{value.count:,}</span><svg class="share" aria-hidden="true">'
        f'<rect width="{_percent_of_bar(value.share)}%" height="3"/></svg></a>{_facet_branch(parameter, value, key)}</li>'
    )


def _percent_of_bar(share: float) -> int:
    """Whole per cents are finer than a pixel or two; what there is shows."""
    return max(round(100 * share), 1)


def _facet_branch(parameter: str, value: FacetValue, key: str) -> str:
    if not (value.children and value.count):
        return ""
    is_open = " open" if value.is_open or value.is_selected else ""
    within = f'<span class="visually-hidden">Within {value.code} {html.escape(value.label)}</span>'
    children = "".join(
        _facet_value(parameter, child) for child in value.children
    )
    return f'<details data-keep="{key}"{is_open}><summary>{within}</summary><ul>{children}</ul></details>'


class EntryPart(NamedTuple):
    """What another app shows of a mitigation in a list. Its templates are given `mitigation`
    and `chosen`: one for an entry, one for a cell of the table.
    """

    entry: str
    cell: str
    #: Of the column in the table.
    heading: str
    #: The ordering that sorts by this column.
    ordering: str


#: By the app that adds them.
ENTRY_PARTS: Registry[str, EntryPart] = Registry("part of entries")


@register.simple_tag
def entry_parts():
    return list(ENTRY_PARTS.values())


class EntryAction(NamedTuple):
    """What a reader can do with a mitigation: a link at its entry, in its row, and on its page.

    An entry is drawn once for all readers, so the link holds nothing of a request. `in_list`
    gives its label and address in a list whose address carries what the reader chose, which is
    drawn for itself.
    """

    #: A verb, as it is read: “Compare”.
    label: str
    #: The address that it leads to.
    address: Callable[[Mitigation], str]
    #: Of the list's page, which carries what the reader chose.
    parameter: str = ""
    in_list: (
        Callable[[MitigationFilter, Mitigation], tuple[str, str]] | None
    ) = None


#: By name, in the order in which they are shown.
ENTRY_ACTIONS: Registry[str, EntryAction] = Registry("action of entries")


def _carries(filters: MitigationFilter | None, action: EntryAction) -> bool:
    """Whether the address of a list holds what is chosen for an action."""
    return bool(
        filters and action.parameter and filters.values(action.parameter),
    )


@register.simple_tag(takes_context=True)
def entry_actions(context, mitigation):
    """A link for each action, one element each. Its name for screen readers says of which."""
    links = []
    carrying = context.get("carrying")
    for name, action in ENTRY_ACTIONS.items():
        label, address = action.label, action.address(mitigation)
        place = ""
        if action.in_list and _carries(carrying, action):
            label, address = action.in_list(carrying, mitigation)
            # Whoever follows it comes to the same list, and finds their place again.
            place = format_html(' id="{}-{}"', name, mitigation.accession)
            address = f"{address}#{name}-{mitigation.accession}"
        links.append(
            format_html(
                '<a class="act" data-act="{}" data-of="{}"{} href="{}" aria-label="{}: {}">{}</a>',
                name,
                mitigation.accession,
                place,
                address,
                label,
                mitigation.name,
                label,
            ),
        )
    return mark_safe(" ".join(links))


class PairAction(NamedTuple):
    """What a reader can do with a mitigation and another one that stands on its page: a link."""

    label: str
    #: The address that it leads to.
    address: Callable[[Mitigation, Mitigation], str]


#: By name, in the order in which they are shown.
PAIR_ACTIONS: Registry[str, PairAction] = Registry("action of two")


@register.simple_tag
def pair_actions(mitigation, other):
    """A link for each action. Its name for screen readers says with which."""
    links = []
    for action in PAIR_ACTIONS.values():
        links.append(
            format_html(
                '<a class="act" href="{}" aria-label="{}: {}">{}</a>',
                action.address(mitigation, other),
                action.label,
                other.name,
                action.label,
            ),
        )
    return mark_safe(" ".join(links))


@register.simple_tag(takes_context=True)
def entries(context, run, filter=None, level=None, look="entry"):
    """The entries of a list, its rows (`look="row"`), or what stands beside a mitigation
    (`look="neighbour"`). Without a search, which marks hits, one is drawn once for each state
    of its mitigation.

    What is cached is shown to everybody, so its template is given nothing of the request: what
    an entry depends on besides its mitigation stands in `shared`. Of that, what the reader
    chose stands in the key too; with a search, and where the address carries what the reader
    chose, nothing is cached.
    """
    template = context.template.engine.get_template(f"catalogue/_{look}.html")
    chosen = filter.for_entries if filter else {}
    asked = chosen_of(filter) if filter else {}
    search = filter.search if filter else None
    actions = ENTRY_ACTIONS.values()
    carries = any(_carries(filter, action) for action in actions)
    shared = {
        "parts": entry_parts(),
        "lifecycle": lifecycle(),
        "level": level,
        "search": search,
        "chosen": chosen,
        "carrying": filter if carries else None,
    }

    def drawn(keys: list[int]) -> dict[int, str]:
        result = {}
        others: dict[int, list] = {}
        reasons = {}
        if look in LISTED:
            others = other_wordings(keys)
            reasons = why_listed(current_index(), keys, asked)
        for key, mitigation in run.some(keys).items():
            own = {
                "mitigation": mitigation,
                "others": others.get(key, []),
                "why": reasons.get(key),
            }
            result[key] = template.render(Context({**shared, **own}))
        return result

    if search or carries:
        parts = list(drawn(run.keys).values())
    else:
        answered = {**chosen, **{name: tuple(asked[name]) for name in asked}}
        kind = (look, level, tuple(sorted(answered.items())))
        parts = current_index().per_mitigation(kind, run.keys, drawn)
    # A page about something else has a heading of its own above its entries.
    is_grouped = filter and not level and filter.group_headings
    if is_grouped and len(parts) == len(run.keys):
        parts = _under_headings(parts, run, filter, look)
    return mark_safe("".join(parts))


def _under_headings(parts: list[str], run, filter, look: str) -> list[str]:
    """Entries, with a heading before the first of each group."""
    column = filter.groups.column
    result: list[str] = []
    current = None
    for part, values in zip(parts, run.values.values(), strict=True):
        if values[column] != current or not result:
            current = values[column]
            heading = escape(filter.group_headings[current])
            if look == "row":
                result.append(
                    '<tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="20">'
                    f"{heading}</th></tr>",
                )
            else:
                result.append(f'<li class="group"><h2>{heading}</h2></li>')
        result.append(part)
    return result


@register.simple_tag
def sorted_by(filter, ordering):
    """The attribute of a column by which a list is sorted."""
    if filter.ordering == ordering:
        return mark_safe(' aria-sort="ascending"')
    if filter.ordering == f"-{ordering}":
        return mark_safe(' aria-sort="descending"')
    return ""


@register.inclusion_tag("catalogue/_files.html", takes_context=True)
def files_of_list(context, list_url):
    """Links to a list as files; `list_url` is the list's page, filtered."""
    return taken_along(
        site_url(context["request"]),
        list_url.partition("?")[2],
    )


@register.simple_tag
def linked_data(data):
    """A script element with JSON-LD; what could end the element early is escaped."""
    text = json.dumps(data, ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return mark_safe(f'<script type="application/ld+json">{text}</script>')

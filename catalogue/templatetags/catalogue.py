import html
import json
import re

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe

from catalogue.exports.snippets import taken_along
from catalogue.facets import FacetValue
from catalogue.search import stem, tokens
from catalogue.views import site_url

register = template.Library()
WORD = re.compile(r"[^\W_]+")


@register.filter
def entry(found, key):
    """What a dictionary has under a key; empty where it has nothing."""
    return found.get(key, "")


@register.filter
def highlight(text, search):
    """The text, escaped, with the words that the search found in <mark>."""
    if search is None or not search.terms:
        return escape(text)
    parts, last = [], 0
    for word in WORD.finditer(text):
        root = stem("".join(tokens(word.group())))
        if root in search.stems or (search.prefixes and root.startswith(search.prefixes)):
            parts += [escape(text[last : word.start()]), "<mark>", escape(word.group()), "</mark>"]
            last = word.end()
    return mark_safe("".join(str(part) for part in [*parts, escape(text[last:])]))


@register.simple_tag
def facet_values(facet):
    """The values of a facet, as links; one that would give nothing is no link. Drawn here and not by a template: a page has
    hundreds of them, and they took most of its time."""
    return mark_safe("".join(_facet_value(facet.parameter, value) for value in facet.values))


def _facet_value(parameter: str, value: FacetValue) -> str:
    code = f'<span class="num">{value.code}</span> ' if value.code else ""
    name, key = f"{code}{html.escape(value.label)}", html.escape(f"{parameter}-{value.value}")
    start = '<li class="special">' if value.is_special else "<li>"
    if not (value.count or value.is_selected):
        return f'{start}<span class="value none"><span>{name}</span> <span class="count num">0</span></span></li>'
    current = ' aria-current="true"' if value.is_selected else ""
    chosen = '<span class="visually-hidden">, chosen: take off</span>' if value.is_selected else ""
    return (
        f'{start}<a class="value" id="f-{key}" href="{html.escape(value.url)}"{current}><span>{name}{chosen}</span> '
        f'<span class="count num">{value.count}</span><svg class="share" viewBox="0 0 1 1" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect width="{value.share:.3f}" height="1"/></svg></a>{_facet_branch(parameter, value, key)}</li>'
    )


def _facet_branch(parameter: str, value: FacetValue, key: str) -> str:
    if not (value.children and value.count):
        return ""
    is_open = " open" if value.is_open or value.is_selected else ""
    within = f'<span class="visually-hidden">Within {value.code} {html.escape(value.label)}</span>'
    children = "".join(_facet_value(parameter, child) for child in value.children)
    return f'<details data-keep="{key}"{is_open}><summary>{within}</summary><ul>{children}</ul></details>'


@register.simple_tag(takes_context=True)
def entries(context, run, filters):
    """The entries of a list. Without a search, which marks hits, an entry is drawn once for each state of its mitigation."""
    template = context.template.engine.get_template("catalogue/_entry.html")

    def drawn(keys: list[int]) -> dict[int, str]:
        found = {}
        for key, mitigation in run.some(keys).items():
            with context.push(mitigation=mitigation, search=filters.search):
                found[key] = template.render(context)
        return found

    if filters.search:
        return mark_safe("".join(drawn(run.keys).values()))
    return mark_safe("".join(filters.index.kept("entry", run.keys, drawn)))


@register.inclusion_tag("catalogue/_files.html", takes_context=True)
def files_of_list(context, list_url):
    """Links to a list as files; `list_url` is the list's page, filtered."""
    return taken_along(site_url(context["request"]), list_url.partition("?")[2])


@register.simple_tag
def linked_data(data):
    """A script element with JSON-LD; what could end the element early is escaped."""
    text = json.dumps(data, ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return mark_safe(f'<script type="application/ld+json">{text}</script>')

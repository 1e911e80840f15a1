import json
import re

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe

from catalogue.exports.snippets import taken_along
from catalogue.search import stem, tokens
from catalogue.views import site_url

register = template.Library()
WORD = re.compile(r"[^\W_]+")


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

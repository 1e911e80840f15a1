"""The page of what two laws, codes or standards ask for in common, and its files."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from serving.attachments import attached
from serving.parameters import described
from serving.problems import bad_address, bad_parameters

from ..files.exports import sssom
from ..files.exports.address import ListAddress
from ..files.exports.crosswalk import CrosswalkListing
from ..files.exports.delivery import deliver
from ..files.exports.formats import FORMATS
from ..files.exports.names import file_name
from ..listing.index import current_index
from ..record.asking import NO_ADVICE
from ..record.crosswalk import (
    CAUTION,
    CHOOSE_TWO,
    FROM,
    TO,
    Crosswalk,
    CrosswalkForm,
    crosswalk_url,
)
from .citing import site_url

#: So many measures of a part stand on the page; files have all.
MOST_SHOWN = 100
#: To begin with, where all of a pair are listed.
BEGINNINGS = (
    ("eu-gpai-code", "nist-ai-rmf"),
    ("ca-sb-53", "ny-raise"),
    ("eu-ai-act", "eu-gpai-code"),
)


@require_safe
def crosswalk(request):
    form = CrosswalkForm(request.GET)
    if form.problems:
        return bad_address(request, form.problems, _corrected_query(form))
    first, second = form.value(FROM), form.value(TO)
    shown = None
    if form.chosen:
        shown = Crosswalk(*form.chosen, current_index())
    address = crosswalk_url(first, second).rstrip("?")
    context = {
        "form": form,
        "first": first,
        "second": second,
        "instruments": [
            (slug, label) for slug, label in form.fields[FROM].choices if slug
        ],
        "shown": shown,
        "most": MOST_SHOWN,
        "most_shown": f":{MOST_SHOWN}",
        "caution": CAUTION,
        "no_advice": NO_ADVICE,
        "canonical": request.build_absolute_uri(address),
        "swapped_url": crosswalk_url(second, first),
        "beginnings": [] if shown else _pairs_to_begin_with(form),
    }
    if shown:
        context["files"] = [
            ("CSV", shown.url("crosswalk-table")),
            ("SSSOM", shown.url("crosswalk-mappings")),
        ]
    return render(request, "catalogue/instruments/crosswalk.html", context)


def _pairs_to_begin_with(form: CrosswalkForm) -> list[tuple[str, str, str]]:
    """(short title, short title, address) of pairs to begin with."""
    found = []
    for first, second in BEGINNINGS:
        if first in form.instruments and second in form.instruments:
            found.append(
                (
                    form.instruments[first].short_title,
                    form.instruments[second].short_title,
                    crosswalk_url(first, second),
                ),
            )
    return found


def _corrected_query(form: CrosswalkForm) -> str:
    """The nearest query that can be read: with what was likely meant, without all else that is
    wrong.
    """
    values = {FROM: "", TO: ""}
    for name in values:
        problems = [one for one in form.problems if one.parameter == name]
        if problems:
            values[name] = problems[0].suggestion or ""
        else:
            values[name] = form.data.get(name, "")
    if values[FROM] == values[TO]:
        values[TO] = ""
    return f"?{crosswalk_url(values[FROM], values[TO]).partition('?')[2]}"


def _requested(form: CrosswalkForm) -> Crosswalk:
    """Raises Http404 where two are not chosen."""
    if form.chosen is None:
        raise Http404(CHOOSE_TWO)
    return Crosswalk(*form.chosen, current_index())


@require_safe
def crosswalk_table(request):
    """What the page shows, as CSV."""
    form = CrosswalkForm(request.GET)
    if form.problems:
        return bad_parameters([described(one) for one in form.problems])
    requested = _requested(form)
    address = ListAddress(
        site_url(request),
        reverse("crosswalk"),
        request.GET,
    )
    answer = deliver(
        lambda: CrosswalkListing(requested),
        address,
        FORMATS["csv"],
        "crosswalk",
    )
    del answer["Link"]  # the page has no metadata of columns
    return answer


@require_safe
def crosswalk_mappings(request):
    """The mappings of measures to provisions of either, as SSSOM. None is said between provisions:
    that both are met through a measure does not make them equivalent.
    """
    form = CrosswalkForm(request.GET)
    if form.problems:
        return bad_parameters([described(one) for one in form.problems])
    requested = _requested(form)
    pair = (requested.first, requested.second)
    content = sssom.mapping_set(
        requested.mappings,
        site_url(request),
        requested.url("crosswalk-mappings"),
        f"measures and provisions of {' and '.join(one.short_title for one in pair)}",
    )
    answer = HttpResponse(
        content,
        content_type=f"{sssom.MEDIA_TYPE}; charset=utf-8",
    )
    chosen = {FROM: [pair[0].slug], TO: [pair[1].slug]}
    return attached(
        answer,
        f"{file_name('crosswalk', chosen)}.{sssom.SUFFIX}",
    )

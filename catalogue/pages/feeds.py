"""What changed lately, as a page and as an Atom feed."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from catalogue.curation import changes, changes_of_instruments
from catalogue.models import Release

from .. import reading

MOST = 50
#: On the page of changes, which the whole catalogue as it is shipped fits on.
MOST_ON_PAGE = 300
#: So many changes of one day that are alike stand as one.
ALIKE = 4
#: What has happened to a release; each stands by itself.
RELEASED = "released"
#: Since when the names of entries are given out, as RFC 4151 asks; they never change.
SINCE = "2026-11"
#: What XML 1.0 cannot hold (section 2.2). Texts that were taken in before this was looked at
#: may have some of it.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class FeedEntry:
    """`name` is the same for ever, and of no other entry."""

    name: str
    title: str
    text: str
    reason: str
    at: datetime
    address: str
    category: str
    #: What several of its sort are called.
    sort: str


@dataclass(frozen=True)
class ChangesOfDay:
    """Changes of one day that are told alike, such as what was published together."""

    day: date
    entries: list[FeedEntry]

    @property
    def is_one(self) -> bool:
        return len(self.entries) == 1

    @property
    def text(self) -> str:
        return self.entries[0].text

    @property
    def sort(self) -> str:
        return self.entries[0].sort


def latest_entries(most: int = MOST) -> list[FeedEntry]:
    """Changes to what is published and to laws, codes and standards, and releases, the newest
    first.
    """
    found = [
        FeedEntry(
            f"mitigations/{mitigation.accession}/{event.at:%Y%m%dT%H%M%S%f}",
            f"{mitigation.accession} {mitigation.name}",
            event.text,
            event.reason,
            event.at,
            mitigation.get_absolute_url(),
            event.what,
            "mitigations",
        )
        for mitigation, event in changes.recent(most)
    ]
    found += [
        FeedEntry(
            f"instruments/{instrument.slug}/{event.at:%Y%m%dT%H%M%S%f}",
            instrument.short_title,
            event.text,
            event.reason,
            event.at,
            instrument.get_absolute_url(),
            event.what,
            "laws, codes and standards",
        )
        for instrument, event in changes_of_instruments.recent_to_laws(most)
    ]
    read = reading.current_release()
    for release in Release.objects.filter(
        **({"pk__lte": read.pk} if read else {}),
    ).newest_first()[:most]:
        title = f"Release {release.number}{f': {release.title}' if release.title else ''}"
        found.append(
            FeedEntry(
                f"releases/{release.number}",
                title,
                "A numbered version of the catalogue that does not change",
                release.notes,
                release.cut_at,
                release.get_absolute_url(),
                RELEASED,
                "releases",
            ),
        )
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:most]


def by_day(entries: list[FeedEntry]) -> list[ChangesOfDay]:
    """Entries as a page has them: those of one day that are told alike together where there
    are several, by their titles, each other one by itself. The newest first.
    """
    alike: dict[tuple[date, str, str, str, str], list[FeedEntry]] = {}
    for entry in entries:
        key = (
            entry.at.date(),
            entry.category,
            entry.sort,
            entry.text,
            entry.reason,
        )
        alike.setdefault(key, []).append(entry)
    found = []
    for (day, *_), group in alike.items():
        if len(group) >= ALIKE and group[0].category != RELEASED:
            by_title = sorted(group, key=attrgetter("title"))
            found.append(ChangesOfDay(day, by_title))
        else:
            found += [ChangesOfDay(day, [entry]) for entry in group]
    return sorted(found, key=attrgetter("day"), reverse=True)


@require_safe
def recent_changes(request):
    entries = latest_entries(MOST_ON_PAGE)
    context = {
        "changes": by_day(entries),
        "most": MOST_ON_PAGE if len(entries) == MOST_ON_PAGE else None,
    }
    return render(request, "catalogue/releases/recent.html", context)


def naming_host(request) -> str:
    """Whom entries are named by: the site's configured name, since a reader knows by it what it
    has shown already.
    """
    named = [
        urlsplit(settings.SITE_URL).hostname,
        *(host.lstrip(".") for host in settings.ALLOWED_HOSTS),
    ]
    return next(
        (host for host in named if host and host != "*"),
        request.get_host().partition(":")[0],
    )


class ChangesFeed(Feed):
    feed_type = Atom1Feed
    title = f"{settings.SITE_NAME}: changes"
    subtitle = "What was published, changed, reclassified and withdrawn, laws, codes and standards that changed, and every release."
    link = reverse_lazy("changes")
    author_name = settings.SITE_NAME
    feed_copyright = "CC BY 4.0"

    def get_object(self, request) -> str:
        return naming_host(request)

    def feed_guid(self, host: str) -> str:
        return f"tag:{host},{SINCE}:changes"

    def feed_url(self) -> str:
        return reverse("changes-feed")

    def items(self, host: str) -> list[tuple[str, FeedEntry]]:
        return [(host, entry) for entry in latest_entries()]

    def item_title(self, item: tuple[str, FeedEntry]) -> str:
        return NOT_IN_XML.sub(" ", item[1].title)

    def item_description(self, item: tuple[str, FeedEntry]) -> str:
        return NOT_IN_XML.sub(
            " ",
            f"{item[1].text}.{f' {item[1].reason}' if item[1].reason else ''}",
        )

    def item_link(self, item: tuple[str, FeedEntry]) -> str:
        return item[1].address

    def item_guid(self, item: tuple[str, FeedEntry]) -> str:
        host, entry = item
        return f"tag:{host},{SINCE}:{entry.name}"

    def item_pubdate(self, item: tuple[str, FeedEntry]) -> datetime:
        return item[1].at

    def item_updateddate(self, item: tuple[str, FeedEntry]) -> datetime:
        return item[1].at

    def item_categories(self, item: tuple[str, FeedEntry]) -> list[str]:
        return [item[1].category]

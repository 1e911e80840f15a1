"""The chart of what the page of a study shows: with all that it needs where it stands alone."""

from dataclasses import dataclass
from functools import cached_property
from html import escape, unescape

from django.urls import reverse
from django.utils.html import strip_tags

from catalogue.record.prose import as_inline_html

from .charts.bounds import BoundsTable
from .charts.picture import Picture, draw
from .charts.plot import Panel
from .study_table import StudyTable

HOW_TO_READ = (
    "Dot: share of all who answered, don’t know included. Line: 95 % interval (Wilson). Open dot: "
    "the interval reaches half or less. Square: half or fewer."
)
UNKNOWN_NUMBER = (
    "How many answered is not known here, and so no interval can be given."
)
HOW_TO_READ_SHARES = f"Dot: the published share of experts. {UNKNOWN_NUMBER}"
HOW_TO_READ_BOUNDS = (
    "Upright line: the published bound. Dashes: all that the share may be; only that it is larger, or smaller, than the "
    f"bound is known here, not by how much. {UNKNOWN_NUMBER}"
)
#: Of an embedded page as wide as a column of text, in pixels: what stands above and below the rows,
#: and a row. On a phone, where a row has two lines, it scrolls.
FRAME = 340
ROW_IN_FRAME = 28


@dataclass(frozen=True)
class StudyChart:
    """`site_url` is where the site stands, for the source in the picture."""

    table: StudyTable
    site_url: str
    site_name: str

    @property
    def bounds(self) -> BoundsTable | None:
        """What is drawn of a study that has published shares, and no counts."""
        if self.table.panels or not self.table.bounds:
            return None
        return self.table.bounds[0]

    @cached_property
    def panels(self) -> list[Panel]:
        return self.bounds.panels if self.bounds else self.table.panels

    @property
    def is_empty(self) -> bool:
        return not self.panels

    @property
    def title(self) -> str:
        """What it shows, in a sentence where there is one to be made."""
        if self.table.headline:
            return self.table.headline
        place = self.table.filter.chosen_category
        return f"Experts who {self.answered}{f', {place}' if place else ''}"

    @property
    def answered(self) -> str:
        """What those did who are counted."""
        return self.bounds.answered if self.bounds else self.table.answered

    @property
    def consensus(self) -> int | None:
        """From how many per cent on its study speaks of consensus, where counts are drawn."""
        if self.bounds:
            return None
        return self.table.study.consensus_percent

    @property
    def query(self) -> str:
        """Of its addresses: what is shown, and in which order."""
        query = self.table.shown_query
        return f"?{query}" if query else ""

    def _address(self, name: str, *args: str) -> str:
        path = reverse(name, args=[self.table.study.slug, *args])
        return f"{path}{self.query}"

    @property
    def url(self) -> str:
        return self._address("study-chart")

    @property
    def svg_url(self) -> str:
        return self._address("study-chart-svg")

    @property
    def png_url(self) -> str:
        return self._address("study-chart-png")

    @property
    def page_url(self) -> str:
        """Of the study's page, as it shows the same."""
        return f"{self.table.study.get_absolute_url()}{self.query}"

    @property
    def question(self) -> str:
        if self.bounds:
            return self.table.study.quoted(self.bounds.criterion)
        return self.table.question

    @property
    def source(self) -> str:
        study = self.table.study
        parts = [study.label]
        if study.responded:
            parts.append(f"{study.responded} experts")
        return ", ".join(parts)

    @property
    def notes(self) -> list[str]:
        notes = [HOW_TO_READ]
        if self.bounds:
            notes = [HOW_TO_READ_SHARES]
            if self.bounds.has_bounds:
                notes = [HOW_TO_READ_BOUNDS]
        if notice := self.table.study.named_notice:
            notes.append(unescape(strip_tags(as_inline_html(notice))))
        notes.append(
            f"Source: {self.source}. {self.site_name}, {self.site_url}{self.page_url}",
        )
        return notes

    @cached_property
    def picture(self) -> Picture:
        return draw(
            title=self.title,
            question=f"{self.question} Experts who {self.answered}.",
            panels=self.panels,
            notes=self.notes,
            consensus=self.consensus,
        )

    @property
    def frame_height(self) -> int:
        """For those who embed the page, in pixels."""
        lines = 1
        if self.bounds and len(self.panels) > 1:
            # Names stand above what is drawn.
            lines = 2
        rows = sum(lines * len(panel.dots) + 2 for panel in self.panels)
        return FRAME + ROW_IN_FRAME * rows

    @property
    def frame(self) -> str:
        """The line that puts it into another page."""
        return (
            f'<iframe src="{escape(self.site_url + self.url)}" '
            f'title="{escape(self.title)}" width="100%" height="{self.frame_height}" '
            'loading="lazy" frameborder="0"></iframe>'
        )

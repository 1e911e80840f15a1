"""The chart of what the page of a study shows: with all that it needs where it stands alone."""

from dataclasses import dataclass
from functools import cached_property
from html import escape, unescape

from django.urls import reverse
from django.utils.html import strip_tags

from catalogue.record.prose import as_inline_html

from .charts.picture import Picture, draw
from .study_table import StudyTable

HOW_TO_READ = (
    "Dot: share of all who answered, don’t know included. Line: 95 % interval (Wilson). Open dot: "
    "the interval reaches half or less. Square: half or fewer."
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
    def is_empty(self) -> bool:
        return not self.table.panels

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
        return f"“{self.table.question}”"

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
        if notice := self.table.study.named_notice:
            notes.append(unescape(strip_tags(as_inline_html(notice))))
        notes.append(
            f"Source: {self.source}. {self.site_name}, {self.site_url}"
            f"{self.table.study.get_absolute_url()}",
        )
        return notes

    @cached_property
    def picture(self) -> Picture:
        return draw(
            title=self.table.headline,
            question=f"{self.question} Experts who {self.table.answered}.",
            panels=self.table.panels,
            notes=self.notes,
            consensus=self.table.study.consensus_percent,
        )

    @property
    def frame_height(self) -> int:
        """For those who embed the page, in pixels."""
        rows = sum(len(panel.dots) + 2 for panel in self.table.panels)
        return FRAME + ROW_IN_FRAME * rows

    @property
    def frame(self) -> str:
        """The line that puts it into another page."""
        return (
            f'<iframe src="{escape(self.site_url + self.url)}" '
            f'title="{escape(self.table.headline)}" width="100%" height="{self.frame_height}" '
            'loading="lazy" frameborder="0"></iframe>'
        )

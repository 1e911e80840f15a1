"""From a question to a brief: matrix, list, comparison, shortlist, what it covers, and the files."""

import io
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]
COMPARE = "a[data-act=compare]"
SIX_MORE = "M0013, M0015, M0030, M0032, M0041, M0048"
#: A reader has three minutes; to see what to do next and to do it takes about seven seconds.
MOST_ACTIONS = 3 * 60 // 7


class Reader:
    """Does one thing after the other, with the mouse or by keyboard alone, and counts."""

    def __init__(self, page, *, by_keyboard: bool):
        self.page = page
        self.by_keyboard = by_keyboard
        self.actions = 0

    def act(self, place) -> None:
        self.actions += 1
        if not self.by_keyboard:
            place.click()
            return
        place.focus()
        self.page.keyboard.press("Enter")

    def write(self, place, text: str) -> None:
        self.actions += 1
        place.focus()
        self.page.keyboard.type(text)

    def choose(self, place, value: str) -> None:
        self.actions += 1
        place.select_option(value)

    def taken(self, name: str) -> bytes:
        with self.page.expect_download() as download:
            self.act(self.page.get_by_role("link", name=name, exact=True))
        return Path(download.value.path()).read_bytes()


def to_a_cell(reader: Reader, width: int) -> None:
    """From the front page to the list behind a number of the matrix."""
    page = reader.page
    page.goto("/")
    if width < 700:
        reader.act(page.get_by_role("button", name="Menu"))
    menu = page.get_by_role("navigation", name="Main")
    reader.act(menu.get_by_role("link", name="Matrix"))
    page.wait_for_url("**/matrix/")
    if width < 700:
        row = page.locator(".matrix-rows details", has_text="2.3").first
        reader.act(row.locator("summary"))
        reader.act(row.locator("li a", has_text="Deploy"))
    else:
        cell = page.locator(".matrix a[href*='category=2.3'][href*='=deploy']")
        reader.act(cell.first)
    page.wait_for_url("**/mitigations/?*category=2.3*")


def three_compared(reader: Reader) -> None:
    page = reader.page
    for number in range(3):
        chosen = page.locator(COMPARE).nth(number)
        chosen.wait_for()
        reader.act(chosen)
        page.get_by_text(f"Compare ({number + 1})").wait_for()
    bar = page.get_by_role("navigation", name="Chosen to compare")
    reader.act(bar.get_by_role("link", name="Open the comparison"))
    page.wait_for_url("**/compare/?*")
    assert page.locator(".compared > li").count() == 3


@pytest.mark.parametrize(
    ("width", "by_keyboard"),
    [(1440, False), (1440, True), (390, False)],
)
def test_a_question_leads_to_a_brief_within_three_minutes(
    new_page,
    width,
    by_keyboard,
):
    page = new_page(width=width)
    reader = Reader(page, by_keyboard=by_keyboard)
    to_a_cell(reader, width)
    three_compared(reader)

    reader.act(page.get_by_role("link", name="Make a shortlist of them"))
    page.wait_for_url("**/shortlist/?*")
    reader.write(page.locator("#add"), SIX_MORE)
    reader.act(page.locator(".adding:has(#add) button").first)
    page.get_by_text("9 measures, put together").wait_for()
    reader.choose(page.locator("#for"), "risk:4")
    reader.act(page.locator(".adding:has(#for) button"))
    page.wait_for_url("**for=risk%3A4**")
    assert page.locator(".covered table").count() >= 5

    reader.act(page.get_by_role("link", name="Brief of these"))
    page.locator("h1", has_text="Brief of 9 measures").wait_for()
    pdf = PdfReader(io.BytesIO(reader.taken("PDF")))
    word = Document(io.BytesIO(reader.taken("Word (DOCX)")))

    heads = [
        one.text for one in word.paragraphs if "Heading" in one.style.name
    ]
    assert "Key points" in heads
    assert "Key points" in pdf.pages[0].extract_text()
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.actions <= MOST_ACTIONS

"""From a shortlist to a brief that is taken away."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("served_catalogue"),
]
READ_CLIPBOARD = """async () => {
  const [item] = await navigator.clipboard.read();
  const texts = {};
  for (const type of item.types) texts[type] = await (await item.getType(type)).text();
  return texts;
}"""
#: What the page calls them, and what they begin with.
FILES = {"PDF": b"%PDF", "Word (DOCX)": b"PK"}


@pytest.mark.parametrize("javascript", [True, False])
def test_a_shortlist_is_taken_away_as_files_with_a_title_of_its_own(
    new_page,
    javascript,
):
    page = new_page(width=390, javascript=javascript)
    page.goto("/shortlist/?m=M0013&m=M0030")
    page.get_by_role("link", name="Brief of these").click()
    page.get_by_text("Give it a title").click()
    page.get_by_label("Title").fill("Before the release")
    page.get_by_label("Purpose").fill("For the office.")
    page.get_by_role("button", name="Show in the brief").click()
    expect(page.locator("h1")).to_have_text("Before the release")
    assert "release" not in page.url

    with page.expect_download() as download:
        page.get_by_role("button", name="Markdown", exact=True).click()

    text = Path(download.value.path()).read_text()
    assert text.startswith("# Before the release\n")
    assert "For the office." in text
    assert "50 of 51 experts agreed" in text
    for name, start in FILES.items():
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        named = download.value.suggested_filename
        assert named.startswith("before-the-release_")
        assert Path(download.value.path()).read_bytes().startswith(start)


@pytest.mark.parametrize("javascript", [True, False])
def test_what_is_typed_goes_along_before_it_was_sent_once(
    new_page,
    javascript,
):
    page = new_page(width=390, javascript=javascript)
    page.goto("/shortlist/brief/?m=M0013&m=M0030")
    expect(page.get_by_role("link", name="Markdown")).to_be_visible()
    page.get_by_text("Give it a title").click()
    page.get_by_label("Title").fill("Before the release")
    expect(page.get_by_role("link", name="Markdown")).to_have_count(0)

    with page.expect_download() as download:
        page.get_by_role("button", name="Markdown", exact=True).click()
    page.get_by_role("button", name="In short", exact=True).click()

    text = Path(download.value.path()).read_text()
    assert text.startswith("# Before the release\n")
    expect(page.locator("h1")).to_have_text("Before the release")
    assert "length=1" in page.url


def test_with_a_title_the_brief_is_without_fault(new_page, axe_finds):
    page = new_page()
    page.goto("/shortlist/brief/?m=M0013&m=M0030&x=M0020:too%20dear")
    page.get_by_text("Give it a title").click()
    page.get_by_label("Title").fill("Mine")
    page.get_by_role("button", name="Show in the brief").click()
    page.get_by_text("Change its title").click()
    page.get_by_text("Notes on single measures").click()

    assert axe_finds(page) == []


@pytest.mark.parametrize("has_words", [False, True])
def test_it_is_copied_with_headings_lists_and_tables_and_as_text(
    new_page,
    has_words,
):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/shortlist/brief/?m=M0013&m=M0030")
    title = "Brief of 2 measures"
    if has_words:
        title = "Before the release"
        page.get_by_text("Give it a title").click()
        page.get_by_label("Title").fill(title)
        page.get_by_role("button", name="Show in the brief").click()
    page.get_by_role("button", name="Copy for Word or mail").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    copied = page.evaluate(READ_CLIPBOARD)
    assert f">{title}</h1>" in copied["text/html"]
    assert "<h2>Key points</h2>" in copied["text/html"]
    assert "<table" in copied["text/html"]
    assert copied["text/plain"].startswith(f"{title}\n===")

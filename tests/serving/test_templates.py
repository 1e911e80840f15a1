"""Pages are read without the indentation of their templates, and show the same."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Engine

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
SHOWN_AS_WRITTEN = re.compile(r"<(pre|textarea)\b.*?</\1>", re.DOTALL)


@pytest.fixture
def read(tmp_path):
    """What a template of some name and text gives."""
    engine = Engine(
        dirs=[tmp_path],
        loaders=["serving.templates.Loader"],
    )

    def render(name, text):
        (tmp_path / name).write_text(text)
        return engine.render_to_string(name)

    return render


def test_a_page_comes_without_the_indentation_of_its_template(read):
    assert read("page.html", "<ul>\n    <li>\n\t  a b\n") == (
        "<ul>\n<li>\na b\n"
    )


def test_text_that_is_no_page_comes_as_it_is_written(read):
    assert read("mail.txt", "Dear all,\n    indented\n") == (
        "Dear all,\n    indented\n"
    )


@pytest.mark.parametrize(
    "path",
    TEMPLATES,
    ids=lambda path: str(path.relative_to(settings.BASE_DIR)),
)
def test_no_template_indents_what_is_shown_as_it_is_written(path):
    shown = [one[0] for one in SHOWN_AS_WRITTEN.finditer(path.read_text())]

    assert [one for one in shown if re.search(r"\n[ \t]", one)] == []

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe

# Playwright's own loop would make Django refuse the live server's database calls.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.any_engine)


@pytest.fixture(scope="session")
def chromium():
    """The machine's own Chromium."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        message = "There is no Chromium: install one to run the browser tests."
        pytest.fail(message) if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


#: What the colours of a page decide. All else that axe looks at is the same in light and dark.
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


AXE_FINDS = """([context, options]) => axe.run(context ?? document, {resultTypes: ["violations"], ...options}).then(
    found => found.violations.map(one => [one.id, one.nodes[0].html]))"""


@pytest.fixture
def axe_finds():
    """What axe has to say of the page as it stands, in light and in dark: rules with the first element each."""
    script = Axe().axe_script

    def look(page, context=None):
        found = []
        page.evaluate(script)
        for scheme, options in (("light", {}), ("dark", OF_COLOURS)):
            page.emulate_media(color_scheme=scheme)
            found += [(scheme, *one) for one in page.evaluate(AXE_FINDS, [context, options])]
        return found

    return look


@pytest.fixture
def served_catalogue(live_server, loaded):
    """The real catalogue behind a real server."""
    loaded.restore()


@pytest.fixture
def new_page(chromium, live_server):
    """Opens pages: `new_page(width=390, dark=True, javascript=False)`. Requests to other hosts fail the test."""
    contexts, foreign = [], []

    def open_one(width=1440, dark=False, javascript=True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            reduced_motion="reduce",
            base_url=live_server.url,
        )
        contexts.append(context)
        context.on("request", lambda r: None if r.url.startswith((live_server.url, "data:")) else foreign.append(r.url))
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert foreign == []


@pytest.fixture
def admin_page(new_page):
    """Opens the admin, signed in: `admin_page(width=1440, dark=False)`."""

    def sign_in(**look):
        from django.contrib.auth.models import User

        if not User.objects.exists():
            User.objects.create_superuser("ada", password="a password of some length")
        page = new_page(**look)
        page.goto("/admin/")
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill("a password of some length")
        page.get_by_role("button", name="Log in").click()
        return page

    return sign_in

import os
import shutil
import threading
import time
from wsgiref.handlers import BaseHandler

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from serving.answers import PublicAnswers

# Playwright's own loop would make Django refuse the live server's database calls.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.any_engine)


#: By what name it is installed. The first is the same engine without what draws windows, and
#: takes half the time.
CHROMIUM = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
)


@pytest.fixture(scope="session")
def chromium():
    """The machine's own Chromium."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        message = "There is no Chromium: install one to run the browser tests."
        pytest.fail(message) if os.environ.get(
            "REQUIRE_BROWSER",
        ) == "1" else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        yield browser
        browser.close()


#: What the colours of a page decide. All else that axe looks at is the same in light and dark.
OF_COLOURS = ["color-contrast", "link-in-text-block"]

AXE_FINDS = """([context, options]) => axe.run(context ?? document, {resultTypes: ["violations"], ...options}).then(
    found => found.violations.map(one => [one.id, one.nodes[0].html]))"""

#: Of the elements with text, two of each that look alike: same element, colour, size and
#: weight, on the same grounds. Colours take nearly all of axe's time, and a list of fifty
#: entries has them fifty times.
AXE_FINDS_IN_COLOURS = """([context, rules]) => {
    const grounds = new Map([[null, ""]]);
    const groundOf = (element) => {
        if (!element || !(element instanceof Element)) return "";
        if (!grounds.has(element)) {
            const look = getComputedStyle(element);
            const own = [look.backgroundColor, look.backgroundImage, look.opacity, look.position, look.clipPath, look.filter];
            const before = groundOf(element.parentElement);
            const plain = "rgba(0, 0, 0, 0)|none|1|static|none|none";
            grounds.set(element, own.join("|") === plain ? before : `${before}/${own.join("|")}`);
        }
        return grounds.get(element);
    };
    const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const times = new Map();
    const include = [];
    for (const element of (context ? document.querySelector(context) : document).querySelectorAll("*")) {
        if (!element.checkVisibility() || !(hasText(element) || element.matches("input, select, textarea"))) continue;
        const look = getComputedStyle(element);
        const key = [element.tagName, look.color, look.fontSize, look.fontWeight, look.textDecorationLine,
            getComputedStyle(element.parentElement).color, groundOf(element)].join("|");
        times.set(key, (times.get(key) ?? 0) + 1);
        if (times.get(key) <= 2) include.push(element);
    }
    if (!include.length) return [];
    return axe.run({include}, {resultTypes: ["violations"], runOnly: {type: "rule", values: rules}}).then(
        found => found.violations.map(one => [one.id, one.nodes[0].html]));
}"""

#: Figures, in tables or drawn, that begin out of sight: outside the window, or outside the part
#: of a wide table that shows first.
OUT_OF_SIGHT = """() => {
    const cut = [];
    for (const one of document.querySelectorAll("td, th[scope=row], th[scope=rowgroup], svg.likert, svg.range")) {
        const isFigure = one.matches("svg") || /\\d|reported/.test(one.textContent);
        if (!isFigure || !one.checkVisibility() || one.closest(".dictionary")) continue;
        const box = one.getBoundingClientRect();
        const frame = one.closest(".table-scroll, .scroll")?.getBoundingClientRect();
        const [left, right] = [Math.max(0, frame?.left ?? 0), Math.min(innerWidth, frame?.right ?? innerWidth)];
        if (box.width && (box.right > right + 1.5 || box.left < left - 1.5)) cut.push(one.outerHTML.slice(0, 120));
    }
    return cut.slice(0, 3);
}"""


@pytest.fixture
def axe_finds():
    """What axe has to say of the page as it stands, in light and in dark: rules with the first
    element each. `context` is a selector, for a part of the page.
    """
    script = Axe().axe_script

    def look(page, context=None):
        page.evaluate(script)
        others = {"rules": {rule: {"enabled": False} for rule in OF_COLOURS}}
        found = [
            ("light", *one)
            for one in page.evaluate(AXE_FINDS, [context, others])
        ]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [
                (scheme, *one)
                for one in page.evaluate(
                    AXE_FINDS_IN_COLOURS,
                    [context, OF_COLOURS],
                )
            ]
        return found

    return look


@pytest.fixture
def figures_out_of_sight():
    """The first figures of a page that a reader does not see without scrolling sideways."""
    return lambda page: page.evaluate(OUT_OF_SIGHT)


@pytest.fixture(scope="session", autouse=True)
def one_request_at_a_time():
    """The threads of the live server share one connection to the database in memory, and so its
    one transaction.
    """
    lock, answer = threading.RLock(), WSGIHandler.__call__

    def alone(*arguments):
        with lock:
            return answer(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIHandler, "__call__", alone)
        yield


@pytest.fixture(scope="session", autouse=True)
def slow_line():
    """With SLOW_LINE=1, pages come late and in pieces, as on a slow line or a busy machine: it
    shows which tests read a page before it is there.
    """
    if os.environ.get("SLOW_LINE") != "1":
        yield
        return
    write = BaseHandler.write

    def write_slowly(handler, body):
        if "text/html" not in str(handler.headers):
            write(handler, body)
            return
        piece = max(1, len(body) // 4)
        for start in range(0, len(body), piece):
            time.sleep(0.1)
            write(handler, body[start : start + piece])
            handler._flush()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseHandler, "write", write_slowly)
        yield


@pytest.fixture(scope="module")
def kept_answers(one_request_at_a_time):
    """Pages are made once for all who ask for them, as the site itself does it: for modules
    whose tests all begin with the same data.
    """
    lock, render = threading.RLock(), WSGIHandler.__call__
    handlers = {}

    def answer(handler, environ, start_response):
        with lock:
            if handler not in handlers:
                handlers[handler] = PublicAnswers(
                    lambda *asked: render(handler, *asked),
                )
            return handlers[handler](environ, start_response)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIHandler, "__call__", answer)
        yield


@pytest.fixture
def served_catalogue(live_server, loaded):
    """The real catalogue behind a real server."""
    loaded.restore()


@pytest.fixture
def new_page(chromium, live_server):
    """Opens pages: `new_page(width=390, dark=True, javascript=False)`. Requests to other hosts
    fail the test.
    """
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
        context.on(
            "request",
            lambda r: (
                None
                if r.url.startswith((live_server.url, "data:"))
                else foreign.append(r.url)
            ),
        )
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert foreign == []


@pytest.fixture
def admin_page(new_page, live_server, settings):
    """Opens pages, signed in: `admin_page(width=1440, dark=False)`. A curator's own way in, by
    the form, is walked in test_curating.py.
    """

    def sign_in(**look):
        from django.contrib.auth.models import User

        if not User.objects.exists():
            User.objects.create_superuser("ada")
        client = Client()
        client.force_login(User.objects.get(username="ada"))
        name = settings.SESSION_COOKIE_NAME
        session = {"name": name, "value": client.cookies[name].value}
        page = new_page(**look)
        page.context.add_cookies([{**session, "url": live_server.url}])
        return page

    return sign_in

"""One real mitigation, from a curator's spreadsheet to a release, each step in the browser by
who takes it.
"""

import re

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from catalogue.models import Mitigation
from tests.factories import AuthorFactory, DocumentFactory

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a password of some length"
COLUMNS = [
    "No.",
    "Measure",
    "What it is",
    "Source",
    "Section",
    "Category",
    "Reasoning",
    "Phases",
    "Who",
]
ROW = [
    "II",
    "Thresholds of intolerable risk",
    "Developers say beforehand at which risks, left unmitigated, a model would be too dangerous to be built or released.",
    "Frontier AI Safety Commitments 2024",
    "Outcome 1",
    "2.3.1",
    "It decides on whether a model is deployed at all.",
    "Plan and Design; Deploy",
    "Developer",
]


def sheet(row):
    return "\n".join("\t".join(cells) for cells in (COLUMNS, row)).encode()


@pytest.fixture
def sign_in(new_page):
    def open_admin(name, group):
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        page = new_page()
        page.goto("/admin/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        return page

    return open_admin


def hand_in(page, row):
    page.goto("/admin/catalogue/importbatch/add/")
    page.get_by_label("What is in it").select_option("mitigations")
    page.get_by_label("File", exact=True).set_input_files(
        {
            "name": "commitments.tsv",
            "mimeType": "text/tab-separated-values",
            "buffer": sheet(row),
        },
    )
    page.get_by_text("What holds for all rows").click()
    page.get_by_label("Scheme of keys").fill("frontier-commitments")
    page.get_by_role("button", name="Check the file").click()
    if page.url.endswith("/columns/"):
        page.get_by_role("button", name="Check the file").click()


def test_a_mitigation_goes_from_a_spreadsheet_to_a_release(
    served_catalogue,
    new_page,
    sign_in,
    settings,
):
    settings.SELF_APPROVAL = False
    document = DocumentFactory(
        slug="seoul-2024",
        label="Frontier AI Safety Commitments 2024",
        year=2024,
    )
    AuthorFactory(
        document=document,
        family="",
        given="",
        organisation="AI Seoul Summit",
    )
    cora, rhea, reader = (
        sign_in("cora", "Curator"),
        sign_in("rhea", "Reviewer"),
        new_page(),
    )

    # A misspelt category is refused, with the nearest; nothing is written.
    hand_in(cora, [*ROW[:5], "Deploiment Managment", *ROW[6:]])
    assert "Deployment Management" in cora.locator(".faults").inner_text()
    assert not Mitigation.objects.filter(name=ROW[1]).exists()

    # The corrected file: first what it would do, then it is done, as a draft that no reader sees.
    hand_in(cora, ROW)
    assert "1 added" in cora.locator(".study-tabs").inner_text()
    assert not Mitigation.objects.filter(name=ROW[1]).exists()
    cora.get_by_role("button", name="Import 1 row").click()
    assert "imported" in cora.locator(".said").inner_text()
    made = Mitigation.objects.get(name=ROW[1])
    assert made.status == Mitigation.Status.DRAFT
    assert reader.goto(made.get_absolute_url()).status == 404

    # The same file again changes nothing.
    hand_in(cora, ROW)
    assert "Nothing to import" in cora.locator("#content-main").inner_text()

    # She submits it, may not approve it herself, and the reviewer sends it back with a note.
    cora.goto(f"/admin/catalogue/mitigation/{made.pk}/change/")
    cora.get_by_role("button", name="Submit for review").first.click()
    cora.goto("/admin/review/")
    cora.get_by_role("link", name=re.compile(ROW[1])).first.click()
    expect(cora.locator("body")).to_contain_text(ROW[2])
    expect(cora.get_by_role("button", name="Approve")).to_have_count(0)
    rhea.goto("/admin/review/")
    rhea.get_by_role("link", name=re.compile(ROW[1])).first.click()
    expect(rhea.locator("body")).to_contain_text(ROW[2])
    rhea.get_by_label("Note to cora").fill("Name the functions too.")
    rhea.get_by_role("button", name="Send back").click()

    # She mends it, and it is approved: readers see it.
    cora.goto(f"/admin/catalogue/mitigation/{made.pk}/change/")
    expect(cora.locator("body")).to_contain_text("Name the functions too.")
    cora.get_by_label("Govern", exact=True).check()
    cora.get_by_role("button", name="Submit for review").first.click()
    rhea.goto("/admin/review/")
    rhea.get_by_role("link", name=re.compile(ROW[1])).first.click()
    rhea.get_by_role("button", name="Approve").click()
    assert reader.goto(made.get_absolute_url()).status == 200
    expect(reader.locator("body")).to_contain_text("Deployment Management")
    reader.goto("/mitigations/?q=intolerable+thresholds&function=govern")
    assert reader.get_by_role("link", name=ROW[1]).count()

    # It is in the release, which says that it was added, and stays as it was when the record
    # changes afterwards.
    rhea.goto("/admin/catalogue/release/cut/")
    rhea.get_by_role("button", name="Show what it would be").click()
    number = rhea.get_by_label("Number").input_value()
    rhea.get_by_role("button", name=f"Cut {number} for good").click()
    expect(rhea).to_have_title(re.compile(re.escape(number)))
    rhea.goto(f"/admin/catalogue/mitigation/{made.pk}/change/")
    rhea.get_by_label("Name:", exact=True).fill("Limits of intolerable risk")
    rhea.get_by_label("Reason for the change").fill(
        "The word is that of the source.",
    )
    rhea.get_by_role("button", name="Submit for review").first.click()
    cora.goto("/admin/review/")
    assert (
        reader.request.get(
            f"/api/v1/mitigations/{made.accession}/?release={number}",
        ).json()["name"]
        == ROW[1]
    )
    assert (
        reader.request.get(f"/api/v1/mitigations/{made.accession}/").json()[
            "name"
        ]
        == ROW[1]
    )
    reader.goto(made.get_absolute_url())
    assert "Published" in reader.locator("#history").inner_text()
    feed = reader.request.get("/changes.atom").text()
    assert ROW[1] in feed
    reader.goto("/data/")
    assert reader.get_by_role(
        "link",
        name=re.compile(re.escape(number)),
    ).count()

"""Short links: stored where a reader asks for one, and the same for the same list."""

import hashlib
import time
from html import unescape

import lxml.html
import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, connection, transaction

from catalogue.models import Mitigation
from decisions.models import SHORTEST_CODE, ShortLink
from decisions.shortlist import links
from decisions.shortlist.links import MOST_PER_HOUR, link_for, signs_of
from tests.factories import LifecyclePhaseFactory, MitigationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def pair():
    return [MitigationFactory() for _ in range(2)]


def query(mitigations) -> str:
    return "&".join(f"m={one.accession}" for one in mitigations)


def ask(client, mitigations, title="", **headers):
    return client.post(
        f"/shortlist/link?{query(mitigations)}",
        {"title": title},
        **headers,
    )


def test_it_is_asked_for_on_the_page_and_shown_there(client, pair):
    page = client.get(f"/shortlist/?{query(pair)}")
    [form] = lxml.html.fromstring(page.content).xpath(
        "//form[@aria-label='Short link']",
    )
    made = client.post(form.get("action"), {"title": ""})

    shown = client.get(made["Location"].partition("#")[0])

    assert made.status_code == 303
    [link] = ShortLink.objects.all()
    address = f"http://testserver/s/{link.code}"
    assert f'<a href="{address}">{address}</a>' in shown.content.decode()


def test_it_leads_to_the_list_in_its_order(client, pair):
    link = link_for([one.accession for one in reversed(pair)])

    response = client.get(f"/s/{link.code}")

    assert response.status_code == 302
    assert response["Location"] == f"/shortlist/?{query(reversed(pair))}"
    assert response["X-Robots-Tag"] == "noindex"


def test_it_keeps_what_the_reader_answers_for(client, pair):
    pair[0].phases.add(LifecyclePhaseFactory(slug="plan"))
    held_to = f"{query(pair)}&for=phase%3Aplan"

    made = client.post(f"/shortlist/link?{held_to}", {"title": ""})
    link = ShortLink.objects.get()
    response = client.get(link.get_absolute_url())

    assert response["Location"] == f"/shortlist/?{held_to}"
    page = client.get(made["Location"].partition("#")[0]).content.decode()
    assert "leads to this list, with what you answer for, for ever." in page


def test_a_list_keeps_the_link_that_it_had_before_targets_were_stored(pair):
    names = [one.accession for one in pair]
    content = f"shortlist 1\n{' '.join(names)}\n"

    digest = hashlib.sha256(content.encode()).hexdigest()

    assert link_for(names).digest == digest
    assert link_for(names, "", ["phase:plan"]).digest != digest


def test_a_title_is_stored_only_where_it_is_given(client, pair):
    ask(client, pair)
    ask(client, pair, title="  For the\ncommittee ")

    titles = ShortLink.objects.order_by("pk").values_list("title", flat=True)
    assert list(titles) == ["", "For the committee"]


def test_a_title_stands_above_the_list(client, pair):
    link = link_for([pair[0].accession], "For the committee")

    page = client.get(f"/s/{link.code}", follow=True).content.decode()

    assert "Shortlist: “For the committee”" in page


def test_the_same_list_has_the_same_link(client, pair):
    first = ask(client, pair)["Location"]
    again = ask(client, pair)["Location"]

    assert first == again
    assert ShortLink.objects.count() == 1


def test_another_order_or_title_is_another_link(pair):
    names = [one.accession for one in pair]
    codes = {
        link_for(names).code,
        link_for(names[::-1]).code,
        link_for(names, "A title").code,
    }

    assert len(codes) == 3


@pytest.mark.parametrize("spell", [str.lower, lambda code: code])
def test_a_code_is_found_however_it_is_typed(client, pair, spell):
    link = link_for([pair[0].accession])
    typed = link.code.replace("0", "O").replace("1", "I")

    assert client.get(f"/s/{spell(typed)}").status_code == 302


def test_of_two_contents_with_one_code_the_second_is_longer(
    monkeypatch,
    pair,
):
    whole = signs_of("ab" * 32)
    monkeypatch.setattr(links, "signs_of", lambda digest: whole)
    first, second = (link_for([one.accession]) for one in pair)

    assert first.code == whole[:SHORTEST_CODE]
    assert second.code == whole[: SHORTEST_CODE + 1]
    assert link_for([pair[1].accession]).code == second.code


def test_it_answers_for_what_was_withdrawn(client, pair):
    link = link_for([one.accession for one in pair])
    Mitigation.objects.filter(pk=pair[0].pk).update(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was the same.",
    )

    page = client.get(f"/s/{link.code}", follow=True)

    assert page.status_code == 200
    assert "It was the same." in page.content.decode()


def test_the_database_lets_nothing_of_it_be_changed(pair):
    link_for([pair[0].accession])

    with (
        pytest.raises(DatabaseError, match="never_changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE decisions_shortlink SET names = 'M9999'")


@pytest.mark.parametrize(
    "values",
    [
        {"code": "SHORT"},
        {"digest": "short"},
        {"names": ""},
        {"title": "See https://elsewhere.example"},
        {"title": "See www.elsewhere.example"},
    ],
)
def test_the_database_refuses_what_is_no_short_link(values):
    good = {"code": "A" * 10, "digest": "d" * 64, "names": "M0001"}

    with pytest.raises(IntegrityError), transaction.atomic():
        ShortLink.objects.create(**(good | values))


def test_nothing_is_stored_of_who_asked():
    stored = {field.name for field in ShortLink._meta.get_fields()}

    assert stored == {"id", "code", "digest", "names", "targets", "title"}


@pytest.mark.parametrize(
    ("title", "why"),
    [("See https://x.example", "holds no address"), ("x" * 81, "80")],
)
def test_a_title_that_cannot_be_is_refused_with_why(
    client,
    pair,
    title,
    why,
):
    response = ask(client, pair, title=title)

    assert response.status_code == 400
    assert why in response.content.decode()
    assert not ShortLink.objects.exists()


def test_no_link_is_made_of_nothing(client):
    assert client.post("/shortlist/link").status_code == 400


def test_no_other_site_makes_one(client, pair):
    response = ask(client, pair, headers={"Origin": "https://other.example"})

    assert response.status_code == 403
    assert not ShortLink.objects.exists()


def test_links_of_one_client_are_counted(client, pair, monkeypatch):
    monkeypatch.setattr(links, "MOST_PER_HOUR", 2)

    answers = [ask(client, pair, title=one) for one in ("a", "b", "c")]

    assert MOST_PER_HOUR > 2
    assert [one.status_code for one in answers] == [303, 303, 429]
    assert 3590 < int(answers[-1]["Retry-After"]) <= 3600


def test_who_made_too_many_is_told_when_to_come_and_what_works_now(
    client,
    pair,
    monkeypatch,
):
    monkeypatch.setattr(links, "MOST_PER_HOUR", 1)
    answers = {}
    now = time.time()
    for name, minute in (("first", 0), ("refused", 20), ("later", 61)):
        monkeypatch.setattr("time.time", lambda at=now + minute * 60: at)
        answers[name] = ask(client, pair, title=name)
    refused = answers["refused"].content.decode()

    assert "which you may share with others" in refused
    assert "More can be made in 40 minutes." in refused
    whole = f"http://testserver/shortlist/?{query(pair)}</a>"
    assert whole in unescape(refused)
    assert answers["later"].status_code == 303


def test_a_slash_at_its_end_leads_to_the_list_too(client, pair):
    link = link_for([one.accession for one in pair])

    response = client.get(f"/s/{link.code}/")

    assert response["Location"] == f"/shortlist/?{query(pair)}"
    assert link.get_absolute_url() == f"/s/{link.code}"


def test_where_it_is_asked_for_nothing_can_be_read(client):
    response = client.options("/shortlist/link")

    assert response.status_code == 204
    assert response["Allow"] == "OPTIONS, POST"


def test_whoever_does_something_else_there_is_told_what_it_takes(client):
    response = client.put("/shortlist/link")

    assert response.status_code == 405
    text = response.content.decode()
    assert "this address only takes what a form sends" in text


def test_a_list_that_has_a_link_is_given_it_however_many_were_made(
    client,
    pair,
    monkeypatch,
):
    monkeypatch.setattr(links, "MOST_PER_HOUR", 1)

    answers = [ask(client, pair).status_code for _ in range(3)]

    assert answers == [303, 303, 303]


def test_reading_its_address_makes_none(client, pair):
    assert client.get(f"/shortlist/link?{query(pair)}").status_code == 405


def test_a_code_that_there_is_not_is_not_found(client):
    assert client.get("/s/ABCDEFGHJK").status_code == 404


def test_a_link_of_another_list_is_not_shown(client, pair):
    link = link_for([pair[0].accession])

    page = client.get(f"/shortlist/?{query(pair)}&link={link.code}")

    assert "for ever.</p>" not in page.content.decode()


def test_the_admin_shows_it_and_changes_nothing(admin_client, pair):
    link = link_for([pair[0].accession])

    page = admin_client.get(f"/admin/decisions/shortlink/{link.pk}/change/")

    assert link.code in page.content.decode()
    assert (
        admin_client.get("/admin/decisions/shortlink/add/").status_code == 403
    )


def test_a_superuser_takes_one_away(admin_client, client, pair):
    link = link_for([pair[0].accession], "What nobody should read")

    address = f"/admin/decisions/shortlink/{link.pk}/delete/"
    admin_client.post(address, {"post": "yes"})

    assert not ShortLink.objects.exists()
    assert client.get(f"/s/{link.code}").status_code == 404


def test_nobody_else_takes_one_away(client, pair, django_user_model):
    link = link_for([pair[0].accession])
    editor = django_user_model.objects.create_user("ada", is_staff=True)
    editor.user_permissions.set(Permission.objects.all())
    client.force_login(editor)

    address = f"/admin/decisions/shortlink/{link.pk}/delete/"
    client.post(address, {"post": "yes"})

    assert ShortLink.objects.exists()

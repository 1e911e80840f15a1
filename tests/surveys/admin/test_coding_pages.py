"""Moderation in the admin: points, ticks, withholding, agreement, summaries."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from surveys.comments import comment_coding
from surveys.models import Coding, CommentSummary, ExpertComment, Remark
from surveys.running import fielding, rounds
from tests.factories import UserFactory
from tests.surveys.factories import make_closed_study, make_study, make_token

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def make_coder(client):
    """A superuser with a client of their own."""

    def make():
        coder = UserFactory(is_staff=True, is_superuser=True)
        own = type(client)()
        own.force_login(coder)
        own.user = coder
        return own

    return make


def page(study, name="measure"):
    return reverse(
        f"admin:surveys_study_coding_{name}",
        args=[study.pk, study.items.get().pk],
    )


def make_point(study, label="cost"):
    return comment_coding.add_point(
        item=study.items.get(),
        label=label,
        body=f"About {label}.",
        stance=1,
    )


def shown_inputs(html: str) -> dict[str, list[str]]:
    """What a browser would send back from a page as it stands: hidden fields, ticked boxes,
    texts, chosen options.
    """
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_box = given.get("type") in ("checkbox", "radio")
        if (
            "name" in given
            and given["name"] != "csrfmiddlewaretoken"
            and (not is_box or " checked" in tag)
        ):
            sent.setdefault(given["name"], []).append(
                given.get("value", "on" if is_box else ""),
            )
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]*)"[^>]*>\n?([^<]*)</textarea>',
        html,
    ):
        sent.setdefault(name, []).append(text)
    for name, body in re.findall(
        r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>',
        html,
        re.S,
    ):
        sent.setdefault(name, []).extend(
            re.findall(r'value="([^"]*)" selected', body),
        )
    return sent


def opened(
    client,
    study,
    name="measure",
    query="?show=all",
) -> dict[str, list[str]]:
    return shown_inputs(client.get(page(study, name) + query).content.decode())


def send(client, study, data, name="measure", query="?show=all") -> str:
    return client.post(
        page(study, name) + query,
        data,
        follow=True,
    ).content.decode()


def chosen(coder, remark) -> list[str] | None:
    mine = Coding.objects.filter(coder=coder.user, remark=remark).first()
    return (
        None
        if mine is None
        else sorted(mine.points.values_list("label", flat=True))
    )


def test_a_coder_ticks_points_and_only_what_they_touched_is_coded(make_coder):
    study, ada = make_closed_study(["a", "b", "c", "d", "e"]), make_coder()
    cost = make_point(study)
    first, second, third, *_ = Remark.objects.order_by("pk")
    data = opened(ada, study) | {
        f"{first.pk}-points": [cost.pk],
        f"{second.pk}-points": ["none"],
    }

    shown = send(ada, study, data)

    assert "2 comments saved." in shown
    assert [chosen(ada, remark) for remark in (first, second, third)] == [
        ["cost"],
        [],
        None,
    ]


def test_ticks_taken_away_make_a_comment_open_again(make_coder):
    study, ada = make_closed_study("abcde"), make_coder()
    remark = Remark.objects.order_by("pk")[0]
    comment_coding.code_remark(
        remark=remark,
        coder=ada.user,
        points=[make_point(study)],
    )
    data = opened(ada, study)
    del data[f"{remark.pk}-points"]

    send(ada, study, data)

    assert chosen(ada, remark) is None


def test_some_points_and_none_of_them_is_refused_and_the_ticks_stay(
    make_coder,
):
    study, ada = make_closed_study("abcde"), make_coder()
    cost = make_point(study)
    remark = Remark.objects.order_by("pk")[0]

    shown = send(
        ada,
        study,
        opened(ada, study) | {f"{remark.pk}-points": [cost.pk, "none"]},
    )

    assert "either some points, or none of them" in shown
    assert set(shown_inputs(shown)[f"{remark.pk}-points"]) == {
        str(cost.pk),
        "none",
    }
    assert not Coding.objects.exists()


def test_two_coders_who_save_at_once_keep_each_others_work(make_coder):
    study, ada, bob = make_closed_study("abcde"), make_coder(), make_coder()
    cost, trust = make_point(study), make_point(study, "trust")
    first, second, *_ = Remark.objects.order_by("pk")
    by_ada, by_bob = opened(ada, study), opened(bob, study)

    send(
        ada,
        study,
        by_ada
        | {f"{first.pk}-points": [cost.pk], f"{second.pk}-is_withheld": "on"},
    )
    send(bob, study, by_bob | {f"{first.pk}-points": [trust.pk]})

    assert (chosen(ada, first), chosen(bob, first)) == (["cost"], ["trust"])
    second.refresh_from_db()
    assert second.is_withheld


def test_the_choice_of_another_is_seen_only_when_both_have_coded(make_coder):
    study, ada, bob = make_closed_study("abcde"), make_coder(), make_coder()
    cost = make_point(study, "expensive")
    remark = Remark.objects.order_by("pk")[0]
    comment_coding.code_remark(remark=remark, coder=ada.user, points=[cost])

    before = bob.get(page(study) + "?show=all").content.decode()
    comment_coding.code_remark(remark=remark, coder=bob.user, points=[])
    after = bob.get(page(study) + "?show=all").content.decode()

    assert "The other coder" not in before
    assert str(cost.pk) not in shown_inputs(before).get(
        f"{remark.pk}-points",
        [],
    )
    assert re.search(r"The other coder:\s*expensive", after)


def test_comments_on_which_coders_differ_are_listed(make_coder):
    study, ada, bob = make_closed_study("abcde"), make_coder(), make_coder()
    cost = make_point(study)
    alike, split, once, *_ = Remark.objects.order_by("pk")
    for remark, points in ((alike, [cost]), (split, [cost]), (once, [cost])):
        comment_coding.code_remark(
            remark=remark,
            coder=ada.user,
            points=points,
        )
    comment_coding.code_remark(remark=alike, coder=bob.user, points=[cost])
    comment_coding.code_remark(remark=split, coder=bob.user, points=[])

    assert opened(ada, study, query="?show=split")["shown"] == [str(split.pk)]


def test_what_is_left_to_code_leaves_out_what_is_coded_withheld_or_full(
    make_coder,
):
    study, ada = make_closed_study("abcde"), make_coder()
    mine, withheld, full, *left = Remark.objects.order_by("pk")
    comment_coding.code_remark(remark=mine, coder=ada.user, points=[])
    comment_coding.withhold(remark=withheld, is_withheld=True)
    for coder in (UserFactory(), UserFactory()):
        comment_coding.code_remark(remark=full, coder=coder, points=[])

    assert opened(ada, study, query="")["shown"] == [
        str(remark.pk) for remark in left
    ]


def test_drafts_of_answers_are_shown_to_no_coder(make_coder):
    study = make_study(items=1)
    round_ = rounds.open_round(study=study)
    response = fielding.consent(round_=round_, token=make_token(study))
    fielding.save_item(
        response=response,
        item=study.items.get(),
        given={},
        remark="Never sent off.",
    )
    rounds.close_study(study=study)

    assert (
        "Never sent off."
        not in make_coder().get(page(study) + "?show=all").content.decode()
    )


def test_many_comments_come_page_by_page(make_coder):
    study, ada = (
        make_closed_study([f"Remark {n}" for n in range(25)]),
        make_coder(),
    )

    pages = [
        opened(ada, study, query=f"?show=all&page={number}")["shown"]
        for number in (1, 2)
    ]

    assert [len(one) for one in pages] == [20, 5]
    assert sorted(pages[0] + pages[1]) == sorted(
        str(pk) for pk in Remark.objects.values_list("pk", flat=True)
    )


def test_a_further_point_is_added_with_the_ticks(make_coder):
    study, ada = make_closed_study("abcde"), make_coder()
    remark = Remark.objects.order_by("pk")[0]
    new = {
        "new-label": "speed",
        "new-body": "It slows work.",
        "new-stance": "3",
        f"{remark.pk}-points": ["none"],
    }

    shown = send(ada, study, opened(ada, study) | new)

    assert ExpertComment.objects.get().label == "speed"
    assert chosen(ada, remark) == []
    assert "speed" in shown


def test_a_point_with_a_label_that_is_taken_is_refused_and_the_ticks_are_not_lost(
    make_coder,
):
    study, ada = make_closed_study("abcde"), make_coder()
    cost = make_point(study)
    remark = Remark.objects.order_by("pk")[0]
    new = {
        "new-label": "cost",
        "new-body": "Again.",
        "new-stance": "3",
        f"{remark.pk}-points": [cost.pk],
    }

    shown = send(ada, study, opened(ada, study) | new)

    assert "Another point on this measure has this label." in shown
    assert str(cost.pk) in shown_inputs(shown)[f"{remark.pk}-points"]
    assert not Coding.objects.exists()


def test_a_third_coder_cannot_tick_and_is_refused_when_late(make_coder):
    study, ada = make_closed_study("abcde"), make_coder()
    remark = Remark.objects.order_by("pk")[0]
    data = opened(ada, study)
    for coder in (UserFactory(), UserFactory()):
        comment_coding.code_remark(remark=remark, coder=coder, points=[])

    late = send(ada, study, data | {f"{remark.pk}-points": ["none"]})

    assert "coded by 2 coders already" in late
    assert f"{remark.pk}-points" not in opened(ada, study)


def test_points_are_changed_where_a_coder_changed_them_and_nowhere_else(
    make_coder,
):
    study, ada, bob = make_closed_study("abcde"), make_coder(), make_coder()
    point = make_point(study)
    by_ada, by_bob = opened(ada, study, "points"), opened(bob, study, "points")

    send(
        ada,
        study,
        by_ada | {f"point-{point.pk}-body": "By Ada.", "step": "save"},
        "points",
    )
    send(
        bob,
        study,
        by_bob | {f"point-{point.pk}-stance": "3", "step": "save"},
        "points",
    )

    point.refresh_from_db()
    assert (point.body, point.stance) == ("By Ada.", 3)


def test_a_field_that_two_coders_changed_is_not_written_over(make_coder):
    study, ada, bob = make_closed_study("abcde"), make_coder(), make_coder()
    point = make_point(study)
    by_ada, by_bob = opened(ada, study, "points"), opened(bob, study, "points")

    send(
        ada,
        study,
        by_ada | {f"point-{point.pk}-body": "By Ada.", "step": "save"},
        "points",
    )
    shown = send(
        bob,
        study,
        by_bob | {f"point-{point.pk}-body": "By Bob.", "step": "save"},
        "points",
    )

    point.refresh_from_db()
    assert point.body == "By Ada."
    assert "Somebody has changed the body to “By Ada.”" in shown
    assert "By Bob.</textarea>" in shown


def test_a_point_is_removed_only_where_nobody_ticked_it(make_coder):
    study, ada = make_closed_study("abcde"), make_coder()
    used, unused = make_point(study), make_point(study, "trust")
    comment_coding.code_remark(
        remark=Remark.objects.first(),
        coder=UserFactory(),
        points=[used],
    )

    kept = send(
        ada,
        study,
        opened(ada, study, "points")
        | {f"point-{used.pk}-remove": "on", "step": "save"},
        "points",
    )
    send(
        ada,
        study,
        opened(ada, study, "points")
        | {f"point-{unused.pk}-remove": "on", "step": "save"},
        "points",
    )

    assert "“cost” is ticked in 1 codings" in kept
    assert ExpertComment.objects.get() == used


def test_a_summary_is_previewed_in_words_and_not_saved(make_coder):
    study, ada = make_closed_study("abcde"), make_coder()
    cost, _ = make_point(study), make_point(study, "trust")
    for remark in Remark.objects.all()[:3]:
        comment_coding.code_remark(
            remark=remark,
            coder=ada.user,
            points=[cost],
        )

    shown = send(
        ada,
        study,
        {"body": "{cost} fear it. {trust} trusts it.", "step": "preview"},
        "points",
    )

    assert "Several experts fear it. Nobody yet trusts it." in shown
    assert not CommentSummary.objects.exists()


def test_a_preview_does_not_give_away_what_another_coder_chose(make_coder):
    study, ada, bob = make_closed_study("abcde"), make_coder(), make_coder()
    cost = make_point(study)
    first, second, *_ = Remark.objects.order_by("pk")
    comment_coding.code_remark(remark=first, coder=ada.user, points=[cost])
    comment_coding.code_remark(remark=second, coder=bob.user, points=[])

    shown = send(
        bob,
        study,
        {"body": "{cost} fear it.", "step": "preview"},
        "points",
    )

    assert "Another has coded 1 comments that you have not" in shown
    assert "One expert fear" not in shown


def test_a_summary_is_saved_and_an_unknown_label_named(make_coder):
    study, ada = make_closed_study("abcde"), make_coder()
    make_point(study)

    send(
        ada,
        study,
        {"body": "{cost} fear it.", "step": "save", "initial-body": ""},
        "points",
    )
    shown = send(
        ada,
        study,
        {
            "body": "{price} fear it.",
            "step": "save",
            "initial-body": "{cost} fear it.",
        },
        "points",
    )

    assert (
        "No point has the label price. Labels of this measure: cost." in shown
    )
    assert CommentSummary.objects.get().body == "{cost} fear it."


def test_a_summary_that_another_wrote_meanwhile_is_not_written_over(
    make_coder,
):
    study, ada = make_closed_study("abcde"), make_coder()
    data = opened(ada, study, "points") | {"body": "By Ada.", "step": "save"}
    comment_coding.summarise(item=study.items.get(), body="By Bob.")

    shown = send(ada, study, data, "points")

    assert (
        "Somebody has changed the summary since you opened this page: “By Bob.”"
        in shown
    )
    assert CommentSummary.objects.get().body == "By Bob."


def test_points_and_summary_are_saved_together(make_coder):
    study, ada = make_closed_study("abcde"), make_coder()
    new = {
        "new-label": "cost",
        "new-body": "It costs.",
        "new-stance": "3",
        "body": "{cost} fear it.",
        "step": "save",
    }

    shown = send(ada, study, opened(ada, study, "points") | new, "points")

    assert "The points are saved." in shown
    assert "The summary is saved." in shown
    assert ExpertComment.objects.get().label == "cost"
    assert CommentSummary.objects.get().body == "{cost} fear it."


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {
                "new-label": "",
                "new-body": "It costs.",
                "body": "{trust} fear it.",
            },
            "This field is required.",
        ),
        (
            {
                "new-label": "cost",
                "new-body": "It costs.",
                "body": "{price} fear it.",
            },
            "No point has the label price.",
        ),
        (
            {
                "new-label": "cost",
                "new-body": "It costs.",
                "body": "{trust} fear it.",
                "step": "preview",
            },
            "Nobody yet fear",
        ),
    ],
)
def test_nothing_that_is_typed_is_lost_where_a_part_is_refused_or_previewed(
    make_coder,
    fields,
    reason,
):
    study, ada = make_closed_study("abcde"), make_coder()
    point = make_point(study, "trust")
    typed = {
        "new-stance": "3",
        f"point-{point.pk}-body": "Put otherwise.",
        "step": "save",
        **fields,
    }

    shown = send(ada, study, opened(ada, study, "points") | typed, "points")

    assert reason in shown
    for text in ("Put otherwise.", "It costs.", fields["body"]):
        assert f"{text}</textarea>" in shown
    assert ExpertComment.objects.get() == point
    assert not CommentSummary.objects.exists()


def test_a_label_that_a_summary_no_longer_finds_stands_against_publishing():
    study = make_closed_study("abcde")
    point = make_point(study)
    for remark in Remark.objects.all():
        comment_coding.code_remark(
            remark=remark,
            coder=UserFactory(),
            points=[point],
        )
    comment_coding.summarise(item=study.items.get(), body="{cost} fear it.")

    comment_coding.revise(
        point=point,
        shown={"label": "cost"},
        wanted={"label": "price"},
    )

    [problem] = comment_coding.settle_comments(study)
    assert "summary: No point has the label cost" in problem


def test_agreement_is_told_with_what_it_rests_on(make_coder):
    study, ada, bob = make_closed_study("abcde"), make_coder(), make_coder()
    cost = make_point(study)
    for number, remark in enumerate(Remark.objects.order_by("pk")[:4]):
        comment_coding.code_remark(
            remark=remark,
            coder=ada.user,
            points=[cost] if number < 2 else [],
        )
        comment_coding.code_remark(
            remark=remark,
            coder=bob.user,
            points=[cost] if number < 1 else [],
        )

    shown = ada.get(
        reverse("admin:surveys_study_coding", args=[study.pk]),
    ).content.decode()

    assert "Two have coded 4 comments." in shown
    assert "75 % of pairs" in shown
    assert (
        f"<b>{comment_coding.remark_agreement(study).alpha:.2f}</b>" in shown
    )


def test_progress_counts_what_a_coder_may_know():
    study = make_closed_study("abcde")
    ada, bob = UserFactory(), UserFactory()
    first, second, third, *_ = Remark.objects.order_by("pk")
    comment_coding.code_remark(remark=first, coder=ada, points=[])
    comment_coding.code_remark(remark=first, coder=bob, points=[])
    comment_coding.code_remark(remark=second, coder=bob, points=[])
    comment_coding.withhold(remark=third, is_withheld=True)

    [row] = comment_coding.coding_progress(study, ada)

    assert (
        row.remarks,
        row.mine,
        row.others,
        row.twice,
        row.withheld,
        row.open,
    ) == (
        5,
        1,
        2,
        1,
        1,
        2,
    )


@pytest.mark.parametrize("name", ["measure", "points"])
def test_nothing_is_written_before_a_study_is_closed(make_coder, name):
    study = make_study(items=1)
    new = {
        "new-label": "speed",
        "new-body": "It slows work.",
        "new-stance": "3",
        "step": "save",
    }

    shown = send(make_coder(), study, new, name)

    assert "Comments are coded after a study is closed" in shown
    assert not ExpertComment.objects.exists()


def test_a_remark_is_not_coded_by_way_of_another_study():
    study, other = make_closed_study("abcde"), make_closed_study("fghij")
    remark = Remark.objects.filter(item__study=other).first()

    with pytest.raises(ValidationError, match="another measure"):
        comment_coding.code_remark(
            remark=remark,
            coder=UserFactory(),
            points=[make_point(study)],
        )


def test_pages_take_the_same_queries_for_any_number_of_comments(
    make_coder,
    django_assert_max_num_queries,
    django_assert_num_queries,
):
    ada, addresses = make_coder(), {"few": [], "many": []}
    for size, remarks, items in (("few", 5, 1), ("many", 9, 3)):
        study = make_closed_study(["Text."] * remarks, items=items)
        item = study.items.first()
        points = [
            comment_coding.add_point(
                item=item,
                label=f"p{n}",
                body="A point.",
                stance=1,
            )
            for n in range(items)
        ]
        for remark in comment_coding.remarks_of(study).filter(item=item):
            comment_coding.code_remark(
                remark=remark,
                coder=UserFactory(),
                points=points,
            )
        for name in ("coding", "coding_measure", "coding_points"):
            args = [study.pk] if name == "coding" else [study.pk, item.pk]
            address = reverse(f"admin:surveys_study_{name}", args=args)
            addresses[size].append(f"{address}?show=all")

    for few, many in zip(addresses["few"], addresses["many"], strict=True):
        with django_assert_max_num_queries(30) as taken:
            ada.get(few)
        with django_assert_num_queries(len(taken.captured_queries)):
            ada.get(many)

"""Every sentence of a brief in its edge cases: nothing, one, several, all, only bounds, only what
is preliminary, what is kept back.
"""

import inspect
from datetime import date

import pytest

from decisions.brief import sentences

CASES = [
    (sentences.measures, (0,), "0 measures"),
    (sentences.measures, (1,), "1 measure"),
    (sentences.measures, (1_200,), "1,200 measures"),
    (
        sentences.what_this_is,
        (1, 1),
        "A selection of 1 measure out of a catalogue of 1, put together by a reader. "
        "It is not a recommendation by the catalogue, and not a systematic review.",
    ),
    (
        sentences.what_this_is,
        (2, 1_200, "release 2026.11"),
        "A selection of 2 measures out of a catalogue of 1,200, release 2026.11, put together by a reader. "
        "It is not a recommendation by the catalogue, and not a systematic review.",
    ),
    (
        sentences.what_this_is,
        (2, 3, "as of 2026-11-30", date(2026, 10, 2)),
        "A selection of 2 measures out of a catalogue of 3, as of 2026-11-30, put together by a reader on 2026-10-02. "
        "It is not a recommendation by the catalogue, and not a systematic review.",
    ),
    (sentences.were_left_out, (0,), ""),
    (
        sentences.were_left_out,
        (1,),
        "1 measure was looked at and left out.",
    ),
    (
        sentences.were_left_out,
        (2,),
        "2 measures were looked at and left out.",
    ),
    (sentences.changed_since, (None, []), ""),
    (sentences.changed_since, (None, ["M0001: renamed."]), ""),
    (sentences.changed_since, (date(2026, 10, 2), []), ""),
    (
        sentences.changed_since,
        (date(2026, 10, 2), ["M0001: renamed.", "M0002: withdrawn."]),
        "Changed since 2026-10-02: M0001: renamed. M0002: withdrawn.",
    ),
    (sentences.overlapping, (0,), ""),
    (
        sentences.overlapping,
        (1,),
        "Two of these are the same measure, or overlap.",
    ),
    (
        sentences.overlapping,
        (3,),
        "3 pairs of these are the same measure, or overlap.",
    ),
    (
        sentences.put_to_experts,
        (0, 1),
        "This measure was not put to experts in a study here.",
    ),
    (
        sentences.put_to_experts,
        (1, 1),
        "This measure was put to experts in a study here.",
    ),
    (
        sentences.put_to_experts,
        (0, 3),
        "None of these measures was put to experts in a study here.",
    ),
    (
        sentences.put_to_experts,
        (1, 3),
        "1 of 3 measures was put to experts.",
    ),
    (
        sentences.put_to_experts,
        (2, 3),
        "2 of 3 measures were put to experts.",
    ),
    (
        sentences.put_to_experts,
        (3, 3),
        "All 3 measures were put to experts.",
    ),
    (sentences.with_figures, (0, 0), ""),
    (
        sentences.with_figures,
        (0, 2),
        "What experts answered is not known of any of these.",
    ),
    (sentences.with_figures, (1, 1), "What experts answered is known."),
    (
        sentences.with_figures,
        (1, 1, 1),
        "What experts answered is known, from preliminary results only.",
    ),
    (
        sentences.with_figures,
        (1, 2),
        "What experts answered is known of 1 of 2.",
    ),
    (
        sentences.with_figures,
        (2, 2),
        "What experts answered is known of each of these.",
    ),
    (
        sentences.with_figures,
        (2, 3, 1),
        "What experts answered is known of 2 of 3, of 1 of them from preliminary results only.",
    ),
    (
        sentences.with_figures,
        (2, 3, 2),
        "What experts answered is known of 2 of 3, from preliminary results only.",
    ),
    (sentences.with_bounds_only, (0,), ""),
    (
        sentences.with_bounds_only,
        (1,),
        "1 measure is known only by a bound, such as “more than half”.",
    ),
    (
        sentences.with_bounds_only,
        (3, 1),
        "3 measures are known only by a bound, such as “more than half”, of 1 of them from preliminary results only.",
    ),
    (
        sentences.with_bounds_only,
        (3, 3),
        "3 measures are known only by a bound, such as “more than half”, from preliminary results only.",
    ),
    (sentences.with_too_few_answers, (0,), ""),
    (
        sentences.with_too_few_answers,
        (1,),
        "Of 1 measure too few experts answered for their answers to be shown.",
    ),
    (
        sentences.with_too_few_answers,
        (2,),
        "Of 2 measures too few experts answered for their answers to be shown.",
    ),
    (sentences.with_unreported_answers, (0,), ""),
    (
        sentences.with_unreported_answers,
        (1,),
        "1 measure was put to experts, and what they answered is not reported.",
    ),
    (
        sentences.with_unreported_answers,
        (2,),
        "2 measures were put to experts, and what they answered is not reported.",
    ),
    (sentences.not_covered, ([],), ""),
    (
        sentences.not_covered,
        (["A"],),
        "No measure here is recorded for: A.",
    ),
    (
        sentences.not_covered,
        (["A", "B", "C"], "“Deploy”"),
        "No measure here that bears on “Deploy” is recorded for: A, B, C.",
    ),
    (
        sentences.not_covered,
        (["A", "B", "C", "D"],),
        "No measure here is recorded for: A, B, C, and 1 more.",
    ),
    (sentences.without_any, ([],), ""),
    (
        sentences.without_any,
        (["A"],),
        "Nothing in the catalogue is recorded for: A. There may be something elsewhere.",
    ),
    (
        sentences.without_any,
        (["A"], "“Deploy”"),
        "Nothing in the catalogue, among what bears on “Deploy”, is recorded for: A. There may be something elsewhere.",
    ),
    (
        sentences.looked_at,
        ("",),
        "What at least one of these measures is recorded for.",
    ),
    (
        sentences.looked_at,
        ("“Deploy”",),
        "What at least one of these measures is recorded for, among what bears on “Deploy”.",
    ),
    (sentences.all_covered, (0,), ""),
    (
        sentences.all_covered,
        (4,),
        "At least one measure here is recorded for each phase, actor, function, category and risk that was looked at.",
    ),
    (
        sentences.chosen_together_in,
        ("Study 1", 3, "Which would you combine?", ""),
        "Chosen together, Study 1 [3]. Asked: Which would you combine?",
    ),
    (
        sentences.chosen_together_in,
        ("Study 1", 3, "Which?", "Preliminary."),
        "Chosen together, Study 1 [3]. Asked: Which? Preliminary.",
    ),
    (sentences.worth_saying, (["", "A", "B", "A"],), ["A", "B"]),
    (sentences.worth_saying, ([],), []),
]


@pytest.mark.parametrize(("make", "given", "expected"), CASES)
def test_sentences_from_counts(make, given, expected):
    assert make(*given) == expected


def test_every_sentence_is_in_the_table():
    functions = inspect.getmembers(sentences, inspect.isfunction)
    named = {name for name, _ in functions if not name.startswith("_")}

    assert {make.__name__ for make, _, _ in CASES} == named

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
        (2, 3, "as of 30 November 2026", date(2026, 10, 2)),
        "A selection of 2 measures out of a catalogue of 3, as of 30 November 2026, put together by a reader on 2 October 2026. "
        "It is not a recommendation by the catalogue, and not a systematic review.",
    ),
    (sentences.were_left_out, ([],), ""),
    (
        sentences.were_left_out,
        (["A"],),
        "1 measure was looked at and left out: A.",
    ),
    (
        sentences.were_left_out,
        (["A", "B"],),
        "2 measures were looked at and left out: A, B.",
    ),
    (sentences.changed_since, (None, []), ""),
    (sentences.changed_since, (None, ["M0001: renamed."]), ""),
    (sentences.changed_since, (date(2026, 10, 2), []), ""),
    (
        sentences.changed_since,
        (date(2026, 10, 2), ["M0001: renamed.", "M0002: withdrawn."]),
        "Changed on or since 2 October 2026: M0001: renamed. M0002: withdrawn.",
    ),
    (
        sentences.changed_since,
        (
            date(2026, 10, 2),
            ["M1: new.", "M2 was merged into M4.", "M3: new."],
        ),
        "Changed on or since 2 October 2026: M1, M3: new. M2 was merged into M4.",
    ),
    (sentences.measures_named, (["A"],), "A"),
    (sentences.measures_named, (["A", "B", "C"],), "A, B and C, of each"),
    (
        sentences.measures_named,
        (list("ABCDEFG"),),
        "A, B, C, D, E and 2 more, of each",
    ),
    (sentences.overlapping, ([],), ""),
    (sentences.overlapping, (["A and B overlap."],), "A and B overlap."),
    (
        sentences.overlapping,
        (["A and B.", "B and C.", "A and C."],),
        "3 pairs of these are the same measure, or overlap.",
    ),
    (sentences.not_known, (1,), ""),
    (
        sentences.not_known,
        (1, 1),
        "This measure was not put to experts in a study here.",
    ),
    (
        sentences.not_known,
        (3, 3),
        "None of these measures was put to experts in a study here.",
    ),
    (
        sentences.not_known,
        (9, 1),
        "Not known: 1 of 9 measures was not put to experts.",
    ),
    (
        sentences.not_known,
        (9, 2, 4, 1, 1, 1),
        "Not known: 2 of 9 measures were not put to experts; what experts who were asked about 4 answered; "
        "too few answered about 1 for it to be shown; 1 has only a bound, such as “more than half”; "
        "what is known of 1 is preliminary.",
    ),
    (
        sentences.not_known,
        (9, 0, 0, 0, 2),
        "Not known: 2 have only a bound, such as “more than half”.",
    ),
    (
        sentences.not_known,
        (9, 0, 0, 0, 1, 2, "more than 60 %"),
        "Not known: 1 has only a bound, such as “more than 60 %”; what is known of 2 is preliminary.",
    ),
    (sentences.not_covered, ([],), ""),
    (sentences.not_covered, ([("Phase", [])],), ""),
    (
        sentences.not_covered,
        ([("Phase", ["A"])],),
        "No measure here is recorded for: A (phase).",
    ),
    (
        sentences.not_covered,
        ([("Phase", ["A", "B", "C"]), ("Actor", ["D"])], "“Deploy”"),
        "No measure here that bears on “Deploy” is recorded for: A, B, C (phase); D (actor).",
    ),
    (
        sentences.not_covered,
        ([("Phase", ["A", "B", "C", "D"])],),
        "No measure here is recorded for: A, B, C, and 1 more (phase).",
    ),
    (sentences.without_any, ([("Phase", [])],), ""),
    (
        sentences.without_any,
        ([("Phase", ["A"])],),
        "Nothing in the catalogue is recorded for: A (phase). There may be something elsewhere.",
    ),
    (
        sentences.without_any,
        ([("Phase", ["A"])], "“Deploy”"),
        "Nothing in the catalogue, among what bears on “Deploy”, is recorded for: A (phase). There may be something elsewhere.",
    ),
    (
        sentences.withdrawn,
        ("Audits", "M0014", "Withdrawn: a double.", ""),
        "Audits (M0014) is no longer in the catalogue. Withdrawn: a double.",
    ),
    (
        sentences.withdrawn,
        ("Audits", "M0014", "", "Reviews (M0015): /x"),
        "Audits (M0014) is no longer in the catalogue. In its place stands Reviews (M0015): /x.",
    ),
    (sentences.gone, ("It", "", ""), "It is no longer in the catalogue."),
    (sentences.not_there, ([], ": it is out", ": they are out"), ""),
    (
        sentences.not_there,
        (["M0999"], ": it is out", ": they are out"),
        "There is no mitigation “M0999”: it is out.",
    ),
    (
        sentences.not_there,
        ([*"ABCDEFGHIJKL"], ": it is out", ": they are out"),
        "There are no mitigations “A”, “B”, “C”, “D”, “E”, “F”, “G”, “H”, “I”, “J” and 2 more: they are out.",
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
        sentences.asked_in_study,
        ("Study 1 [2]", 1, 1, ["“Is it good?”"]),
        "Study 1 [2] asked experts about this measure: “Is it good?”",
    ),
    (
        sentences.asked_in_study,
        ("Study 1 [2]", 1, 3, [], "comments (not reported)"),
        "Study 1 [2] asked experts about 1 of the 3 measures. Not known of it: comments (not reported).",
    ),
    (
        sentences.asked_in_study,
        ("Study 1 [2]", 2, 2, ["“A?”", "“B?”"], "comments (none published)"),
        "Study 1 [2] asked experts about both measures: “A?” Asked, too: “B?” "
        "Not known of any of them: comments (none published).",
    ),
    (
        sentences.asked_in_study,
        ("Study 1 [2]", 3, 3, ["“A?”"], "", "Preliminary."),
        "Study 1 [2] asked experts about all 3 measures: “A?” Preliminary.",
    ),
    (
        sentences.asked_in_study,
        ("Study 1", 1, 4, ["“A?”"], "", "", [["M0001"], ["M0002"]]),
        "Study 1 asked experts about 1 of the 4 measures, and about 2 more as worded in M0001 and M0002: “A?”",
    ),
    (sentences.gaps_by_reason, ([],), ""),
    (
        sentences.gaps_by_reason,
        ([("not asked", "A"), ("not reported", "B"), ("not asked", "C")],),
        "A, C (not asked); B (not reported)",
    ),
    (sentences.not_known_from, ("Study 1", ""), ""),
    (
        sentences.not_known_from,
        ("Study 1", "A (not asked)"),
        "Not known from Study 1: A (not asked).",
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

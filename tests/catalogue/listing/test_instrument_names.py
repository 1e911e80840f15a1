"""Laws, codes and standards by what readers call them."""

import pytest

from catalogue.listing.instrument_names import names_of_instrument
from catalogue.models import Instrument


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("California SB 53", ["California SB 53", "SB 53"]),
        (
            "ISO/IEC 42001:2023",
            [
                "ISO/IEC 42001:2023",
                "ISO/IEC 42001",
                "ISO 42001:2023",
                "ISO 42001",
            ],
        ),
        ("EU AI Act", ["EU AI Act", "AI Act"]),
        ("China generative AI measures", ["China generative AI measures"]),
        (
            "NIST AI RMF 1.0",
            ["NIST AI RMF 1.0", "NIST AI RMF", "AI RMF 1.0", "RMF 1.0"]
            + ["AI RMF"],
        ),
        (
            "G7 Hiroshima Code of Conduct",
            ["G7 Hiroshima Code of Conduct"],
        ),
    ],
)
def test_a_name_says_which_law_it_is(title, names):
    instrument = Instrument(short_title=title)

    assert sorted(names_of_instrument(instrument)) == sorted(names)

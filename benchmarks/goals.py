"""What is measured, and what it is to reach."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from .load import Speed

#: The servers: the catalogue as it is, with its response cache off, and what it is compared with.
WARM, COLD, PLAIN, DATASETTE, BARE = (
    "catalogue",
    "catalogue, cold",
    "plain DRF",
    "Datasette",
    "bare function",
)

PHASES = ("plan-design", "deploy", "operate-monitor")
ACTORS = ("developer", "deployer", "governance-actor")
WORDS = (
    "audit",
    "access",
    "training",
    "report",
    "monitoring",
    "incident",
    "evaluation",
    "security",
)
FACETS = "facets=category,risk,phase,actor,function,document"
#: The matrix takes at most twice the time of the filtered list, with more rows five times, with
#: the most ten times.
MATRIX_OF_SMALL, MATRIX_OF_LARGE, MATRIX_OF_LARGEST = 1 / 2, 1 / 5, 1 / 10
#: A shortlist of sixty shows what experts said of each, and what all of them cover: at most fifteen
#: times the time of the filtered list, which is under 80 ms where that takes 5.
SHORTLIST = 1 / 15
SIXTY = [f"M{number:04}" for number in range(1, 61)]
#: A filter by law takes at most twice the time of one by phase and actor, and what two large laws
#: ask for, with up to three hundred measures on its page, forty times that of 25.
LAW_OF_FILTERED, CROSSWALK_OF_FILTERED = 1 / 2, 1 / 40
#: The two to which the most is mapped in a catalogue that was filled up (`generate_catalogue`).
LARGE_INSTRUMENTS = ("nist-ai-600-1", "generated-m0113-code")
FORCES = ("requires", "own", "suggests")
DAYS = ("2026-11-30", "2027-01-01", "2028-01-01")
LIST, API, TABLE = (
    "/mitigations/",
    "/api/v1/mitigations/",
    "/catalogue/catalogue_mitigation",
)
#: Three facets of Datasette's, where the catalogue has eleven.
THREE = "_size=50&_facet=document_id&_facet=status&_facet=is_preliminary"


@dataclass(frozen=True)
class Asked:
    """Addresses of one server, asked for in turn, so that none is answered from what the last
    one left. `copy`: with the ETag of the answer, so that 304 comes back.
    """

    name: str
    server: str
    paths: tuple[str, ...]
    copy: bool = False


@dataclass(frozen=True)
class Goal:
    """`ours` is to answer `least` times as many requests a second as `against`."""

    ours: Asked
    against: Asked | None = None
    least: float = 0

    def line(self, speeds: dict[Asked, Speed]) -> str:
        ours = speeds[self.ours]
        text = f"{self.ours.name:38}{ours.per_second:9.0f}/s  p50 {ours.p50:7.2f} ms  p99 {ours.p99:7.2f} ms"
        if self.against is None:
            return text
        other = speeds[self.against]
        ratio = ours.per_second / other.per_second
        missed = "" if ratio >= self.least else "  MISSED"
        return f"{text}  {ratio:7.1f} x {self.against.server} ({other.per_second:.0f}/s), goal {self.least:g}{missed}"


def filtered(start: str, *names: str, **more: str) -> tuple[str, ...]:
    """The same address with each phase and each actor."""
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return tuple(
        f"{start}{names[0]}={phase}&{names[1]}={actor}{rest}"
        for phase, actor in product(PHASES, ACTORS)
    )


def through_datasette() -> tuple[str, ...]:
    through = (
        '{{"table":"catalogue_mitigation_{0}s","column":"{1}","value":"{2}"}}'
    )
    pairs: Iterable[tuple[int, int]] = product((1, 4, 6), (1, 2, 4))
    found = []
    for phase, actor in pairs:
        narrowed = "&".join(
            [
                "_through="
                + through.format("phase", "lifecyclephase_id", phase),
                "_through=" + through.format("actor", "actor_id", actor),
            ],
        )
        quoted = (
            narrowed.replace('"', "%22")
            .replace("{", "%7B")
            .replace("}", "%7D")
        )
        found.append(f"{TABLE}.json?_shape=objects&{THREE}&{quoted}")
    return tuple(found)


def shortlists_of_sixty() -> tuple[str, ...]:
    """The same sixty, begun at another one each time."""
    found = []
    for start in range(0, 60, 7):
        turned = [*SIXTY[start:], *SIXTY[:start]]
        found.append(f"/shortlist/?{'&'.join(f'm={one}' for one in turned)}")
    return tuple(found)


def law_goals(page_filtered: Asked) -> list[Goal]:
    """Of filters by what laws ask for, and of what two large ones do, beside another filter."""
    first, second = LARGE_INSTRUMENTS
    by_law = tuple(
        f"{LIST}?instrument={one}&force={force}"
        for one, force in product(LARGE_INSTRUMENTS, FORCES)
    )
    by_day = tuple(
        f"{LIST}?force={force}&in_force_on={day}"
        for force, day in product(FORCES, DAYS)
    )
    both_ways = (
        f"/crosswalk/?from={first}&to={second}",
        f"/crosswalk/?from={second}&to={first}",
    )
    filtered_by_law = Asked("list page by law and force, cold", COLD, by_law)
    in_force = Asked("list page by law in force, cold", COLD, by_day)
    crossed = Asked("crosswalk of two large laws, cold", COLD, both_ways)
    return [
        Goal(filtered_by_law, page_filtered, LAW_OF_FILTERED),
        Goal(in_force, page_filtered, LAW_OF_FILTERED),
        Goal(crossed, page_filtered, CROSSWALK_OF_FILTERED),
    ]


def goals_at(size: int, *, is_compared: bool, is_small: bool) -> list[Goal]:
    """`is_compared`: others can keep up at all; `is_small`: whole lists are compared too."""
    of = f"{size:,} rows"
    json_cold = Asked("list JSON, cold", COLD, (API,))
    page_cold = Asked("list page with facets, cold", COLD, (LIST,))
    filter_cold = Asked(
        "filtered JSON with facets, cold",
        COLD,
        filtered(f"{API}?", "phase", "actor", facets=FACETS[7:]),
    )
    search_cold = Asked(
        "search JSON with facets, cold",
        COLD,
        tuple(f"{API}?q={word}&{FACETS}" for word in WORDS),
    )
    suggested_cold = Asked(
        "suggestions while typing, cold",
        COLD,
        tuple(f"/search/suggestions/?q={word[:4]}" for word in WORDS),
    )
    matrix_cold = Asked("matrix, cold", COLD, ("/matrix/",))
    page_filtered = Asked(
        "filtered list page, cold",
        COLD,
        filtered(f"{LIST}?", "phase", "actor"),
    )
    of_law = law_goals(page_filtered)
    if not is_compared:
        return [
            *of_law,
            Goal(matrix_cold, page_filtered, MATRIX_OF_LARGEST),
            *map(
                Goal,
                (
                    json_cold,
                    page_cold,
                    filter_cold,
                    search_cold,
                    suggested_cold,
                ),
            ),
        ]
    filter_plain = Asked(
        "filtered",
        PLAIN,
        filtered("/mitigations/?", "phases__slug", "actors__slug"),
    )
    search_plain = Asked(
        "search",
        PLAIN,
        tuple(f"/mitigations/?search={word}" for word in WORDS),
    )
    search_other = Asked(
        "search",
        DATASETTE,
        tuple(
            f"{TABLE}.json?_shape=objects&{THREE}&_fts_table=catalogue_search&_fts_pk=id&_search={word}"
            for word in WORDS
        ),
    )
    filter_other = Asked("filtered", DATASETTE, through_datasette())
    if not is_small:
        return [
            Goal(json_cold),
            Goal(page_cold),
            Goal(filter_cold, filter_other, 50),
            Goal(filter_cold, filter_plain, 20),
            Goal(search_cold, search_plain, 20),
            Goal(search_cold, search_other, 20),
            Goal(suggested_cold),
            *of_law,
            Goal(matrix_cold, page_filtered, MATRIX_OF_LARGE),
        ]
    json_warm, page_warm = (
        Asked("list JSON, warm", WARM, (API,)),
        Asked("list page with facets, warm", WARM, (LIST,)),
    )
    plain = Asked(f"list, {of}", PLAIN, ("/mitigations/",))
    json_other = Asked(
        f"list, {of}",
        DATASETTE,
        (f"{TABLE}.json?_shape=objects&_size=50",),
    )
    page_other = Asked(f"page, {of}", DATASETTE, (f"{TABLE}?{THREE}",))
    return [
        Goal(json_warm, plain, 40),
        Goal(json_warm, json_other, 40),
        Goal(json_warm, Asked(f"list, {of}", BARE, ("/",)), 1.2),
        Goal(json_cold, plain, 4),
        Goal(page_warm, page_other, 60),
        Goal(page_cold, page_other, 5),
        Goal(Asked("list JSON, 304", WARM, (API,), copy=True), json_warm, 2),
        Goal(filter_cold),
        Goal(search_cold),
        Goal(
            Asked(
                "mitigation page, cold",
                COLD,
                tuple(f"{LIST}M{n:04}/" for n in range(1, 60)),
            ),
        ),
        Goal(Asked("home, cold", COLD, ("/",))),
        *of_law,
        Goal(matrix_cold, page_filtered, MATRIX_OF_SMALL),
        Goal(
            Asked("shortlist of sixty, cold", COLD, shortlists_of_sixty()),
            page_filtered,
            SHORTLIST,
        ),
    ]

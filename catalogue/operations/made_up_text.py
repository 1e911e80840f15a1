"""Names and texts of made-up mitigations: a few words are common and most are rare, and some occur
only once.
"""

import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from ..models import Category

T = TypeVar("T")


class Skewed(Generic[T]):
    """Draws from a list in which the n-th entry comes 1/n as often as the first (Zipf), times
    its own weight.
    """

    def __init__(
        self,
        entries: Sequence[T],
        weights: Sequence[float] | None = None,
    ):
        self.entries = entries
        each = weights or [1.0] * len(entries)
        self.bounds = list(
            accumulate(
                weight / rank for rank, weight in enumerate(each, start=1)
            ),
        )

    def draw(self, rng: random.Random) -> T:
        return self.entries[
            bisect(
                self.bounds,
                rng.random() * self.bounds[-1],
                hi=len(self.entries) - 1,
            )
        ]

    def some(self, rng: random.Random, count: int) -> list[T]:
        """`count` different entries at most, the likely ones first."""
        return list(dict.fromkeys(self.draw(rng) for _ in range(count)))


# Words, the common ones first.

MEASURES = Skewed(
    [
        ("Auditing", "audit"),
        ("Testing", "test"),
        ("Monitoring", "monitor"),
        ("Documenting", "document"),
        ("Reviewing", "review"),
        ("Restricting", "restrict"),
        ("Publishing", "publish"),
        ("Filtering", "filter"),
        ("Red teaming", "red team"),
        ("Assessing", "assess"),
        ("Securing", "secure"),
        ("Reporting", "report"),
        ("Logging", "log"),
        ("Licensing", "license"),
        ("Verifying", "verify"),
        ("Evaluating", "evaluate"),
        ("Watermarking", "watermark"),
        ("Encrypting", "encrypt"),
        ("Benchmarking", "benchmark"),
        ("Disclosing", "disclose"),
        ("Tracing", "trace"),
        ("Limiting", "limit"),
        ("Isolating", "isolate"),
        ("Registering", "register"),
        ("Certifying", "certify"),
        ("Withholding", "withhold"),
        ("Staggering", "stagger"),
        ("Inspecting", "inspect"),
        ("Fingerprinting", "fingerprint"),
        ("Rehearsing", "rehearse"),
        ("Interpreting", "interpret"),
        ("Unlearning", "unlearn"),
        ("Quarantining", "quarantine"),
        ("Insuring", "insure"),
        ("Escrowing", "escrow"),
    ],
)
OBJECTS = Skewed(
    [
        "training data",
        "model outputs",
        "dangerous capabilities",
        "model weights",
        "incident reports",
        "access to the model",
        "risk thresholds",
        "user prompts",
        "deployment decisions",
        "system behaviour",
        "evaluation results",
        "third-party components",
        "compute use",
        "safety cases",
        "fine-tuning interfaces",
        "model cards",
        "human oversight",
        "generated images",
        "personal data",
        "decision logs",
        "agent actions",
        "supply chains",
        "hiring models",
        "credit scores",
        "release plans",
        "whistleblower channels",
        "emergency shutdown",
        "tool use",
        "reward signals",
        "chain-of-thought traces",
        "cyber security controls",
        "biological design tools",
        "recommendation feeds",
        "voice clones",
        "synthetic data",
        "hardware clusters",
        "customer identities",
        "model updates",
        "content provenance",
        "labelling work",
        "board minutes",
        "risk registers",
        "data licences",
        "energy use",
        "retrieval sources",
        "sandbox escapes",
        "activation probes",
        "distilled copies",
        "vendor contracts",
        "translation quality",
        "accessibility for disabled people",
        "election material",
        "medical advice",
        "autonomous replication",
        "sycophantic answers",
        "backdoor triggers",
        "membership inference",
        "jailbreak reports",
        "steering vectors",
        "sensor feeds",
    ],
)
SCOPES = Skewed(
    [
        "for frontier models",
        "before release",
        "after deployment",
        "in high-risk uses",
        "by independent experts",
        "in public services",
        "for general-purpose systems",
        "in health care",
        "at scale",
        "for open-weight models",
        "in financial services",
        "across the lifecycle",
        "under regulatory supervision",
        "in recruitment",
        "for minors",
        "in law enforcement",
        "for autonomous agents",
        "in critical infrastructure",
        "in schools",
        "at the border",
        "in small companies",
        "during elections",
        "in laboratories",
        "for low-resource languages",
        "in insurance",
        "in newsrooms",
        "on mobile devices",
        "in courts",
        "in agriculture",
        "in air traffic",
        "in energy grids",
        "in social housing",
        "in pharmacies",
        "in shipping",
        "in water supply",
    ],
)
MANNERS = Skewed(
    [
        "Independent",
        "Regular",
        "Staged",
        "Mandatory",
        "Automated",
        "Continuous",
        "Risk-based",
        "Public",
        "Third-party",
        "Participatory",
        "Confidential",
        "Random",
        "Cross-functional",
        "Quantitative",
        "Adversarial",
        "Proportionate",
        "Federated",
        "Cryptographic",
        "Multilingual",
        "Longitudinal",
    ],
)
PRACTICES = Skewed(
    [
        "review",
        "assessment",
        "oversight",
        "controls",
        "audits",
        "reporting",
        "evaluation",
        "safeguards",
        "monitoring",
        "standards",
        "guidelines",
        "training",
        "certification",
        "protocols",
        "benchmarks",
        "escalation",
        "committees",
        "drills",
        "registers",
        "incentives",
        "liability",
        "bounties",
        "moratoria",
        "sandboxes",
        "ombudspersons",
    ],
)
WHO = Skewed(
    [
        "The developer",
        "The organisation that deploys the system",
        "An outside auditor",
        "A safety team",
        "The board",
        "The regulator",
        "An internal review panel",
        "The operator",
        "The security team",
        "A group of domain experts",
        "The data provider",
        "The cloud provider",
        "A standards body",
        "A civil-society panel",
        "The procurement office",
        "A national safety institute",
        "The insurer",
        "A works council",
        "A patient council",
        "An election authority",
    ],
)
DOING = Skewed(
    [
        "checks",
        "sets rules for",
        "keeps records of",
        "tests",
        "limits",
        "reports on",
        "watches over",
        "publishes",
        "signs off",
        "measures",
        "commissions a study of",
        "compares",
        "screens",
        "samples",
        "locks down",
        "maps",
        "rates",
        "traces",
        "archives",
        "rehearses",
    ],
)
WHEN = Skewed(
    [
        "before each release",
        "while the system runs",
        "at fixed intervals",
        "after every incident",
        "before training starts",
        "when a threshold is crossed",
        "during procurement",
        "whenever the model changes",
        "throughout development",
        "on request of a regulator",
        "once a quarter",
        "within three days of a report",
        "in the first weeks of use",
        "at the end of a pilot",
        "on retirement of the system",
    ],
)
PURPOSES = Skewed(
    [
        "harm is found early",
        "misuse becomes harder",
        "decisions can be traced",
        "people can contest a result",
        "weaknesses are known before release",
        "responsibility is clear",
        "dangerous abilities are not handed out",
        "discrimination is noticed",
        "private data stays private",
        "faults do not spread",
        "the public can judge claims",
        "attackers gain less",
        "operators can step in",
        "lessons reach other developers",
        "access can be withdrawn",
        "false content can be recognised",
        "no single failure is catastrophic",
        "claims rest on evidence",
        "workers can speak up",
        "small groups are heard",
        "the system can be switched off",
        "concentration of power is limited",
        "costs fall on those who cause them",
        "scientific results can be repeated",
    ],
)
HARMS = Skewed(
    [
        "unfair treatment of groups",
        "leaks of personal data",
        "fraud and impersonation",
        "disinformation",
        "cyber attacks",
        "loss of human control",
        "unreliable behaviour in new settings",
        "over-reliance by users",
        "weapons development",
        "race dynamics between developers",
        "toxic content",
        "concentration of power",
        "loss of skills at work",
        "environmental damage",
        "deceptive alignment",
        "theft of intellectual property",
        "erosion of trust in elections",
        "harm to mental health",
        "mass surveillance",
        "market manipulation",
    ],
)
LIMITS = Skewed(
    [
        "It needs staff with time for it.",
        "Smaller organisations may share the work.",
        "Results are kept for later review.",
        "Exceptions are written down with a reason.",
        "Findings go to those who can act on them.",
        "It works best together with access controls.",
        "Outsiders see a summary.",
        "The method is published first.",
        "Thresholds are agreed in advance.",
        "People who are affected take part.",
        "Its effect is measured against a baseline.",
        "Costs rise with the number of languages covered.",
        "An appeal is possible.",
    ],
)
FAMILIES = Skewed(
    [
        "Smith",
        "García",
        "Müller",
        "Chen",
        "Nguyen",
        "Rossi",
        "Kim",
        "Okafor",
        "Novák",
        "Silva",
        "Haddad",
        "Jansen",
        "Kowalski",
        "Tanaka",
        "Andersson",
        "O’Brien",
        "van der Berg",
        "Papadopoulos",
        "Mwangi",
        "Çelik",
        "Ivanova",
    ],
)
GIVEN = Skewed(
    [
        "Anna",
        "Wei",
        "Maria",
        "James",
        "Fatima",
        "Lukas",
        "Aiko",
        "Chidi",
        "Elena",
        "Omar",
        "Zoë",
        "Priya",
        "Jean-Luc",
    ],
)
SYLLABLES = [
    "bar",
    "cal",
    "dor",
    "ven",
    "lum",
    "tis",
    "mar",
    "nol",
    "per",
    "quin",
    "ras",
    "sol",
    "tav",
    "ul",
    "vor",
    "wen",
    "xan",
    "yor",
    "zel",
    "kir",
]


class Prose:
    """Names and texts, all from one source of chance."""

    def __init__(self, rng: random.Random):
        self.rng = rng

    def one(self, words: Skewed[T]) -> T:
        return words.draw(self.rng)

    def often(self, share: float) -> bool:
        return self.rng.random() < share

    def coined(self) -> str:
        """A name that hardly occurs again: such words are the long tail of a vocabulary."""
        return "".join(
            self.rng.choices(SYLLABLES, k=self.rng.randint(2, 4)),
        ).capitalize()

    def name(self, subject: str) -> str:
        if self.often(0.6):
            start = f"{self.one(MEASURES)[0]} {subject}"
        else:
            start = f"{self.one(MANNERS)} {self.one(PRACTICES)} of {subject}"
        if self.often(0.04):
            return f"{start} with the {self.coined()} method"
        if self.often(0.7):
            return f"{start} {self.one(SCOPES)}"
        return start

    def alternative_names(self, subject: str) -> str:
        count = self.rng.choices((0, 1, 2), (60, 28, 12))[0]
        return "\n".join(
            f"{subject} {self.one(PRACTICES)}".capitalize()
            for _ in range(count)
        )

    def description(self, subject: str) -> str:
        """One to three sentences: what is done and by whom, sometimes against what, and a limit."""
        text = f"{self.one(WHO)} {self.one(DOING)} {subject} {self.one(WHEN)}, so that {self.one(PURPOSES)}."
        if self.often(0.6):
            text += f" It guards against {self.one(HARMS)} {self.one(SCOPES)}."
        if self.often(0.3):
            text += f" {self.one(LIMITS)}"
        return text

    def rationale(self, category: Category) -> str:
        return f"It lets someone {self.one(MEASURES)[1]} {self.one(OBJECTS)}, which belongs under {category.name}."

    def section(self) -> str:
        return " > ".join(
            f"{self.one(PRACTICES)}".capitalize()
            for _ in range(self.rng.choice((0, 1, 1, 2)))
        )

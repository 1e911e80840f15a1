"""Made-up mitigations in any number, for measuring and testing at size.

They look like real ones where it matters to searches and counts: a few words, categories and terms
are common and most are rare (after Zipf), mitigations are filed at every level of a tree, and some
names occur only once. Every generated document says that it is generated.
"""

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, batched_or_none

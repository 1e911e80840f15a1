"""The columns of a mitigation that a search reads. Both engines, the score of what is found, the
SQLite file and the admin's search derive from `SEARCHED`.
"""

from typing import NamedTuple


class SearchedColumn(NamedTuple):
    name: str
    #: How much a word counts that stands in it.
    weight: int
    #: The letter that marks its words in a tsvector of PostgreSQL, which has A to D.
    letter: str
    #: The position there of its first word, far enough behind the column before: a phrase does
    #: not run from one into the next.
    start: int


SEARCHED = (
    SearchedColumn("name", weight=8, letter="A", start=0),
    SearchedColumn("alternative_names", weight=6, letter="B", start=1000),
    SearchedColumn("description", weight=3, letter="C", start=3000),
)
SEARCHED_NAMES = tuple(column.name for column in SEARCHED)

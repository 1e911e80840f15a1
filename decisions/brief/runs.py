"""What a text of a brief is made of: words, addresses, and numbers of works."""

import re
from dataclasses import dataclass

from .structure import Brief

#: An address ends before the mark that ends its sentence.
PIECES = re.compile(
    r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)\]’”])|\[(\d{1,4})\]",
)


@dataclass(frozen=True)
class Run:
    """`url`: an address that the text is; `number`: of the work that the text is the mark of;
    `is_listed`: whether that work stands among the references; `note`: its reference, where it
    is to stand at the foot of this page.
    """

    text: str
    url: str = ""
    number: int = 0
    is_listed: bool = False
    note: str = ""


class Marking:
    """Goes through the texts of one brief, in their order."""

    def __init__(self, brief: Brief):
        self.listed = brief.listed
        self.notes = dict(brief.notes)

    def runs(
        self,
        text: str,
        takes_notes: bool = False,
        is_of_reader: bool = False,
    ) -> list[Run]:
        """The text in pieces, on one line. A number in brackets that is no work's is a word, and
        so is each that a reader wrote.
        """
        text = " ".join(text.split()).replace(" %", "\N{NO-BREAK SPACE}%")
        runs = []
        start = 0
        for found in PIECES.finditer(text):
            if is_of_reader and found[2]:
                continue
            run = self._run(found, takes_notes)
            if run is None:
                continue
            if found.start() > start:
                runs.append(Run(text[start : found.start()]))
            runs.append(run)
            start = found.end()
        if start < len(text):
            runs.append(Run(text[start:]))
        return runs

    def _run(self, found: re.Match, takes_notes: bool) -> Run | None:
        text = found[0]
        if found[1]:
            return Run(text, url=text)
        number = int(found[2])
        is_listed = number in self.listed
        note = self.notes.pop(number, "") if takes_notes else ""
        if is_listed or note:
            return Run(text, "", number, is_listed, note)
        return None

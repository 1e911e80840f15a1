"""Studies that are published, and what pages say of them."""

import re
from html.parser import HTMLParser

from surveys.comments import comment_coding
from surveys.models import Figure, Result, Study
from surveys.results.publishing import publish_study
from surveys.running import rounds
from surveys.shares import refresh_shares_agreeing
from tests.surveys.factories import make_study, respond_alike


class Text(HTMLParser):
    """What a page says, without its marks."""

    def __init__(self):
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data):
        self.parts.append(data)


def text_of(answer) -> str:
    parser = Text()
    parser.feed(answer.content.decode())
    return re.sub(
        r" ([?.,;])",
        r"\1",
        " ".join(" ".join(parser.parts).split()),
    )


def page_of(client, mitigation) -> str:
    return text_of(client.get(mitigation.get_absolute_url()))


def published(items=1, slugs=("a",) * 5, **fields) -> Study:
    """A published study with one question, to which each slug is the answer of one expert. Who
    skips it says something all the same, which is withheld: an expert who submits nothing is
    none.
    """
    return answered(make_study(items=items, **fields), slugs)


def answered(study: Study, slugs=("a",) * 5) -> Study:
    """The same of a draft."""
    round_ = rounds.open_round(study=study)
    respond_alike(
        round_,
        [(slug, "" if slug else "I am Anna.") for slug in slugs],
    )
    rounds.close_study(study=study)
    for remark in comment_coding.remarks_of(study):
        comment_coding.withhold(remark=remark, is_withheld=True)
    publish_study(study)
    study.refresh_from_db()
    return study


def bounded(*values, items=2, operator=">") -> Study:
    """A study that publishes a share of each of the first measures, for one question."""
    study = make_study(items=items, status="published", year=2026)
    criterion = study.criteria.get()
    criterion.scale = None
    criterion.name = "Effective"
    criterion.question = "Would it be effective?"
    criterion.save()
    for item, value in zip(study.items.all(), values, strict=False):
        result = Result.objects.create(item=item, criterion=criterion)
        Figure.objects.create(
            result=result,
            statistic="share_agreeing",
            value=value,
            decimals=0,
            operator=operator,
        )
    refresh_shares_agreeing(study)
    return study

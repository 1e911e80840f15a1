"""Which words of a question say nothing of its subject: “which measures help against
bioweapons?” is a search for bioweapons.
"""

from .words import tokens

#: Every entry of the catalogue is one: they say nothing even where no question is asked.
ENTRIES = frozenset("measure measures mitigation mitigations".split())

#: How questions and requests begin.
BEGINNINGS = frozenset(
    "which what who whom whose how why when where is are do does did can could should would will shall may might must"
    " show find list give tell name explain describe please i we my any".split(),
)
#: From so many words on, it is read as a sentence however it begins.
SENTENCE = 6

#: Words of questions about measures in general, and of polite ones.
OF_QUESTIONS = frozenset(
    "help helps helped helping work works working effective effectively effectiveness strong stronger strongest best better"
    " good most least more many much any some all every each other support supports supported supporting expert experts"
    " evidence agree agreed agreement recommend recommends recommended recommendation recommendations suggest suggested"
    " propose proposed think thinks say says said know known option options action actions step steps thing things way ways"
    " approach approaches practice practices tool idea ideas policy policies solution solutions intervention interventions"
    " safeguard safeguards control controls exist exists existing available there here take takes taken taking make makes"
    " made making get gets give gives show find list tell name explain describe please me my i us you need needs needed"
    " want wants like reduce reduces reducing prevent prevents preventing mitigate mitigates mitigating address addresses"
    " addressing tackle tackling protect protects protecting counter deal dealing stop stops lower limit avoid minimise minimize ensure do does did done"
    " doing could would should must may might shall if then between both also against about around regarding concerning"
    " related relevant through during before after out up off carry carries carried carrying it they them those these that"
    " risk risks danger dangers threat threats harm harms problem problems issue issues concern concerns worry worried caused"
    " cause causes causing posed pose being been be were was has have had one am vs only just even still because since than"
    " company companies firm firms lab labs developer developers"
    "".split(),
)


def is_question(query: str) -> bool:
    """Whether a query is a sentence rather than a list of words."""
    words = tokens(query)
    if len(words) < 2:
        return False
    is_asked = query.rstrip().endswith("?") or words[0] in BEGINNINGS
    return is_asked or len(words) >= SENTENCE


def words_without_subject(query: str) -> frozenset[str]:
    """The words that are left out of this query where others remain."""
    if is_question(query):
        return ENTRIES | OF_QUESTIONS
    return ENTRIES

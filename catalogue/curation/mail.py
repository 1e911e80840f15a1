"""Whether this site can send mail at all: asked before anything is mailed that somebody waits
for.
"""

from django.conf import settings
from django.core.checks import Tags, Warning, register

#: They print what they are given, or throw it away. What is mailed holds addresses, and links
#: that open a door.
SEND_NOTHING = ("console", "dummy")
WRITE_FILES = "filebased"
REMEDY = "Set EMAIL_URL to a mail server, such as smtp+tls://user:password@mail.example.org:587, and DEFAULT_FROM_EMAIL."


def obstacle() -> str:
    """Why no mail can be sent; empty where it can."""
    if _backend() in SEND_NOTHING:
        return f"No mail server is set, so nobody can be written to. {REMEDY}"
    return ""


def caution() -> str:
    """What somebody should know who sends mail; empty: nothing."""
    if _backend() == WRITE_FILES:
        return f"Mail reaches nobody: it is written to files in {getattr(settings, 'EMAIL_FILE_PATH', '')}, links included."
    if _backend() == "smtp" and settings.DEFAULT_FROM_EMAIL.endswith(
        "@localhost",
    ):
        return f"Mail is from {settings.DEFAULT_FROM_EMAIL}, which many servers refuse: set DEFAULT_FROM_EMAIL."
    return ""


def _backend() -> str:
    """Of Django's own, the name: `smtp`, `console`."""
    name = settings.EMAIL_BACKEND.removeprefix("django.core.mail.backends.")
    return name.partition(".")[0]


@register(Tags.security, deploy=True)
def check_mail(app_configs, **kwargs):
    problem = obstacle() or caution()
    if problem:
        return [Warning(problem, id="catalogue.W001")]
    return []

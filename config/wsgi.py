"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - once Django is set up

from serving import silence  # noqa: E402
from serving.answers import PublicAnswers  # noqa: E402
from serving.bodies import Bodies  # noqa: E402
from serving.conditional import Conditional  # noqa: E402
from serving.gate import Gate  # noqa: E402

silence.start()
answering = (
    PublicAnswers(django_application)
    if settings.RESPONSE_CACHE
    else django_application
)
application = Gate(Bodies(Conditional(answering)))

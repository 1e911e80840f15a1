"""Which answers scripts of other sites may read: those that everybody gets alike."""

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest

from .public import is_signed_in
from .sharing import is_shared


class SharedAnswers(CorsMiddleware):
    """For the API and all public files. Never for who is signed in: what they get may be theirs
    alone.
    """

    def is_enabled(self, request: HttpRequest) -> bool:
        return is_shared(request.path_info) and not is_signed_in(request.META)

"""What the API refuses. By itself, since REST framework asks for some of it while it is
imported.
"""

from rest_framework.exceptions import APIException


class Gone(APIException):
    """A record that was withdrawn; `members` say of it what a program goes on with."""

    status_code = 410

    def __init__(self, detail: str, **members: str | None):
        super().__init__(detail)
        self.members = members


class Elsewhere(APIException):
    """A record that is asked for by another spelling of its name, or by a name that others have
    for it.
    """

    status_code = 308

    def __init__(self, address: str):
        super().__init__("The record has another address.")
        self.address = address


class BadParameters(APIException):
    """Parameters or values that do not exist; `errors` has one entry for each, with what is
    allowed.
    """

    status_code = 400

    def __init__(self, errors: list[dict]):
        super().__init__(" ".join(error["detail"] for error in errors))
        self.errors = errors

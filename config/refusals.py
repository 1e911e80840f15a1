"""What the API refuses. By itself, since REST framework asks for some of it while it is imported."""

from rest_framework.exceptions import APIException


class Gone(APIException):
    """A record that was withdrawn; `members` say of it what a program goes on with."""

    status_code = 410

    def __init__(self, detail: str, **members: str | None):
        super().__init__(detail)
        self.members = members


class BadParameters(APIException):
    """Parameters or values that do not exist; `errors` has one entry for each, with what is allowed."""

    status_code = 400

    def __init__(self, errors: list[dict]):
        super().__init__(" ".join(error["detail"] for error in errors))
        self.errors = errors

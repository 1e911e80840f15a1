"""Who tries to sign in, as django-axes counts them."""

import ipaddress

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest

from serving.gate import client


class SignInForm(AdminAuthenticationForm):
    """No account has a longer name, and what counts attempts stores no longer one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].validators.append(
            MaxLengthValidator(self.username_field.max_length),
        )


def client_as_address(request: HttpRequest) -> str:
    """What tells one client from another, in the shape of an address (fd00::/8, which nobody
    has): a hash under the site's key of where they come from. It is counted by and stored for as
    long as a lock-out; the address itself is stored nowhere.
    """
    digest = bytes.fromhex(client(request.META))
    return str(ipaddress.IPv6Address(b"\xfd" + digest[:15]))


def client_in_log(*about: object) -> str:
    """What the log says of who failed to sign in: nothing, since names are often mistyped
    passwords.
    """
    return "somebody"

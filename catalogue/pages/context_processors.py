from functools import cache

from django.conf import settings

from serving.logs import is_secret, request_id
from serving.traits import has

from .. import reading


def _query(request) -> str:
    """The query of an address, with its question mark; none where its view reads none: the
    page is kept for all that may be added to its address.
    """
    query = request.META.get("QUERY_STRING", "")
    match = request.resolver_match
    if not query or match is None or has(match.func, "is_query_ignored"):
        return ""
    return f"?{query}"


def site(request):
    """What every page needs: the site's name, its scheme and host; where it is of a release, which, and the same
    page as it is today. Whether its address is a secret link, which no form is to take over.
    What pages of errors need: what the request is called in the log.
    """
    release = reading.current_release()
    live = reading.mirrored_from()
    of_release = (
        {"release_page": f"/data/releases/{release.number}/"}
        if release
        else {}
    )
    if live is None:
        today = f"{request.path_info}{_query(request)}"
        of_release["release_path"] = today if release else ""
    else:
        of_release |= {
            "is_mirror": "yes",
            "release_path": f"{live}{request.path_info}" if live else "",
        }
    return {
        "site_name": settings.SITE_NAME,
        # Worked out when it is first shown: the page that refuses a host has none.
        "site_address": cache(
            lambda: f"{request.scheme}://{request.get_host()}",
        ),
        "request_id": request_id,
        "release": release,
        "is_secret_page": is_secret(request.path_info),
        **of_release,
    }

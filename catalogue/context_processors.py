from django.conf import settings

from config.logs import request_id

from .releases import reading


def site(request):
    """What every page needs: the site's name; where it is of a release, which, and the same page as it is today. What pages of
    errors need: what the request is called in the log."""
    release = reading.current_release()
    of_release = {"release_page": f"/data/releases/{release.number}/", "release_path": request.path_info} if release else {}
    return {"site_name": settings.SITE_NAME, "request_id": request_id, "release": release, **of_release}

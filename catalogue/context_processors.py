from django.conf import settings

from config.logs import request_id


def site(request):
    """What every page needs: the site's name. What pages of errors need: what the request is called in the log."""
    return {"site_name": settings.SITE_NAME, "request_id": request_id}

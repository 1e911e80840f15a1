from django.conf import settings


def site(request):
    """What every page needs: the site's name."""
    return {"site_name": settings.SITE_NAME}

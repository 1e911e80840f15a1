from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = "Surveys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        # Models can be imported only once every app is loaded.
        from . import extensions
        from .running.secrecy import keep_no_samples

        extensions.register()
        post_migrate.connect(keep_no_samples, sender=self)

from django.apps import AppConfig


class ProcurementsConfig(AppConfig):
    name = "procurements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from procurements import permissions  # noqa: F401
        from procurements.freezing import freeze

        freeze()

from django.apps import AppConfig


class HandbookConfig(AppConfig):
    name = "handbook"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from handbook import permissions  # noqa: F401
        from handbook.freezing import freeze

        freeze()

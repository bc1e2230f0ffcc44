from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate, pre_migrate

from journal import guards


class JournalConfig(AppConfig):
    name = "journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        guards.guard("journal_event")
        # A text may be erased, never rewritten.
        guards.guard("journal_eventtext", acts=(guards.UPDATE,))
        checks.register(guards.check_guards, checks.Tags.database)
        pre_migrate.connect(guards.make_way, sender=self, dispatch_uid="journal.make_way")
        post_migrate.connect(guards.put_back, sender=self, dispatch_uid="journal.guards")

"""That the installation has been begun: once, never again."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from teams.models.organisation import Organisation


class Installation(models.Model):
    """The one row that says who became the first administrator, of which organisation and when.

    Its key can only be 1: of two people who begin at once the database lets one through.
    Retention: organisation.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="installation_is_one")]

    def __str__(self) -> str:
        return str(self.organisation)

    @classmethod
    def host(cls) -> Organisation | None:
        """The organisation that the installation was begun with."""
        begun = cls.objects.select_related("organisation").first()
        return begun.organisation if begun else None

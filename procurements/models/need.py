from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

NEED_FIELDS = ["who", "today", "target", "size", "effects", "excludes", "scalability"]


class NeedVersion(models.Model):
    """The need at one moment, with the reason it changed. Never edited, but followed by the next;
    only why it was changed can be corrected. Retention: case."""

    case = models.ForeignKey("procurements.Case", on_delete=models.CASCADE, related_name="needs")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(_("the need in one sentence"), max_length=200)
    who = models.TextField(_("who has the need"), blank=True)
    today = models.TextField(_("what happens today"), blank=True)
    target = models.TextField(_("the target picture"), blank=True)
    size = models.TextField(_("how large the need is"), blank=True)
    effects = models.TextField(_("effects aimed for"), blank=True)
    excludes = models.TextField(_("what is not the need"), blank=True)
    scalability = models.TextField(_("why others may have the need"), blank=True)
    reason = models.TextField(_("why the need was changed"), blank=True)
    insights = models.ManyToManyField(
        "procurements.Insight", related_name="need_versions", blank=True
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "number"], name="need_version_is_numbered_once"
            ),
            models.CheckConstraint(
                condition=models.Q(number=1) | ~models.Q(reason=""),
                name="changed_need_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

"""What DOS-lagen (2018:1937) asks of a public service: a statement, and a way to tell of faults."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teams.models.organisation import Organisation


class Compliance(models.TextChoices):
    """How far the service meets the requirements."""

    FULL = "full", _("Fully compliant")
    PARTIAL = "partial", _("Partly compliant")
    NONE = "none", _("Not compliant")


class AccessibilityStatement(models.Model):
    """An organisation's own accessibility statement for its use of the service (§ 13).

    Retention: organisation.
    """

    organisation = models.OneToOneField(
        Organisation, models.PROTECT, related_name="accessibility_statement"
    )
    service = models.CharField(_("name of the service"), max_length=200)
    compliance = models.CharField(
        _("how far the service meets the requirements"), max_length=10, choices=Compliance.choices
    )
    shortcomings = models.TextField(
        _("content that is not accessible, and why"), max_length=20_000, blank=True
    )
    burden = models.TextField(
        _("disproportionate burden, with reasons"), max_length=20_000, blank=True
    )
    excluded = models.TextField(
        _("content that the law does not cover"), max_length=20_000, blank=True
    )
    method = models.TextField(_("how the service was assessed"), max_length=20_000)
    assessed_on = models.DateField(_("last assessed"))
    updated_on = models.DateField(_("last updated"))
    contact = models.TextField(
        _("other ways to reach us about accessibility"), max_length=2_000, blank=True
    )

    class Meta:
        verbose_name = _("accessibility statement")
        verbose_name_plural = _("accessibility statements")
        constraints = [
            models.CheckConstraint(
                condition=Q(compliance__in=Compliance.values),
                name="accessibility_compliance_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.service}, {self.organisation}"


class AccessibilityFeedback(models.Model):
    """What somebody, signed in or not, told an organisation about a fault or asked for (§ 15).

    The sender need not say who they are. Retention: log.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    page = models.CharField(_("which page"), max_length=500, blank=True)
    text = models.TextField(_("what does not work, or what you need"), max_length=10_000)
    reply_email = models.EmailField(_("address for the answer"), max_length=254, blank=True)
    language = models.CharField(max_length=2, default="sv")
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = _("feedback on accessibility")
        verbose_name_plural = _("feedback on accessibility")
        ordering = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return self.text[:60]

"""What the accessibility statement says until the organisation writes its own."""

from datetime import date

from django.utils.translation import gettext as _

from teams.models import AccessibilityStatement, Compliance, Organisation

# The day this version of the product was last looked through; moved with each such look.
ASSESSED_ON = date(2026, 11, 23)


def default_statement(organisation: Organisation | None) -> AccessibilityStatement:
    """The product's own, honest statement, in the reader's language; never stored."""
    shortcomings = [
        _("The service has not yet been tried by people who use screen readers or voice control."),
        _("It has not been tried at 400 per cent enlargement by people who need it."),
        _("Files that people upload may be less accessible than those the service makes."),
    ]
    return AccessibilityStatement(
        organisation=organisation,
        service="Upptakt",
        compliance=Compliance.PARTIAL,
        shortcomings="\n".join(shortcomings),
        excluded=_("Files from suppliers that the organisation neither pays for nor controls."),
        method=_(
            "The makers of the service have assessed it themselves: every page is tested by "
            "machine (axe, WCAG 2.0 to 2.2, levels A and AA) in light and dark and at the width of "
            "a telephone, the central steps by keyboard alone, and the papers are tagged PDFs "
            "(PDF/UA-1)."
        ),
        assessed_on=ASSESSED_ON,
        updated_on=ASSESSED_ON,
    )


def statement_of(organisation: Organisation | None) -> AccessibilityStatement:
    own = AccessibilityStatement.objects.filter(organisation=organisation).first()
    return own or default_statement(organisation)

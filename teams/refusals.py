"""What cannot be done now, in words for the person."""

from django.core.exceptions import ValidationError


class Refused(ValidationError):
    """Not possible as things stand; nothing was changed."""


class AlreadyBegun(Refused):
    """The installation has its first administrator."""


class NameTaken(Refused):
    """Another organisation or team has the name."""


class AlreadyThere(Refused):
    """The person already has a role in the place, or an invitation to it."""


class LinkRefused(Refused):
    """The invitation's link cannot be used: used, withdrawn, expired, or somebody else's."""


class LastOne(Refused):
    """The place would have nobody to look after it."""


class ClosedAccount(Refused):
    """The person cannot sign in, and is given no role."""


class WrongDay(Refused):
    """The day does not fit the role's other days."""


class NothingToSend(Refused):
    """No letter waits for another try."""


class TooMany(Refused):
    """The person has sent as many letters to strangers within a day as one person may."""

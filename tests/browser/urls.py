"""The house's addresses with the component page, which an installation only has in debug."""

from config.design import urlpatterns as design
from config.urls import handler400, handler500, urlpatterns

__all__ = ["handler400", "handler500", "urlpatterns"]
urlpatterns = [*urlpatterns, *design]

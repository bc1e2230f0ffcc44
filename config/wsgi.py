import logging
import os

from django.core.wsgi import get_wsgi_application

from config.logs import WithoutLinks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
# The server's own log is set up by the server, before ours.
logging.getLogger("gunicorn.access").addFilter(WithoutLinks())

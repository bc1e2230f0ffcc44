# One image for every process of Upptakt: web, worker, beat and migrate differ by their command only.
# Builds with Docker, Podman and Buildah. docs/running.md tells how it is run.

FROM debian:bookworm-slim AS system
# Python, what papers are drawn with (scripts/environment names the same), and a first process that
# passes signals on and leaves nobody behind.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates fontconfig libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 python3 tini \
    && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/upptakt/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    UPPTAKT_PRODUCTION=1 \
    UPPTAKT_VAR=/var/lib/upptakt \
    UPPTAKT_STATIC=/srv/static

FROM system AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-pip python3-venv
COPY requirements/base.txt /tmp/base.txt
# Every file by its hash, nothing built here, and no pip left in what runs.
RUN python3 -m venv --without-pip /opt/upptakt \
    && /usr/bin/python3 -m pip --python /opt/upptakt/bin/python install --no-cache-dir --no-input \
        --disable-pip-version-check --require-hashes --only-binary :all: -r /tmp/base.txt
COPY . /srv/upptakt
WORKDIR /srv/upptakt
# Styles and scripts get names by their content; what is read once is kept compiled.
RUN UPPTAKT_VAR=/tmp/building UPPTAKT_SECRET_KEY=only-while-building UPPTAKT_URL=https://building \
        python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q -j 0 /opt/upptakt/lib /srv/upptakt

FROM system
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /tmp upptakt \
    && install -d -o upptakt -g upptakt -m 0750 /var/lib/upptakt /var/backups/upptakt
COPY --from=build /opt/upptakt /opt/upptakt
COPY --from=build /srv/static /srv/static
COPY --from=build /srv/upptakt /srv/upptakt
WORKDIR /srv/upptakt
USER 10001:10001
ENV HOME=/tmp
VOLUME ["/var/lib/upptakt"]
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--"]
CMD ["gunicorn", "--config", "python:config.server", "--bind", "0.0.0.0:8000", "config.wsgi"]

# One image for web, worker and beat.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libssl3 fontconfig fonts-noto-cjk gettext \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt
COPY . .
# Keys made here belong to no installation: only static files and translations are built.
RUN YISHI_DEBUG=1 YISHI_VAR_DIR=/tmp/build python manage.py compilemessages -v 0 \
    && YISHI_BUILD=1 YISHI_DEBUG=1 YISHI_VAR_DIR=/tmp/build YISHI_STATIC_ROOT=/app/static-built python manage.py collectstatic --noinput -v 0 \
    && rm -rf /tmp/build \
    && useradd --create-home yishi && mkdir -p /var/lib/yishi && chown yishi /var/lib/yishi
USER yishi
ENV YISHI_DEBUG=0 YISHI_VAR_DIR=/var/lib/yishi YISHI_STATIC_ROOT=/app/static-built PYTHONUNBUFFERED=1
EXPOSE 8000
# Processes without threads: docs/performance.md says why. Two minutes for the largest roll.
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--timeout", "120", "--access-logfile", "-", "--access-logformat", "%(m)s %(s)s %(D)s"]

ARG PYTHON=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/prodgate \
    && /opt/prodgate/bin/pip install --no-deps --require-hashes -r requirements.lock \
    && pip install --no-deps --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE app.yml ./
COPY bot ./bot
COPY migration_guards ./migration_guards
COPY rules ./rules
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheel . \
    && /opt/prodgate/bin/pip install --no-deps --no-index /wheel/prodgate-*.whl

FROM ${PYTHON}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin prodgate \
    && install --directory --owner=prodgate --group=prodgate --mode=0700 /data
COPY --from=build /opt/prodgate /opt/prodgate
ENV PATH=/opt/prodgate/bin:$PATH \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PRODGATE_DATA_DIR=/data \
    PRODGATE_HOST=0.0.0.0 \
    PRODGATE_PORT=8000
VOLUME /data
WORKDIR /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, os; ask = http.client.HTTPConnection('127.0.0.1', int(os.environ['PRODGATE_PORT']), timeout=4); ask.request('GET', '/healthz'); raise SystemExit(ask.getresponse().status != 200)"]
ENTRYPOINT ["prodgate"]
CMD ["serve"]

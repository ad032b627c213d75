# The pinned packages are installed in one stage and only their result is carried over into the one that runs.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv .venv
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN .venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock
COPY src ./src
RUN .venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home recsvc \
    && mkdir -p /app/artifacts /app/data && chown recsvc /app/artifacts /app/data
WORKDIR /app
COPY --from=build /app/.venv ./.venv
ENV PATH=/app/.venv/bin:$PATH RECSVC_HOST=0.0.0.0 PYTHONUNBUFFERED=1
USER 10001
VOLUME ["/app/artifacts", "/app/data"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('RECSVC_PORT') or 8000}/health/live\", timeout=2)"]
# Where no version is in production, one is trained on RECSVC_DATASET (the bundled sample), so that the first start answers.
CMD ["sh", "-c", "grep -qs '\"alias\":\"production\"' artifacts/aliases.jsonl || recsvc train; exec recsvc serve"]

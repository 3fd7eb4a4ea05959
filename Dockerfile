# Two stages: the first installs and builds, the second holds the result. Neither has a compiler:
# --only-binary turns a package without a wheel into an error.

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/copydesk
ENV PATH=/opt/copydesk/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The lock before the code: the packages are installed again only when the lock changes.
COPY requirements.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml LICENSE ./
COPY cleaning ./cleaning
COPY service ./service
# Built by the hatchling of the lock, not by whichever is newest today.
RUN pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 copydesk
COPY --from=build /opt/copydesk /opt/copydesk
ENV PATH=/opt/copydesk/bin:$PATH PYTHONUNBUFFERED=1
USER copydesk
WORKDIR /home/copydesk
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# It listens beyond loopback and therefore refuses to start without COPYDESK_API_KEY. Without
# REDIS_URL it runs a server of its own, whose data ends with the container.
CMD ["copydesk", "serve", "--host", "0.0.0.0", "--port", "8000"]

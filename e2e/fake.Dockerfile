# The fake Google, for docker-compose.yaml.
FROM python:3.11.14-slim-bookworm
WORKDIR /e2e
COPY requirements.txt constraints.txt ./
RUN ["python", "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check", \
     "aiohttp", "cryptography", "-c", "requirements.txt", "-c", "constraints.txt"]
COPY google_schemas google_schemas
COPY fake_google fake_google
ENTRYPOINT ["python", "-m", "fake_google", "--host", "0.0.0.0"]

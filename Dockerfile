# The site, for production: docker build -t mitigation-catalogue . It runs as nobody in particular and writes only to /data.

FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements/base.txt requirements/
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-input --require-hashes -r requirements/base.txt
COPY . .
RUN DATA_DIR=/tmp/data /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
 && /venv/bin/python -m compileall -q catalogue config decisions serving surveys

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home catalogue && install -d -o catalogue /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER catalogue
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "manage.py", "serve"]

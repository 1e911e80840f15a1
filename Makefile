# make serve: the site on http://127.0.0.1:8000. make test: all tests. make help: everything else.

PYTHONS := python3 python3.13 python3.12 python3.11
is_enough = import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,$(PYTHONS),$(shell $(name) -c '$(is_enough)' 2>/dev/null && echo $(name))))

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/pip --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header

# $(call install,PIP,FILE): installs what FILE locks. In a terminal it counts the packages as pip gets to them.
define install
if [ -t 1 ]; then \
  total=$$(grep -c '^[a-z].*==' $(2)); count=0; \
  { $(1) install --no-input --progress-bar off --require-hashes -r $(2) || touch .venv/failed; } | \
  while read -r word rest; do \
    case $$word in Collecting|Processing|Requirement|Ignoring) count=$$((count + 1)); printf '\r  %d of %d packages' $$count $$total;; esac; \
  done; echo; \
  if [ -e .venv/failed ]; then rm .venv/failed; exit 1; fi; \
else $(1) install --quiet --no-input --require-hashes -r $(2); fi
endef

.PHONY: help serve dev test lint audit lock bench clients mirror

help:
	@echo "make serve   the site, with the production server, on http://127.0.0.1:8000 (HOST and PORT choose another address)"
	@echo "make dev     the site, reloading on change"
	@echo "make test    all tests, on SQLite, and on PostgreSQL too where DATABASE_URL points to one"
	@echo "make lint    style, types, and which module may import which"
	@echo "make audit   known vulnerabilities of what is locked, where the advisory service can be reached"
	@echo "make mirror  a release as a static copy of the whole site: FOLDER=mirror, and RELEASE=2026.11 and SITE=https://... if you like"
	@echo "make bench   how fast it is, beside two others"
	@echo "make clients polars, DuckDB and three clients made of the schema read the site (these want Java and Node.js too)"
	@echo "make lock    new lock files from pyproject.toml"

.venv/made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python make serve"; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv || { echo "$(PYTHON) cannot make environments: install its venv package (on Debian: apt-get install python3-venv)"; exit 1; }
	@touch $@

.venv/base: requirements/base.txt | .venv/made
	@echo "Installing what the site needs"
	@$(call install,$(PIP),$<)
	@touch $@

.venv/dev: requirements/dev.txt | .venv/base
	@echo "Installing what the tests need"
	@$(call install,$(PIP),$<)
	@touch $@

# Datasette wants versions of its own, and the site should not get them.
.venv-bench/made: requirements/bench.txt | .venv/base
	@echo "Installing what the benchmark compares with"
	@$(BIN)/python -m venv .venv-bench
	@echo '*' > .venv-bench/.gitignore
	@$(call install,.venv-bench/bin/pip --disable-pip-version-check,$<)
	@touch $@

# Likewise: what makes clients of the API, and what reads its files.
.venv-clients/made: requirements/clients.txt | .venv/base
	@echo "Installing the programs that read the catalogue"
	@$(BIN)/python -m venv .venv-clients
	@echo '*' > .venv-clients/.gitignore
	@$(call install,.venv-clients/bin/pip --disable-pip-version-check,$<)
	@touch $@

# Likewise: it brings a pip of its own.
.venv-audit/made: requirements/audit.txt | .venv/base
	@echo "Installing what looks for known vulnerabilities"
	@$(BIN)/python -m venv .venv-audit
	@echo '*' > .venv-audit/.gitignore
	@$(call install,.venv-audit/bin/pip --disable-pip-version-check,$<)
	@touch $@

# Folders are listed too: their time changes when a file leaves.
staticfiles/staticfiles.json: $(shell find static -not -name '.*' 2>/dev/null) .venv/base
	@echo "Collecting static files"
	@$(MANAGE) collectstatic --noinput --clear --verbosity 0
	@touch $@

# Of two that are called at once, one waits for the other, and then finds what is done.
ALONE := $(BIN)/python -c 'import fcntl, subprocess, sys; file = open(".venv/lock", "w"); \
  fcntl.flock(file, fcntl.LOCK_EX); sys.exit(subprocess.call(sys.argv[1:], close_fds=False))'

# What citations name. Its files hold addresses of the site: those of this machine unless told otherwise.
FIRST_RELEASE = $(MANAGE) cut_release --first \
  $(if $(SITE_URL)$(ALLOWED_HOSTS),,--site http://$(or $(HOST),127.0.0.1):$(or $(PORT),8000))

.PHONY: ready
ready: .venv/base staticfiles/staticfiles.json
	@echo "Preparing the database"
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_catalogue
	@$(MANAGE) load_studies
	@$(FIRST_RELEASE)

serve: .venv/made
	@$(ALONE) $(MAKE) --no-print-directory ready
	@exec $(MANAGE) serve

dev: export DEBUG = 1
dev: .venv/base
	@mkdir -p staticfiles
	@echo "Preparing the database"
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_catalogue
	@$(MANAGE) load_studies
	@$(FIRST_RELEASE)
	@exec $(MANAGE) dev

# Where a test fails on the one, the other is run all the same. What is compiled is kept, for each process needs it.
# One worker more than the two cores of a small machine: some tests wait for servers, browsers and processes.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# SQLite comes last and runs everything, so that the last line is pytest's.
test: .venv/dev
	@status=0; case "$$DATABASE_URL" in postgres*) \
	  echo "Tests on PostgreSQL, of what depends on the engine"; \
	  $(PYTEST) -m engine || status=$$?;; \
	esac; \
	echo "Tests on SQLite"; \
	DATABASE_URL=sqlite://:memory: $(PYTEST) --cov --cov-report= || status=$$?; \
	exit $$status

lint: .venv/dev
	@echo "Style"
	@$(BIN)/ruff check --extend-select COM812 .
	@$(BIN)/ruff format --check .
	@find templates -name '*.html' -print0 | xargs -0 $(BIN)/djade --target-version 5.2 --check
	@echo "Types"
	@$(BIN)/mypy .
	@echo "Imports"
	@$(BIN)/lint-imports

audit: .venv-audit/made
	@$(BIN)/python -m benchmarks.audit

lock: .venv/made
	@$(PIP) install --quiet uv
	@echo "Locking requirements/base.txt"
	@$(COMPILE) pyproject.toml -o requirements/base.txt
	@echo "Locking requirements/dev.txt"
	@$(COMPILE) pyproject.toml --group dev -c requirements/base.txt -o requirements/dev.txt
	@echo "Locking requirements/audit.txt"
	@$(COMPILE) --group audit -o requirements/audit.txt
	@echo "Locking requirements/bench.txt"
	@$(COMPILE) --group bench -o requirements/bench.txt
	@echo "Locking requirements/clients.txt"
	@$(COMPILE) --group clients -o requirements/clients.txt

bench: .venv-bench/made staticfiles/staticfiles.json
	@$(BIN)/python -m benchmarks.run
	@$(BIN)/python -m benchmarks.briefs

clients: .venv-clients/made staticfiles/staticfiles.json
	@$(BIN)/python -m benchmarks.clients.run

FOLDER ?= mirror
mirror: .venv/base staticfiles/staticfiles.json
	@$(MANAGE) mirror "$(FOLDER)" $(if $(RELEASE),--release "$(RELEASE)") $(if $(SITE),--site "$(SITE)")

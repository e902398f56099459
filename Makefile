# Everything in a private environment below this folder: `make demo`, `make test`, `make test-all`.
# Needed on the machine: Python 3.10 or newer, Node 20 or newer, git and make.

PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
STAMPS := .make
export PATH := $(BIN):$(PATH)
# Nothing a person keeps in their home has a say in a build or a test, and nothing is put there.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_REQUIRE_VIRTUALENV := 0
export JUPYTER_PLATFORM_DIRS := 1
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1
export YARN_ENABLE_TELEMETRY := 0
# The tests start some hundred Pythons; without bytecode each would compile all that it loads.
unexport PYTHONDONTWRITEBYTECODE

# uv is quicker; where it cannot (an index or certificate that only pip is told of), pip installs.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) || $(BIN)/python -m pip install --quiet $(1)

# In CI a test that fails is looked at twice, as in the browser; it is told which ones were, and why.
AGAIN := $(if $(CI),--reruns 1 --rerun-show-tracebacks)
USUAL := not slow and not faults and not versions
# Most of a test is waiting, so four go well beside each other on two cores. A file's tests stay
# together, for they share servers.
SIDE_BY_SIDE := -n 4 --dist loadfile --no-loadscope-reorder
# Each of the four reads all files that may have tests.
WITHOUT_VERSIONS := --ignore tests/versions --ignore tests/published --ignore tests/hub
# A peer has real time: two leave each a core.
SIDE_BY_SIDE_EACH := -n 2 --dist load
WITH_CHROMIUM = CHROMIUM="$$($(BIN)/python ui-tests/chromium.py)" && export CHROMIUM &&

# wire.ts is made from openapi.yaml, by the tests as well: it is no reason to build again.
SOURCES_TS := $(shell find src style schema tools/build_widget.mjs -type f -not -name wire.ts 2>/dev/null)

.PHONY: coverage test-pages test-slow test-restarts test-reloads test-ends test-jupyterlab test-voila test-hub demo test test-all test-python test-typescript test-browser test-demo faults pictures lint setup ceph wheel clean bench
.DEFAULT_GOAL := help

help:
	@echo "make demo      JupyterLab on a local openEO provider, no account needed"
	@echo "make test      all tests: Python, TypeScript, real servers, real browser"
	@echo "make test-all  the slower checks too"
	@echo "make coverage  the Python tests again, and the lines that none of them runs"
	@echo "make test-jupyterlab VERSION=4.2  the panel in another JupyterLab, and its Notebook (7.2)"
	@echo "make test-voila  the uploader in applications of Voila and marimo"
	@echo "make test-hub  the panel on a JupyterHub, stopped and started, and behind nginx"
	@echo "make test-versions-oldest  the oldest libraries that pyproject.toml allows; others: see Makefile"
	@echo "make faults    every fault at every size, and the table in docs/reliability.md"
	@echo "make bench     how fast, beside boto3, obstore, s5cmd and openEO's own (BENCH=name: one row)"
	@echo "make lint      every linter and type checker"
	@echo "make wheel     dist/*.whl"

# --- set-up ---------------------------------------------------------------------------------

$(STAMPS)/venv:
	@mkdir -p $(STAMPS)
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10) and 'Python 3.10 or newer is needed; name one by make PYTHON=...')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet "jupyter-builder>=1.2.0,<2" uv
	@touch $@

$(STAMPS)/node: package.json yarn.lock .yarnrc.yml | $(STAMPS)/venv
	jlpm install --immutable
	@touch $@

$(STAMPS)/built: $(STAMPS)/node tsconfig.json webpack.config.js jupyter_openeo_artifacts/service/openapi.yaml $(SOURCES_TS)
	jlpm build:prod
	@touch $@

# pip does not touch what the front end needs, so both run side by side under `make -j`.
$(STAMPS)/libraries: pyproject.toml | $(STAMPS)/venv
	$(BIN)/python tools/requirements.py demo test > $(STAMPS)/requirements.txt
	$(call install,--requirement $(STAMPS)/requirements.txt)
	@touch $@

$(STAMPS)/installed: $(STAMPS)/libraries $(STAMPS)/built
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	jupyter-builder develop . --overwrite
	jupyter server extension enable --sys-prefix jupyter_openeo_artifacts
	@touch $@

$(STAMPS)/browser-tests: ui-tests/package.json ui-tests/yarn.lock ui-tests/.yarnrc.yml | $(STAMPS)/venv
	cd ui-tests && jlpm install --immutable
	@touch $@

setup:
	@$(MAKE) --no-print-directory -j2 $(STAMPS)/libraries $(STAMPS)/built
	@$(MAKE) --no-print-directory $(STAMPS)/installed

# --- the main job ---------------------------------------------------------------------------

demo: setup
	jupyter openeo-artifacts demo $(DEMO)

# --- tests ----------------------------------------------------------------------------------

test: setup
	@$(MAKE) --no-print-directory test-typescript
	@$(MAKE) --no-print-directory test-python
	@$(MAKE) --no-print-directory test-browser

# One JupyterLab of those that are supported (VERSION=4.2) and the Notebook that is built on it (7.2),
# or the oldest, one between and the newest.
test-jupyterlab: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) JUPYTERLAB="$(VERSION)" $(BIN)/python -m pytest -m slow tests/versions/test_front_ends.py $(PYTEST)

# The uploader in applications of Voila and marimo, which come from the registry.
test-voila: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) $(BIN)/python -m pytest -m slow tests/published $(PYTEST)

# The panel on a JupyterHub from the registries; nginx is unpacked as Ceph is, or skipped and said.
test-hub: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) $(BIN)/python -m pytest -m slow tests/hub $(PYTEST)

# The wheel's own test opens it in the browser, too.
test-python: setup $(STAMPS)/browser-tests
ifdef PYTEST
	$(WITH_CHROMIUM) $(BIN)/python -m pytest -m "$(USUAL)" $(PYTEST)
else
	$(WITH_CHROMIUM) $(BIN)/python -m pytest -q --durations=30 -m "$(USUAL)" $(SIDE_BY_SIDE) $(AGAIN) $(WITHOUT_VERSIONS)
endif

# The same tests, and which lines no test has run: under the floor that pyproject.toml names it
# fails. Of a part (PYTEST="tests/state") the figures are told, and there is no floor. A failure is tried
# again: some tests count the files that are opened, and measuring opens some.
coverage: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) $(BIN)/python -m pytest -q -m "$(USUAL)" --reruns 1 --cov --cov-report=term-missing:skip-covered \
		$(if $(PYTEST),--cov-fail-under=0 $(PYTEST),$(SIDE_BY_SIDE) $(WITHOUT_VERSIONS))

test-typescript: setup
	jlpm test

test-browser: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) cd ui-tests && jlpm playwright test $(PLAYWRIGHT)

test-all: lint test test-pages test-demo test-slow test-restarts test-reloads test-ends test-versions test-jupyterlab test-voila test-hub

# Pages that `make test` leaves out for their length: other themes and directions, long lists.
test-pages: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) cd ui-tests && SLOW=1 jlpm playwright test $(PLAYWRIGHT)

# What is left out of `make test` for its length: Ceph, kills many times over, large files.
test-slow: setup ceph $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) $(BIN)/python -m pytest -q -m slow $(SIDE_BY_SIDE) $(WITHOUT_VERSIONS) --ignore tests/server $(PYTEST)

# Jupyter servers that are killed, stopped and started again.
test-restarts: setup
	$(BIN)/python -m pytest -q -m slow $(SIDE_BY_SIDE) tests/server --ignore tests/server/test_ends.py $(PYTEST)

# Files of 200 MB whose page or server ends in the middle, RELOADS=20 times: how much is sent again.
test-reloads: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) cd ui-tests && jlpm playwright test --config playwright.reloads.config.ts $(PLAYWRIGHT)

# A Jupyter server by every signal in every state.
test-ends: setup
	$(BIN)/python -m pytest -q -m slow $(SIDE_BY_SIDE_EACH) tests/server/test_ends.py $(PYTEST)

# Environments of other versions, one a target: `make test-versions-oldest`. An interpreter that is
# not on this machine is skipped, and the run says so at its end.
VERSIONS := python3.10 python3.11 python3.12 python3.13 oldest openeo boto3 s3fs s3fs-before
$(foreach one,3.10 3.11 3.12 3.13,$(eval VERSIONS_python$(one) := newest_libraries and $(one)))
VERSIONS_oldest := oldest_libraries
VERSIONS_openeo := openeo_client
VERSIONS_boto3 := test_boto3
VERSIONS_s3fs := beside_s3fs and command
VERSIONS_s3fs-before := beside_s3fs and before

.PHONY: test-versions $(VERSIONS:%=test-versions-%)
test-versions: $(VERSIONS:%=test-versions-%)
$(VERSIONS:%=test-versions-%): test-versions-%: setup
	$(BIN)/python -m pytest -m versions tests/versions -k "$(VERSIONS_$*)" $(PYTEST)

# A second S3 and STS, from Debian's packages, which are unpacked here and installed nowhere. Where
# there are none, its tests are skipped, and the run says so at its end.
ceph: $(STAMPS)/libraries
	$(BIN)/python -m tests.servers.ceph_packages

# Every fault at every size, ours and boto3; the table goes to the page.
faults: setup
	FAULTS_PAGE="$(CURDIR)/docs/reliability.md" $(BIN)/python -m pytest -q tests/faults $(SIDE_BY_SIDE_EACH) $(PYTEST)

# How fast, against peers that get an environment of their own; the tables go to docs/performance.md.
bench: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) $(BIN)/python -m benchmarks $(BENCH)

# What `make demo` opens, driven through the main job by panel, file browser, magic and widget.
test-demo: setup $(STAMPS)/browser-tests
	$(WITH_CHROMIUM) cd ui-tests && jlpm playwright test --config playwright.demo.config.ts $(PLAYWRIGHT)

pictures:
	DEMO_IMAGES="$(CURDIR)/docs/images" $(MAKE) --no-print-directory test-demo

lint: setup $(STAMPS)/browser-tests
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-logo
	jlpm lint:check
	cd ui-tests && jlpm lint:check
	codespell
	vulture
	$(BIN)/python tools/verify_types.py
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	zizmor --offline --quiet .github

wheel: setup
	$(BIN)/python -m build

clean:
	rm -rf .venv .ceph .nginx $(STAMPS) node_modules ui-tests/node_modules lib dist build \
		jupyter_openeo_artifacts/labextension jupyter_openeo_artifacts/notebook/static

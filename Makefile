# `make help` says what there is. Every target does its own set-up; servers are started on free ports and ended by pid.
.POSIX:
.PHONY: help build servers demo unit test faults soak lint verify

CARGO = cargo
CASE =
SECONDS =
SERVER =
FAULTS = $(CARGO) test --quiet --workspace --test faults --

help:
	@echo 'make demo            a MariaDB database arrives in Databend and is followed live; KEEP=1 leaves both servers up'
	@echo 'make unit            unit tests; needs no server'
	@echo 'make test            unit tests and every case on MariaDB and MySQL; CASE=cdc/keyless SERVER=mariadb chooses,'
	@echo '                     JOBS=1 plays one at a time, SEED=n repeats a kill test'
	@echo 'make faults          every fault at every step, then five minutes of faults under an invariant, two of kills, one of'
	@echo '                     silence; CASE="killed, late" SERVER=mysql chooses'
	@echo 'make soak            twenty minutes of small commits: what grows; SECONDS=n for another length'
	@echo 'make verify          lint, test and faults'
	@echo 'make lint            format, clippy and documentation, as .ci/run checks them'
	@echo 'DATABEND_DSN and MYSQL_URL point the cases at servers of your own; only databases dt_test_* are touched there.'

build:
	@dt-tests/tools.sh
	@$(CARGO) build --workspace --bins

servers:
	@dt-tests/servers/provision.sh

demo: servers build
	@KEEP='$(KEEP)' dt-tests/demo/demo.sh

unit:
	@$(CARGO) test --workspace --lib --bins

test: servers unit build
	@$(CARGO) test --quiet --workspace --test mysql_to_databend -- $(CASE) $(SERVER:%=--server %)
	@test -n "$(CASE)" || $(FAULTS) sample $(SERVER:%=--server %)

faults: servers build
	@set --; test -z "$(CASE)" || set -- "$(CASE)"; $(FAULTS) "$$@" $(SERVER:%=--server %)

soak: servers build
	@$(FAULTS) soak $(SECONDS) $(SERVER:%=--server %)

verify: lint test faults

# The documentation is for people who read the code: links to private items are wanted, and resolve.
lint:
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets -- -D warnings
	@RUSTDOCFLAGS='-D warnings -A rustdoc::private_intra_doc_links' $(CARGO) doc --workspace --no-deps --document-private-items --quiet

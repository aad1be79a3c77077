#!/bin/sh
# Writes requirements/*.txt: every package with its version and hashes, and no download address.
# `make lock` keeps what still fits; `make lock UPGRADE=--upgrade` takes the newest.
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
compile() {
    out=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-annotate --custom-compile-command "make lock" ${UPGRADE:-} --output-file "requirements/$out" "$@"
}
# what `hengtan` runs with: the core, the PDF report, the web application, and the back end that installs the checkout itself
compile run.txt --extra report --extra web --group build --constraints requirements/limits.txt pyproject.toml
# and what tests, checks and docs need; versions agree with run.txt
compile dev.txt --extra report --extra web --extra client --extra postgresql --extra sftp --extra sql --extra mqtt --extra notebook --extra spark --group build --group dev --constraints requirements/run.txt pyproject.toml
# the installer
echo uv | compile uv.txt -

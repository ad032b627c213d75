# Sourced by the other scripts: makes .venv with the pinned packages of the lock file named in $1, once.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Compiled code is kept, on machines whose default is not to, too: every process would compile all of it again.
unset PYTHONDONTWRITEBYTECODE

die() { echo "$0: $*" >&2; exit 1; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            "$candidate" -c 'import ensurepip, venv' 2>/dev/null && { echo "$candidate"; return; }
            die "$candidate cannot make virtual environments: install its package, e.g. apt install $("$candidate" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
        fi
    done
    die "Python 3.11, 3.12 or 3.13 is needed, and none was found: e.g. apt install python3 python3-venv"
}

make_venv() {
    local lock=$1 stamp have python
    stamp="$(cat requirements.lock "$lock" pyproject.toml | cksum) $lock"
    have="$(cat .venv/.stamp 2>/dev/null || true)"
    [[ "$have" == "$stamp" ]] && return
    # The development environment holds everything that the plain one does, and stays one.
    if [[ "$have" == *requirements-dev.lock && "$lock" != requirements-dev.lock ]]; then
        make_venv requirements-dev.lock
        return
    fi
    if [[ ! -x .venv/bin/python ]] || ! .venv/bin/python -c '' 2>/dev/null; then
        python="$(find_python)"
        echo "Making .venv with $("$python" --version) ..." >&2
        rm -rf .venv
        "$python" -m venv .venv
    fi
    echo "Installing the pinned packages of $lock ..." >&2
    install_packages --only-binary :all: --require-hashes -r "$lock"
    install_packages --no-build-isolation -e .
    echo "$stamp" > .venv/.stamp
}

# uv is ten times as fast as pip. It does not read pip's settings: where only these name a mirror, pip does it all.
install_packages() {
    local pip=(.venv/bin/pip --quiet --disable-pip-version-check) uv=.venv/bin/uv
    [[ -x $uv ]] || "${pip[@]}" install --no-compile --no-deps --only-binary :all: --require-hashes \
        -r <(sed -n '/^uv==/,/[^\\]$/p' requirements-dev.lock)
    $uv pip install --quiet --python .venv/bin/python --no-deps "$@" 2>/dev/null ||
        "${pip[@]}" install --no-compile --no-deps "$@"
}

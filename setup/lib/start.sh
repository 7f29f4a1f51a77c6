# shellcheck shell=bash
# What a machine without Python needs before the rest, which is Python (setup/kit), can run.
set -euo pipefail
SETUP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PYTHON_PACKAGES=(python3 python3-venv ca-certificates)

find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        # It has to be run: a version manager's shims are on PATH for versions that are not active.
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        printf '%s\n' "$candidate"
        return
    done
    return 1
}

install_python() {
    local install=(apt-get install -y -qq --no-install-recommends "${PYTHON_PACKAGES[@]}")
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        printf 'error: Python 3.11 or newer is missing. As root, once:\n  apt-get update && %s\n' "${install[*]}" >&2
        exit 1
    fi
    printf '[  0s] installing %s\n' "${PYTHON_PACKAGES[*]}" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null
}

start() {
    local python
    SETUP_STARTED=$(date +%s)
    export SETUP_STARTED
    python=$(find_python) || { install_python && python=$(find_python); }
    exec "$python" "$SETUP" "$@"
}

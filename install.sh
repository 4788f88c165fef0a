#!/usr/bin/env bash
# Installs Live Status beside the OpenClaw of this user; see --help. Needs Node >= 18 with npm, nothing else.
set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

wrong_usage() {
  printf 'install.sh: %s\n\n' "$1" >&2
  cat "$root/apps/installer/usage.txt" >&2
  exit 2
}

# The first run prepares the checkout for a minute; help, and what is wrong with the options, should not wait for that.
check_options() {
  local purge='' uninstall=''
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h)
        cat "$root/apps/installer/usage.txt"
        exit 0
        ;;
      --prefix)
        case ${2-} in '' | -*) wrong_usage '--prefix needs a directory' ;; esac
        shift
        ;;
      --prefix=?* | --dry-run) ;;
      --uninstall) uninstall=yes ;;
      --purge) purge=yes ;;
      *) wrong_usage "unknown option $1" ;;
    esac
    shift
  done
  [ -z "$purge" ] || [ -n "$uninstall" ] || wrong_usage '--purge only goes with --uninstall'
}

fail() {
  echo "install.sh: $1 Install Node 24 (from nodejs.org or your system) and run install.sh again." >&2
  exit 1
}

check_options "$@"

command -v node >/dev/null && command -v npm >/dev/null || fail 'node and npm are not in PATH.'
version=$(node --version) || fail 'node does not run.'
major=${version#v}
[ "${major%%.*}" -ge 18 ] 2>/dev/null ||
  fail "Node ${version#v} is running, but Live Status needs Node 18 or newer to begin with."

# Caches go into the checkout, so that nothing is left in the home directory.
tools=$root/.tools
export npm_config_cache=$tools/npm XDG_CACHE_HOME=$tools/cache XDG_STATE_HOME=$tools/state
export npm_config_update_notifier=false
export pnpm_config_store_dir=$tools/store

exec node "$root/tooling/bootstrap/install.mjs" "$@"

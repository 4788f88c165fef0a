#!/usr/bin/env bash
# Installs Live Status beside the OpenClaw of this user; see --help. Needs Node >= 18 with npm, nothing else.
set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo 'install.sh: node and npm are not in PATH. Install Node 24 (nodejs.org) and run install.sh again.' >&2
  exit 1
fi

# Caches go into the checkout, so that nothing is left in the home directory.
tools=$root/.tools
export npm_config_cache=$tools/npm XDG_CACHE_HOME=$tools/cache XDG_STATE_HOME=$tools/state
export npm_config_update_notifier=false
export pnpm_config_store_dir=$tools/store

exec node "$root/tooling/bootstrap/install.mjs" "$@"

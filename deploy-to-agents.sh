#!/usr/bin/env bash
# Installs Live Status for several OpenClaws of this user: one state directory (like ~/.openclaw) per argument.
set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
usage='Usage: bash deploy-to-agents.sh [--dry-run] [--uninstall [--purge]] DIR...

Runs install.sh for each OpenClaw state directory DIR. No AGENTS.md is touched.'

options=()
while [ $# -gt 0 ]; do
  case $1 in
    --help) echo "$usage"; exit 0 ;;
    --) shift; break ;;
    --dry-run | --uninstall | --purge) options+=("$1"); shift ;;
    -*) echo "deploy-to-agents.sh: unknown option $1" >&2; echo "$usage" >&2; exit 2 ;;
    *) break ;;
  esac
done
if [ $# -eq 0 ]; then
  echo "$usage" >&2
  exit 2
fi

status=0
for directory in "$@"; do
  echo "== $directory"
  if [ ! -d "$directory" ]; then
    echo "deploy-to-agents.sh: there is no directory $directory" >&2
    status=1
    continue
  fi
  absolute=$(CDPATH='' cd -- "$directory" && pwd)
  env -u OPENCLAW_CONFIG_PATH -u STATE_DIR OPENCLAW_STATE_DIR="$absolute" \
    bash "$root/install.sh" ${options[@]+"${options[@]}"} || status=1
done
exit "$status"

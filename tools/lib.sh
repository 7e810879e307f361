# Shell library of the scripts in tools/, `run` and `test`: where the cache is, progress lines, clear failures.
# Sourced, never run. Sets ROOT (the repository) and CACHE, and exports LOADLINE_CACHE.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${LOADLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/loadline}
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
export LOADLINE_CACHE=$CACHE # for the scripts and programs that are started from here

say()  { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
# fail WHAT [WHAT TO DO]...: prints to stderr and ends the script with code 1.
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# rows FILE: the lines of a .tsv or list in third_party/, without comments and blanks.
rows() { grep -v -e '^#' -e '^[[:space:]]*$' "$ROOT/third_party/$1"; }

# pin_field NAME COLUMN: one field of third_party/pins.tsv (name kind package version file sha256 licence purpose).
pin_field() {
  local value
  value=$(rows pins.tsv | awk -F'\t' -v name="$1" -v column="$2" '$1 == name { print $column }')
  [ -n "$value" ] || fail "third_party/pins.tsv has no line named '$1'"
  printf '%s\n' "$value"
}

source_dir() { printf '%s/src/%s-%s\n' "$CACHE" "$1" "$(pin_field "$1" 4)"; }

# sha256_is FILE SUM: true when the file exists and has that checksum.
sha256_is() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]; }

# with_progress LABEL COMMAND...: runs the command with its output in a log and says every 10 seconds that it still runs.
# On failure the end of the log is shown. Returns the command's exit code.
with_progress() {
  local label=$1 log code=0 started=$SECONDS pid
  shift
  mkdir -p "$CACHE/log"
  log=$CACHE/log/$(printf '%s' "$label" | tr -c 'A-Za-z0-9.\n' '-').log
  say "$label"
  set -m # its own process group, so that an interrupt reaches the compilers below it
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  # shellcheck disable=SC2064
  trap "kill -TERM -- -$pid 2>/dev/null || true; exit 130" INT TERM
  local last=$SECONDS
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if [ $((SECONDS - last)) -ge 10 ]; then
      last=$SECONDS
      note "$((SECONDS - started)) s: $(tail -n 1 "$log" | tr '\r' '\n' | tail -n 1 | cut -c1-110)"
    fi
  done
  wait "$pid" || code=$?
  trap - INT TERM
  if [ "$code" -ne 0 ]; then
    printf '%s\n' "--- last lines of $log" >&2
    tail -n 40 "$log" >&2
  fi
  return "$code"
}

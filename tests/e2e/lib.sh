# Sourced by the end-to-end tests: checks that say what was expected, and a folder that goes away.
set -euo pipefail
BIN=$1/loadline
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
checks=0

die() { echo "FAILED: $1" >&2; [ -z "${2:-}" ] || printf '  got: %s\n' "$2" >&2; exit 1; }
# expect_code CODE COMMAND...: its output is in $out afterwards
expect_code() {
  local want=$1 got=0
  shift
  out=$("$@" 2>&1) || got=$?
  [ "$got" -eq "$want" ] || die "'$*' ended with $got, not $want" "$out"
  checks=$((checks + 1))
}
contains() { case $1 in *"$2"*) checks=$((checks + 1)) ;; *) die "missing: $2" "$1" ;; esac; }
lacks() { case $1 in *"$2"*) die "must not be there: $2" "$1" ;; *) checks=$((checks + 1)) ;; esac; }
finish() { echo "$checks checks passed"; }

make_documents() {
  mkdir -p docs/sub
  cat >docs/fees.md <<'TEXT'
# Fee guide of Brookmere Savings
## Cards
A replacement card costs 12 euros. It arrives within five working days.
## Transfers
| Transfer | Fee |
|---|---|
| Within the country | 0.40 euros |
| To other countries | 9.50 euros |
TEXT
  cat >docs/sub/terms.txt <<'TEXT'
ACCOUNT TERMS

The customer may close the account at any time without notice. The bank gives two months of notice.

Complaints are answered within 15 working days by the office of Ms Ilse Tarrant.
TEXT
  printf 'branch,city,opens\nHarbour,Port Ellery,08:30\nMarket,Sandwick,09:15\n' >docs/branches.csv
}

# start_server ARGUMENTS...: `loadline serve ...` on a free port; $URL and $SERVER (its process) afterwards. Its log goes
# to $WORK/server.log. Returns once it is ready.
start_server() {
  : >"$WORK/server.out"  # is read before the program may have opened it
  "$BIN" serve --port 0 --json "$@" >"$WORK/server.out" 2>"$WORK/server.log" &
  SERVER=$!
  trap '[ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null || true; rm -rf "$WORK"' EXIT
  local i
  for ((i = 0; i < 1200; i++)); do
    kill -0 "$SERVER" 2>/dev/null || die "the server ended before it was ready" "$(cat "$WORK/server.log")"
    URL=$(sed -n 's/^{"url":"\([^"]*\)".*/\1/p' "$WORK/server.out")
    if [ -n "$URL" ] && curl -kfsS -o /dev/null --max-time 5 "$URL/readyz" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  die "the server is not ready after two minutes" "$(cat "$WORK/server.log")"
}
# stop_server: asks it to end, as a supervisor does, and checks that it ends in order.
stop_server() {
  kill -TERM "$SERVER"
  local code=0
  wait "$SERVER" || code=$?
  SERVER=
  [ "$code" -eq 0 ] || die "the server ended with $code after SIGTERM" "$(tail -n 20 "$WORK/server.log")"
  checks=$((checks + 1))
}

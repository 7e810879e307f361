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

import { SETTLING } from "./settling.ts";
import { type Check, type Command, type Listed, PLACEHOLDER, type Step } from "./step.ts";

/** How long a step is tried again, and after how long, in seconds. */
const PATIENCE_S = 600;
const PAUSE_S = 20;

/** What gcloud says of what is not there, or cannot be as Google's service for it was never enabled. */
const MISSING = new RegExp(`NOT_FOUND|[Nn]ot found|[Dd]oes not exist|${SETTLING.api.refusal.source}`);

/** Progress goes to descriptor 3, so that a step's own output can be kept; nothing here prints what it keeps, compares or pipes. */
const PROLOGUE = `set -euo pipefail
# The Node that package.json pins.
export PATH="$PWD/node_modules/.bin:$PATH"
exec 3>&1
errors=$(mktemp) missing=$(mktemp)
# What is told at the end: nothing until the service is there.
end() { :; }
trap 'rm -f "$errors" "$missing"; end' EXIT

# Prints a command, the first time that a step is taken, and runs it.
run() {
  if [ "\${waited:-0}" -eq 0 ]; then
    { printf '  $'; printf ' %q' "$@"; printf '\\n'; } >&3
  fi
  "$@"
}

# Passes on what is printed, and fails where that is not what is expected.
expected() {
  local text
  text=$(cat)
  printf '%s\\n' "$text"
  printf '%s' "$text" | grep -qE "$1" || { echo "It is \\"$text\\"." >&2; return 1; }
}

# Of versions and their label, a line each, those that are deployed (yes) or not (no), and older than another; the newest first.
versions() {
  LC_ALL=C sort -r | awk -v deployed="$1" -v before="$2" '
    ($2 == "yes" ? "yes" : "no") == deployed && (before == "" || $1 < before) { print $1 }'
}

# Runs a command that prints what is there: nothing where it, or what it is in, is not.
found() {
  "$@" 2>"$missing" || grep -qE ${pattern(MISSING)} "$missing" || { cat "$missing" >&2; return 1; }
}

# Which of these has not settled yet, as the errors have it.
settling() {
  local name what refusal
  for name in "$@" change; do
    case $name in
${Object.entries(SETTLING)
  .map(([name, { what, refusal }]) => `      ${name}) what=${quote(what)} refusal=${pattern(refusal)} ;;`)
  .join("\n")}
    esac
    if grep -qE "$refusal" "$errors"; then echo "$what"; return; fi
  done
}

# Takes a step, and takes it again while it fails with what passes by itself: TITLE HINT STEP [WHAT MAY NOT HAVE SETTLED]...
take() {
  local title=$1 hint=$2 step=$3 waited=0 what
  shift 3
  printf '\\n%s\\n' "$title" >&3
  until { "$step" 2>&1 1>&4 4>&- | tee "$errors" >&2; } 4>&1; do
    what=$(settling "$@")
    if [ -z "$what" ] || [ "$waited" -ge ${PATIENCE_S} ]; then
      printf '\\n%s: this failed.\\n%s\\nThen run the same command again: it goes on from there.\\n' "$title" "$hint" >&2
      exit 1
    fi
    echo "  not yet: waits for $what; again in ${PAUSE_S} s ($waited of ${PATIENCE_S} s)" >&3
    sleep ${PAUSE_S}
    waited=$((waited + ${PAUSE_S}))
  done
}`;

/**
 * A plan as a script for bash, which stops at the first step that fails. It is what a deployment runs.
 *
 * @param last what it says at its end, also where a guard fails
 */
export function scriptOf(plan: readonly Step[], last: readonly string[]): string {
  const parts = plan.map((step, index) => stepOf(step, index + 1, plan.length));
  const guards = plan.findIndex(({ guard }) => guard);
  parts.splice(guards < 0 ? parts.length : guards, 0, `end() {\n  cat >&3 <<END\n${last.join("\n")}\nEND\n}`);
  return [PROLOGUE, ...parts].join("\n\n");
}

function stepOf(step: Step, number: number, of: number): string {
  const { title, hint, saves, waitsFor = [] } = step;
  const name = `step_${number}`;
  const call = ["take", quote(`${number}/${of}  ${title}`), quote(hint), name, ...waitsFor].join(" ");
  const taken = saves ? `${saves}=$(${call})\n${saves}=\${${saves}%%$'\\n'*}` : call;
  return `${name}() {\n  ${bodyOf(step).replaceAll("\n", "\n  ")}\n}\n${taken}`;
}

function bodyOf({ check, command, input, each, versions, saves, mayBeEmpty, expect, optional }: Step): string {
  if (optional) return `run ${line(command)} 2>/dev/null || true`;
  const act = each ? loop(each, command) : input ? piped(input, command) : `run ${line(command)}${chosen(versions)}`;
  const proven = expect || (saves && !mayBeEmpty) ? `${act} | expected ${pattern(expect ?? /./)}` : act;
  return check ? `${holds(check)}; then\n  echo '  is done already' >&3\nelse\n  ${proven.replaceAll("\n", "\n  ")}\nfi` : proven;
}

/** What cannot be described is not there; a list that cannot be had says nothing. */
function holds({ command, expect, sameAs }: Check): string {
  const asked = line(command);
  if (sameAs) return `if there=$(${asked} 2>/dev/null) && [ -n "$there" ] && [ "$there" = "$(${line(sameAs)})" ]`;
  if (command.some((word) => /^list(?:-configs)?$/.test(word)))
    return `items=$(${asked}) || return 1\nif printf '%s' "$items" | grep -qE ${pattern(expect ?? /./)}`;
  return expect ? `if ${asked} 2>/dev/null | grep -qE ${pattern(expect)}` : `if ${asked} >/dev/null 2>&1`;
}

/** The first command has to succeed before the second one is run. */
function piped(input: Command, command: Command): string {
  return `input=$(run ${line(input)}) && [ -n "$input" ] && printf '%s' "$input" | run ${line(command)}`;
}

function loop({ command, versions, skip = 0, optional, mayBeMissing }: Listed, act: Command): string {
  const list = `${mayBeMissing ? "found " : ""}${line(command)}${chosen(versions)}`;
  const rest = skip > 0 ? ` | tail -n +${skip + 1}` : "";
  return `items=$(${optional ? `{ ${list} 2>/dev/null || true; }` : list}${rest}) && for ITEM in $items; do\n  run ${line(act)} || return 1\ndone`;
}

function chosen(versions: Step["versions"]): string {
  return versions ? ` | versions ${versions.deployed ? "yes" : "no"} ${quote(versions.before ?? "")}` : "";
}

/** As grep takes it. */
function pattern({ source }: RegExp): string {
  return quote(source.replaceAll("(?:", "(").replaceAll("\\/", "/"));
}

/** A command as a shell takes it: quoted as little as needed, and a placeholder is a variable. */
export function line(command: Command): string {
  return command.map(quote).join(" ");
}

function quote(word: string): string {
  if (word.replace(PLACEHOLDER, "") !== word) return `"${word.replace(/["\\`]/g, "\\$&")}"`;
  return /^[\w@%+=:,./^-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

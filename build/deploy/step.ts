/** What a step may save for later ones. */
type Saved = "BACKEND_ADDRESS" | "MANAGED_SERVICE" | "GATEWAY_HOST";

/** A program and its arguments. `$NAME` in an argument stands for what an earlier step saved under that name. */
export type Command = readonly [program: string, ...args: string[]];

/** One step of the plan: safe to take again, because it asks first or changes nothing the second time. */
export interface Step {
  readonly title: string;
  /** Tells whether the step is done: it ends with 0, and prints what `expect` matches. */
  readonly check?: { readonly command: Command; readonly expect?: RegExp };
  readonly command: Command;
  /** What to run in place of `command` where `check` says that the thing is there; without it nothing is. */
  readonly update?: Command;
  /** A command whose output, without the line's end, `command` reads: keeps a secret off the screen and out of arguments. */
  readonly input?: Command;
  /** What the output of `command` is kept as. */
  readonly saves?: Saved;
  /** What a failure says that passes by itself: what an earlier step made can take a while until every part of Google knows it. */
  readonly settles?: RegExp;
  /** What to do where the step fails. */
  readonly hint: string;
}

const PLACEHOLDER = /\$(BACKEND_ADDRESS|MANAGED_SERVICE|GATEWAY_HOST)\b/g;

/** Every command of a step. */
export function commandsOf({ check, command, update, input }: Step): Command[] {
  return [check?.command, command, update, input].filter((found) => found !== undefined);
}

/** Puts what was saved into a command; throws where it was not. */
export function fillIn([program, ...args]: Command, saved: ReadonlyMap<string, string>): Command {
  const value = (_: string, name: string): string => {
    const found = saved.get(name);
    if (found === undefined) throw new TypeError(`no step saved ${name}`);
    return found;
  };
  return [program, ...args.map((arg) => arg.replace(PLACEHOLDER, value))];
}

/** A step as a shell takes it. */
export function shown({ check, command, update, input, saves }: Step): string {
  const piped = input ? `${line(input)} | tr -d '\\n' | ${line(command)}` : line(command);
  const act = saves ? `${saves}=$(${piped})` : piped;
  if (!check) return act;
  const holds = check.expect ? `${line(check.command)} | grep -qE ${quote(check.expect.source)}` : `${line(check.command)} >/dev/null 2>&1`;
  return update ? `if ${holds}; then\n  ${line(update)}\nelse\n  ${act}\nfi` : `${holds} ||\n  ${act}`;
}

/** A command as a shell takes it: quoted as little as needed, and a placeholder stays a variable. */
export function line(command: Command): string {
  return command.map(quote).join(" ");
}

function quote(word: string): string {
  return /^[\w@%+=:,./^-]+$/.test(word.replace(PLACEHOLDER, "_")) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

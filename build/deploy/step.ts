import type { Settling } from "./settling.ts";

/** What a step may keep for later ones. */
const SAVED = [
  "PROJECT_NUMBER",
  "MANAGED_SERVICE",
  "KEY_ID",
  "GATEWAY_HOST",
  "CURRENT",
  "VERSION",
  "BILLING_ACCOUNT",
  "CHANNEL",
  "TAKEOVER",
  "SECRET_VERSION",
] as const;
type Saved = (typeof SAVED)[number];

/**
 * A program and its arguments. `$NAME` in an argument stands for what an earlier step saved under that name, and `$ITEM` for one of the
 * names that `each` lists.
 */
export type Command = readonly [program: string, ...args: string[]];

/** Tells whether a step is done: its command ends with 0, and prints what is expected. */
export interface Check {
  readonly command: Command;
  readonly expect?: RegExp;
  /** A command that prints the same; neither output is shown, as it may be a secret. */
  readonly sameAs?: Command;
}

/**
 * Which of the versions that a command lists, a name and its label `deployed` a line, are meant; the newest first. gcloud's own filter,
 * order and limit are no help: API Gateway is sent them as they are, and does not say what it makes of them.
 */
interface Versions {
  readonly deployed: boolean;
  /** A version that they are older than. */
  readonly before?: string;
}

/** The lines that a command prints. */
export interface Listed {
  readonly command: Command;
  readonly versions?: Versions;
  /** How many of the first lines are left out. */
  readonly skip?: number;
  /** What is not there, or in what is not there, has no lines. */
  readonly mayBeMissing?: true;
  /** Nor has what cannot be had for any other reason. */
  readonly optional?: true;
}

/** One step of a plan: safe to take again, because it asks first or changes nothing the second time. */
export interface Step {
  readonly title: string;
  /** What is made, and what for, where something is made that stays. */
  readonly makes?: string;
  readonly check?: Check;
  readonly command: Command;
  /** A command whose output, without the line's end, `command` reads: keeps a secret off the screen and out of arguments. */
  readonly input?: Command;
  /** Runs `command` for each line that a command prints. */
  readonly each?: Listed;
  /** What the first line of what `command` prints is kept as. */
  readonly saves?: Saved;
  /** `command` lists versions, of which only these count. */
  readonly versions?: Versions;
  /** What is saved may be nothing. */
  readonly mayBeEmpty?: true;
  /** A failure of `command` counts for nothing, and what it would have printed is empty. */
  readonly optional?: true;
  /** What `command` has to print. */
  readonly expect?: RegExp;
  /** What may not have settled yet: while `command` fails with what says so, it is run again. */
  readonly waitsFor?: readonly Settling[];
  /** It comes when the service is there, which is told however it ends. */
  readonly guard?: true;
  /** What to do where the step fails. */
  readonly hint: string;
}

export const PLACEHOLDER = new RegExp(`\\$(${[...SAVED, "ITEM"].join("|")})\\b`, "g");

/** Every command of a step. */
export function commandsOf({ check, command, input, each }: Step): Command[] {
  return [check?.command, check?.sameAs, each?.command, input, command].filter((found) => found !== undefined);
}

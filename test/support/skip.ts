import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, inject, test } from "vitest";
import { missingForEmulator } from "../../build/emulator.ts";
import { findProgram } from "../../build/process.ts";

/** Real frameworks and drivers of browsers, which no one's `npm ci` brings. */
const CLIENTS = join(import.meta.dirname, "..", "clients", "node_modules");

/** What a suite may need beyond `npm ci`. */
export type Tool =
  | "emulator"
  | "gcloud"
  | "chromium"
  | "buildah"
  | "mount"
  | "prlimit"
  | "setpriv"
  | "openssl"
  | "clients"
  | "firefox"
  | "webkit";

/** Why each tool is missing, or `null` where it is there. */
const MISSING: Record<Tool, () => string | null> = {
  emulator: () => (inject("emulator") === null ? missingForEmulator() : null),
  gcloud: () => missing("gcloud"),
  chromium: () => missing("chromium"),
  buildah: () => missing("buildah", "crun", "debootstrap") ?? (isRoot() ? null : "debootstrap and buildah's chroots need root"),
  mount: () => missing("mount", "umount") ?? refusedMount(),
  prlimit: () => missing("prlimit"),
  // Any other user may as little as nobody.
  setpriv: () => (isRoot() ? missing("setpriv") : null),
  openssl: () => missing("openssl"),
  clients: () => (existsSync(CLIENTS) ? null : 'needs the packages of test/clients: "npm ci --prefix test/clients"'),
  firefox: () => missing("firefox-esr"),
  webkit: () => missing("WebKitWebDriver", "Xvfb"),
};

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function missing(...programs: string[]): string | null {
  const absent = programs.filter((name) => findProgram(name) === null);
  return absent.length === 0 ? null : `needs ${absent.join(" and ")}, not found in PATH`;
}

/** Why a small disk of its own cannot be had, though the programs are there. */
function refusedMount(): string | null {
  const place = mkdtempSync(join(tmpdir(), "footfall-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place], { stdio: "pipe" });
    execFileSync("umount", [place], { stdio: "pipe" });
    return null;
  } catch {
    return "a disk of its own needs root with the right to mount";
  } finally {
    rmdirSync(place);
  }
}

/**
 * `describe` for a suite that needs tools: without them the suite is skipped and its name says why, which `npm test` prints. CI has
 * every tool, so there it fails instead.
 *
 * @example requires("emulator")("Datastore over REST", () => { … })
 */
export function requires(...tools: readonly Tool[]): (name: string, suite: () => void) => void {
  const reasons = tools.map((tool) => MISSING[tool]()).filter((reason) => reason !== null);
  if (reasons.length === 0) return describe;
  const reason = reasons.join("; ");
  if (!process.env["CI"]) return (name, suite) => describe.skip(`${name} (skipped: ${reason})`, suite);
  return (name) =>
    describe(name, () => {
      test("has the tools that CI has", () => {
        throw new Error(reason);
      });
    });
}

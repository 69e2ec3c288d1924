import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { TrestleError } from "@trestle/protocol";

/** How this program is started again. */
export interface OwnProgram {
  readonly node: string;
  readonly script: string;
}

const MARK = "# Trestle: files that other agents hold are not committed.";
/** Where the hook that was there before is kept, and run first. */
const BEFORE = "pre-commit.before-trestle";

/** Puts the guard before every commit of a repository; a hook that is there is kept and runs first. */
export function installGuard(folder: string, program: OwnProgram, failClosed: boolean): string {
  const hooks = hooksOf(folder);
  const hook = join(hooks, "pre-commit");
  mkdirSync(hooks, { recursive: true });
  if (existsSync(hook) && !isOurs(hook)) {
    if (existsSync(join(hooks, BEFORE))) {
      throw new TrestleError(
        "conflict",
        `${join(hooks, BEFORE)} is there already: move it away, then try again.`,
      );
    }
    renameSync(hook, join(hooks, BEFORE));
  }
  const part = `${hook}.part`;
  writeFileSync(part, scriptOf(program, failClosed));
  chmodSync(part, 0o755);
  renameSync(part, hook);
  return hook;
}

/** Takes the guard away, and puts back what was there before; returns whether there was one. */
export function uninstallGuard(folder: string): boolean {
  const hooks = hooksOf(folder);
  const hook = join(hooks, "pre-commit");
  if (!existsSync(hook) || !isOurs(hook)) return false;
  const before = join(hooks, BEFORE);
  if (existsSync(before)) renameSync(before, hook);
  else rmSync(hook);
  return true;
}

/** What to put into the settings of Claude Code. */
export function hookSettings(program: OwnProgram, failClosed: boolean): string {
  const closed = failClosed ? " --fail-closed" : "";
  const command = `${quote(program.node)} ${quote(program.script)} guard hook${closed}`;
  const hook = {
    matcher: "Edit|MultiEdit|Write|NotebookEdit|apply_patch",
    hooks: [{ type: "command", command, timeout: 10 }],
  };
  return `${JSON.stringify({ hooks: { PreToolUse: [hook] } }, null, 2)}\n`;
}

function scriptOf({ node, script }: OwnProgram, failClosed: boolean): string {
  const closed = failClosed ? " --fail-closed" : "";
  const gone = failClosed ? "exit 1" : "exit 0";
  return `#!/bin/sh
${MARK}
# Remove it with: trestle-orchestrator guard uninstall
before="$(dirname "$0")/${BEFORE}"
if [ -x "$before" ]; then "$before" "$@" || exit $?; fi
if [ ! -e ${quote(script)} ]; then
  echo "Trestle is not where it was: install the guard again." >&2
  ${gone}
fi
exec ${quote(node)} ${quote(script)} guard pre-commit${closed}
`;
}

function hooksOf(folder: string): string {
  try {
    const path = execFileSync("git", ["rev-parse", "--git-path", "hooks"], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return resolve(folder, path.trim());
  } catch {
    throw new TrestleError("invalid_input", `${folder} is in no git repository.`);
  }
}

function isOurs(hook: string): boolean {
  return readFileSync(hook, "utf8").includes(MARK);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

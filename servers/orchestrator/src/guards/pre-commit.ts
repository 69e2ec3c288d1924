import { execFileSync } from "node:child_process";
import { type Holding, lookUp, type Variables } from "./holders.ts";

export interface GuardProcess {
  readonly env: Variables;
  readonly stdin: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean };
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  cwd(): string;
}

/**
 * `guard pre-commit`: refuses a commit of files that another agent holds. Where the orchestrator cannot be asked, the
 * commit goes through with a notice, unless `failClosed`. Returns the exit code.
 */
export async function guardCommit(process: GuardProcess, failClosed: boolean): Promise<number> {
  const paths = stagedPaths(process.cwd());
  if (paths.length === 0) return 0;
  const look = await lookUp(paths, { env: process.env, folder: process.cwd() });
  if (look.kind === "unknown") {
    process.stderr.write(notice(look.why, failClosed));
    return failClosed ? 1 : 0;
  }
  if (look.by.length === 0) return 0;
  process.stderr.write(
    `Other agents hold files of this commit:\n${linesOf(look.by)}Leave them out, wait, or ask who holds them (send_message). To commit nevertheless: git commit --no-verify\n`,
  );
  return 1;
}

/** One line for each file: who, why, until when. */
export function linesOf(held: readonly Holding[]): string {
  return held
    .map(
      ({ path, name, agent, reason, until }) =>
        `  ${path}: held by ${name} (${agent}) until ${until}: ${reason || "no reason given"}\n`,
    )
    .join("");
}

export function notice(why: string, failClosed: boolean): string {
  const what = failClosed ? "Nothing goes through" : "Everything goes through";
  return `Trestle could not ask who holds these files: ${why}. ${what}.\n`;
}

/** Both names of what was renamed: the old one is changed too. */
function stagedPaths(folder: string): string[] {
  const listed = execFileSync("git", ["diff", "--cached", "--name-only", "--no-renames", "-z"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed.split("\0").filter((path) => path !== "");
}

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { DESK_VARIABLE, openDesk } from "./client/desk.ts";
import { play } from "./client/play.ts";
import { CLIENT_PATH, type PathName, SERVER_PATHS, type ServerPathName } from "./paths.ts";
import { REVISIONS, type Revision, runSuite } from "./suite.ts";
import { judge, readExpectedFailures, type Verdict } from "./verdict.ts";

export interface Run extends Verdict {
  readonly path: PathName;
  readonly revision: Revision;
}

const CLIENT = fileURLToPath(new URL("./_client.ts", import.meta.url));
/** What a client has for its scenario, waiting for its turn included. */
const CLIENT_TIMEOUT_MS = 600_000;

/** Runs every revision over a path. */
export function runPath(path: PathName): Promise<Run[]> {
  return path === CLIENT_PATH ? runClients() : runServers(path);
}

/** One revision after the other: some scenarios watch for changes that others make. */
async function runServers(path: ServerPathName): Promise<Run[]> {
  const open = await SERVER_PATHS[path]();
  try {
    const runs: Run[] = [];
    for (const revision of REVISIONS) {
      runs.push(await runOne(path, revision, ["--url", open.url]));
    }
    return runs;
  } finally {
    await open.close();
  }
}

async function runClients(): Promise<Run[]> {
  const desk = await openDesk(availableParallelism() + 1, play);
  // A shell reads the command: the way to it may hold blanks.
  const command = `"${process.execPath}" "${CLIENT}"`;
  const subject = ["--command", command, "--timeout", String(CLIENT_TIMEOUT_MS)];
  try {
    const env = { ...process.env, [DESK_VARIABLE]: desk.path };
    return await Promise.all(
      REVISIONS.map((revision) => runOne(CLIENT_PATH, revision, subject, env)),
    );
  } finally {
    await desk.close();
  }
}

async function runOne(
  path: PathName,
  revision: Revision,
  subject: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Run> {
  const leg = path === CLIENT_PATH ? "client" : "server";
  const scenarios = await runSuite({ leg, revision, subject, ...(env && { env }) });
  return { path, revision, ...judge(scenarios, await readExpectedFailures(path, revision)) };
}

/** `name: scenarios 30 passed, 0 failed; checks 80 passed, 0 failed`. */
export function summarize(name: string, runs: readonly Verdict[]): string {
  const sum = (of: (verdict: Verdict) => number): number =>
    runs.reduce((total, verdict) => total + of(verdict), 0);
  const scenarios = `scenarios ${sum((it) => it.scenarios.passed)} passed, ${sum((it) => it.scenarios.failed)} failed`;
  const checks = `checks ${sum((it) => it.checks.passed)} passed, ${sum((it) => it.checks.failed)} failed`;
  const others = sum((it) => it.extras.passed + it.extras.failed);
  const extras =
    others > 0 ? `; not required: ${sum((it) => it.extras.passed)} of ${others} passed` : "";
  return `${name}: ${scenarios}; ${checks}${extras}`;
}

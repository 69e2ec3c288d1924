import { spawn } from "node:child_process";
import { once } from "node:events";
import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";

/** The requirement sets: one per era. */
export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];

/** Who is looked at: a server by the suite's clients, or a client by its servers. */
type Leg = "server" | "client";

/** One thing that a scenario looked at. */
export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
  readonly description?: string;
}

export interface ScenarioRun {
  readonly name: string;
  /** Does the revision require it, or is it only reported? */
  readonly scored: boolean;
  /** Empty where the scenario did not run at all. */
  readonly checks: readonly Check[];
}

const require = createRequire(import.meta.url);
const suite = dirname(require.resolve("@modelcontextprotocol/conformance/package.json"));

interface SuiteRun {
  readonly leg: Leg;
  readonly revision: Revision;
  /** The arguments that name the server or the client to look at. */
  readonly subject: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs every scenario of a revision. */
export async function runSuite({
  leg,
  revision,
  subject,
  env = process.env,
}: SuiteRun): Promise<ScenarioRun[]> {
  const results = await mkdtemp(join(tmpdir(), "trestle-conformance-"));
  try {
    const command = [leg, ...subject, "--requirements", revision, "-o", results];
    const child = spawn(process.execPath, [join(suite, "dist/index.js"), ...command], {
      env,
      // What a client said is kept beside its checks.
      stdio: ["ignore", "ignore", leg === "server" ? "inherit" : "ignore"],
    });
    // Its exit code is ours to judge: the checks it wrote are all that counts.
    await once(child, "exit");
    return await collect(leg, revision, results);
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

async function collect(leg: Leg, revision: Revision, results: string): Promise<ScenarioRun[]> {
  const { required, others } = await readRequirements(leg, revision);
  const files = new Map<string, string>();
  for await (const file of glob("**/checks.json", { cwd: results })) {
    // Folders are named SCENARIO-TIMESTAMP, those of servers server-SCENARIO-TIMESTAMP.
    const name = dirname(file).replace(/-\d{4}-\d\d-\d\dT[^/]*$/, "");
    files.set(leg === "server" ? name.replace(/^server-/, "") : name, join(results, file));
  }
  return Promise.all(
    [...required, ...others].map(async (name) => {
      const file = files.get(name);
      const text = file && (await readFile(file, "utf8"));
      return { name, scored: required.includes(name), checks: text ? JSON.parse(text) : [] };
    }),
  );
}

async function readRequirements(
  leg: Leg,
  revision: Revision,
): Promise<{ required: string[]; others: string[] }> {
  const text = await readFile(join(suite, "requirements", `${revision}.yaml`), "utf8");
  const set = parse(text) as Record<Leg, string[]> & {
    not_scored: { scenario: string; leg: Leg }[];
  };
  const others = set.not_scored.filter((each) => each.leg === leg);
  return { required: set[leg], others: others.map(({ scenario }) => scenario) };
}

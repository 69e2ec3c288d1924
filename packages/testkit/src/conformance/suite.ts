import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";

/** The requirement sets: one per era. */
export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];

/** One thing that a scenario looked at. */
export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
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

/** Runs every server scenario of a revision against a URL. */
export async function runSuite(revision: Revision, url: string): Promise<ScenarioRun[]> {
  const results = await mkdtemp(join(tmpdir(), "trestle-conformance-"));
  try {
    const command = ["server", "--url", url, "--requirements", revision, "-o", results];
    const child = spawn(process.execPath, [join(suite, "dist/index.js"), ...command], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    // Its exit code is ours to judge: the checks it wrote are all that counts.
    await once(child, "exit");
    return await collect(revision, results);
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

async function collect(revision: Revision, results: string): Promise<ScenarioRun[]> {
  const { server, notScored } = await readRequirements(revision);
  const folders = await readdir(results);
  return Promise.all(
    [...server, ...notScored].map(async (name) => {
      // Folders are named server-SCENARIO-TIMESTAMP.
      const folder = folders.find(
        (it) => it.replace(/-\d{4}-\d\d-\d\dT.*$/, "") === `server-${name}`,
      );
      const text = folder && (await readFile(join(results, folder, "checks.json"), "utf8"));
      return { name, scored: server.includes(name), checks: text ? JSON.parse(text) : [] };
    }),
  );
}

async function readRequirements(
  revision: Revision,
): Promise<{ server: string[]; notScored: string[] }> {
  const text = await readFile(join(suite, "requirements", `${revision}.yaml`), "utf8");
  const set = parse(text) as {
    server: string[];
    not_scored: { scenario: string; leg: "server" | "client" }[];
  };
  const others = set.not_scored.filter(({ leg }) => leg === "server");
  return { server: set.server, notScored: others.map(({ scenario }) => scenario) };
}

import { randomUUID } from "node:crypto";
import { readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { EXIT, messageOf } from "@trestle/protocol";
import { counted } from "../reports/clip.ts";
import type { State } from "../state.ts";
import { untilCaughtUp } from "./catching-up.ts";
import { type Json, withJson } from "./options.ts";
import type { Place, TrackerCli } from "./place.ts";
import { findSources, isInSqlite, whereKept } from "./setup.ts";
import { printJson } from "./show.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found; what went wrong and what to do. */
  readonly message: string;
}

const LEAST_FREE_PERCENT = 5;
const LEAST_FREE_BYTES = 500e6;
const LEASE_MS = 5_000;

/** The command that says what is configured, reachable and permitted, and what is missing. */
export function addDoctor({ program, runs }: TrackerCli): void {
  withJson(
    program
      .command("doctor")
      .alias("test")
      .description("try all that is needed, and say what is missing"),
  ).action(runs(doctor));
}

async function doctor(place: Place, { json }: Json): Promise<number> {
  const checks = await checkAll(place);
  if (json) printJson(place, { checks });
  else place.terminal.print(checks.map(toLine).join("\n"));
  return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}

function toLine({ name, ok, message }: Check): string {
  return `${ok ? "ok  " : "FAIL"}  ${name.padEnd(14)}${message}`.trimEnd();
}

async function checkAll(place: Place): Promise<readonly Check[]> {
  const checks: Check[] = [];
  /** What did not come to its end is a check that failed; the others are made all the same. */
  async function attempt(name: string, work: () => Promise<string>): Promise<void> {
    try {
      checks.push({ name, ok: true, message: await work() });
    } catch (error) {
      checks.push({ name, ok: false, message: messageOf(error) });
    }
  }

  checks.push({ name: "node", ok: true, message: process.versions.node });
  let state: State | undefined;
  await attempt("settings", async () => {
    state = await place.open({ reading: true, health: false });
    return settingsFiles(place);
  });
  if (state === undefined) return checks;
  const { store } = state;
  await attempt("store", async () => {
    await store.stats();
    return whereKept(place);
  });
  await attempt("write", () => tryWriting(state as State, place));
  if (isInSqlite(place)) await attempt("disk", () => freeSpace(place));
  await attempt("sources", async () => {
    const found = await checkSources(state as State, place);
    checks.push(...found);
    return `${counted(found.length, "source")}: trestle-tracker watch adds and removes some.`;
  });
  await attempt("reading", () => whoReads(state as State, place));
  for (const { message } of state.ingestion?.status().problems ?? [])
    checks.push({ name: "reading", ok: false, message });
  await attempt("kept", async () => {
    const { records, sessions, bytes } = await store.stats();
    return `${counted(records, "record")} of ${counted(sessions, "session")}, ${(bytes / 1e6).toFixed(1)} MB.`;
  });
  await attempt("health", () => healthTargets(state as State, place));
  await attempt("prices", async () => {
    const { pricesFile: path } = place.config;
    return path === undefined ? "List prices are used." : `Those of ${path} are used, too.`;
  });
  await attempt("hooks", () => hooksOf(state as State, place));
  return checks;
}

async function settingsFiles({ process: own, dataDir }: Place): Promise<string> {
  const files = [join(own.cwd(), ".env"), join(dataDir, ".env")];
  const there = await Promise.all(
    files.map((file) =>
      readFile(file).then(
        () => [file],
        () => [],
      ),
    ),
  );
  const used = there.flat();
  return used.length === 0
    ? `There is no file of settings: trestle-tracker setup writes ${files[1]}.`
    : `Read in ${used.join(" and ")}.`;
}

/** What a reader writes, and what is kept apart of it: in Redis, in its other database. */
async function tryWriting({ store }: State, { clock }: Place): Promise<string> {
  const from = clock.now();
  const name = `check:${randomUUID()}`;
  const lease = await store.takeLease(name, { holder: name, ttlMs: LEASE_MS });
  if (lease !== undefined) await store.releaseLease(lease);
  await store.putDocuments([{ kind: "insight", key: name, at: from, value: {} }]);
  await store.removeDocuments("insight", [name]);
  return `It may be written to: ${clock.now() - from} ms.`;
}

async function freeSpace({ config, dataDir }: Place): Promise<string> {
  const { bavail, blocks, bsize } = await statfs(config.dataDir ?? dataDir);
  const bytes = bavail * bsize;
  const share = blocks === 0 ? 100 : Math.round((bavail / blocks) * 100);
  const told = `${(bytes / 1e9).toFixed(1)} GB are free, ${share} %.`;
  if (bytes >= LEAST_FREE_BYTES && share >= LEAST_FREE_PERCENT) return told;
  throw new Error(`${told} Make room, or set TRACKER_MAX_MB or TRACKER_KEEP_DAYS.`);
}

async function checkSources({ watchList }: State, place: Place): Promise<readonly Check[]> {
  const found = await findSources(await watchList.list(), place);
  return found.map(({ name, path, files, bytes, problems }) => ({
    name: "source",
    ok: problems.length === 0,
    message:
      problems.length > 0
        ? `${name}: ${problems.join(" ")}`
        : `${name}: ${counted(files, "file")}, ${(bytes / 1e6).toFixed(1)} MB, in ${path}`,
  }));
}

async function whoReads(state: State, place: Place): Promise<string> {
  if (state.ingestion === undefined) return "Nothing is read: TRACKER_READ is off.";
  await untilCaughtUp(state, place);
  const skipped = (await state.store.skipped()).reduce((sum, { count }) => sum + count, 0);
  const told =
    skipped === 0 ? "" : ` ${counted(skipped, "line")} could not be understood: see health.`;
  const { isReading, backlog } = state.ingestion.status();
  if (!isReading) return `Another process reads.${told}`;
  return backlog === 0
    ? `All is read.${told}`
    : `${counted(backlog, "file")} not read to the end yet: trestle-tracker ingest reads on.${told}`;
}

async function healthTargets({ health }: State, { config }: Place): Promise<string> {
  if (config.healthFile === undefined)
    return "No targets are watched: TRACKER_HEALTH_FILE names a file of them.";
  const all = await health.status();
  return `${counted(all.length, "target")} of ${config.healthFile}: trestle-tracker health checks them.`;
}

async function hooksOf({ home }: State, { config }: Place): Promise<string> {
  const file = join(config.claudeDir ?? join(home, ".claude"), "settings.json");
  const text = await readFile(file, "utf8").catch(() => "");
  return /tracker["' ].*hook|trestle-tracker hook/.test(text)
    ? `They are in ${file}.`
    : "None, and none are needed: trestle-tracker hook --print-settings prints some.";
}

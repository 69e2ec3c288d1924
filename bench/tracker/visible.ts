import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openSqliteStore, type TrackerStore } from "@trestle-mcp/tracker";
import { countFrom, progress } from "../measure.ts";
import type { PartResult } from "./part.ts";
import type { Idle } from "./visible-process.ts";

const PROCESS = fileURLToPath(new URL("./visible-process.ts", import.meta.url));
const MOST_P99_MS = 1_500;
const MOST_IDLE_PERCENT = 1;
const MOST_HEAP_MB = 25;
const HISTORY = 500;

/** How long it takes until a line that was appended is found in the store: APPENDS chooses how many. */
export async function benchVisible(): Promise<PartResult> {
  const appends = countFrom("APPENDS", 300);
  const folder = mkdtempSync(join(tmpdir(), "trestle-bench-visible-"));
  try {
    const { transcripts, logs, idle } = await measure(folder, appends);
    const rows = [
      { what: "a line of a transcript", ...summary(transcripts) },
      { what: "a line of a log", ...summary(logs) },
    ];
    return {
      result: { appends, transcripts: summary(transcripts), logs: summary(logs), idle },
      tables: [
        { title: `Appended lines until they are found, milliseconds`, rows },
        { title: `Idle, following ${HISTORY} files`, rows: [{ ...idle }] },
      ],
      failures: judge(transcripts, logs, idle),
      notes: [],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measure(folder: string, appends: number) {
  const project = join(folder, "projects", "shop");
  mkdirSync(project, { recursive: true });
  for (let n = 0; n < HISTORY; n += 1) {
    writeFileSync(join(project, `old-${n}.jsonl`), `${transcriptLine(`old-${n}`, 0)}\n`);
  }
  const log = join(folder, "app.log");
  writeFileSync(log, "");
  const sources = [
    { name: "claude", kind: "claude-code", path: join(folder, "projects"), isAskedFor: true },
    { name: "app", kind: "log", path: log, isAskedFor: true },
  ];
  const args = ["--expose-gc", PROCESS, join(folder, "store"), JSON.stringify(sources)];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await said.next();
  const store = await openSqliteStore({ folder: join(folder, "store") });
  await foundAfter(async () => (await store.stats()).records >= HISTORY);
  progress("appending");
  const transcripts: number[] = [];
  const logs: number[] = [];
  for (let n = 0; n < appends; n += 1) {
    await pause(n % 40);
    appendFileSync(join(project, "live.jsonl"), `${transcriptLine("live", n)}\n`);
    transcripts.push(await foundAfter(() => hasRecord(store, `claude-code:live/live-${n}`)));
    if (n % 3 !== 0) continue;
    appendFileSync(log, `${new Date().toISOString()} INFO [app] word${n}x\n`);
    logs.push(await foundAfter(() => hasWord(store, `word${n}x`)));
  }
  progress("idle");
  child.stdin.end();
  const idle = JSON.parse(String((await said.next()).value)) as Idle;
  await store.close();
  return { transcripts, logs, idle };
}

function transcriptLine(sessionId: string, n: number): string {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString();
  const message = { role: "user", content: `line ${n}` };
  return JSON.stringify({ type: "user", uuid: `${sessionId}-${n}`, sessionId, timestamp, message });
}

async function hasRecord(store: TrackerStore, id: string): Promise<boolean> {
  return (await store.record(id)) !== undefined;
}

async function hasWord(store: TrackerStore, text: string): Promise<boolean> {
  return (await store.search({ text })).items.length > 0;
}

async function foundAfter(look: () => Promise<boolean>): Promise<number> {
  const begun = performance.now();
  while (!(await look())) {
    if (performance.now() - begun > 120_000) throw new Error("An appended line was never found.");
    await pause(2);
  }
  return performance.now() - begun;
}

function summary(times: readonly number[]) {
  const at = (share: number) => {
    const sorted = times.toSorted((a, b) => a - b);
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  };
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
}

function judge(transcripts: readonly number[], logs: readonly number[], idle: Idle): string[] {
  const failures: string[] = [];
  for (const [what, times] of [
    ["transcript", transcripts],
    ["log", logs],
  ] as const) {
    const { p99 } = summary(times);
    if (p99 > MOST_P99_MS) {
      failures.push(`A line of a ${what} was found after ${p99} ms at p99, above ${MOST_P99_MS}.`);
    }
  }
  if (idle.cpuPercent > MOST_IDLE_PERCENT) {
    failures.push(`Idle takes ${idle.cpuPercent.toFixed(2)} % of a processor.`);
  }
  if (idle.heapMb > MOST_HEAP_MB) failures.push(`Idle holds ${idle.heapMb.toFixed(1)} MB of heap.`);
  return failures;
}

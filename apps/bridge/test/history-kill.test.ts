import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createRedact } from "@trestle/policy";
import { systemClock } from "@trestle/protocol";
import { expect, test } from "vitest";
import { FLUSH_MS } from "../src/state/metrics/metrics.ts";
import { openRecords } from "../src/state/records.ts";
import { createPlace, textOf } from "./_place.ts";
import { until } from "./_processes.ts";
import { createRandom, seedOf } from "./_random.ts";

const RECORDER = fileURLToPath(new URL("./_recorder.ts", import.meta.url));
const ROUNDS = Number(process.env.ROUNDS ?? 3);
/** The promise is 50 ms; a machine that is busy elsewhere may let the writer wait as much longer. */
const LATE_MS = 500;

/** What a recorder told before it ended. */
interface Told {
  readonly sent: string[];
  /** Id, and when it ended. */
  readonly ended: { readonly id: string; readonly at: number }[];
  readonly endedAt: number;
  readonly isClosed: boolean;
}

async function runRecorder(options: {
  readonly file: string;
  readonly prefix: string;
  readonly signal: "SIGKILL" | "SIGTERM";
  readonly afterMs: number;
}): Promise<Told> {
  const { file, prefix, signal, afterMs } = options;
  const told = `${file}.${prefix}.told`;
  const args = [RECORDER, file, told, prefix];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const gone = once(child, "close");
  await until("the recorder is open", () => textOf(told).startsWith("open\n"));
  await pause(afterMs);
  const endedAt = Date.now();
  child.kill(signal);
  const [code, killedBy] = await gone;
  expect(killedBy ?? code).toBe(signal === "SIGKILL" ? signal : 0);
  const lines = textOf(told).split("\n").slice(1, -1);
  const words = lines.map((line) => line.split(" "));
  return {
    sent: words.filter(([what]) => what === "sent").map(([, id]) => String(id)),
    ended: words
      .filter(([what]) => what === "read" || what === "written")
      .map(([, id, at]) => ({ id: String(id), at: Number(at) })),
    endedAt,
    isClosed: lines.at(-1) === "closed",
  };
}

async function rememberedIn(file: string) {
  const parts = { maxRows: 100_000, clock: systemClock, redact: createRedact() };
  const records = await openRecords({ file, ...parts });
  const { executions } = await records.history.list({ limit: 100_000 });
  const totals = await records.metrics.totals();
  await records.close();
  return { byId: new Map(executions.map((row) => [row.executionId, row])), counted: totals.calls };
}

test("an orderly end loses no row and no figure", async () => {
  const { root } = createPlace();
  const file = join(root, "history.db");
  const told = await runRecorder({ file, prefix: "a", signal: "SIGTERM", afterMs: 300 });
  expect(told.isClosed).toBe(true);
  expect(told.ended.length).toBeGreaterThan(10);
  const { byId, counted } = await rememberedIn(file);
  expect([...byId.keys()].toSorted()).toEqual(told.ended.map(({ id }) => id).toSorted());
  for (const { outcome } of byId.values()) expect(outcome).toBe("success");
  expect(counted).toBe(told.ended.length);
});

test("a kill loses no write that was sent, only the last reads, and the figures of two seconds", async () => {
  const seed = seedOf(process.env);
  const random = createRandom(seed);
  const { root } = createPlace();
  const file = join(root, "history.db");
  let [most, least] = [0, 0];
  for (let round = 0; round < ROUNDS; round += 1) {
    const place = `SEED=${seed} round ${round}`;
    // Every other round lives long enough to store figures before its end.
    const afterMs = random() * 500 + (round % 2) * FLUSH_MS * 1.2;
    const told = await runRecorder({ file, prefix: `r${round}`, signal: "SIGKILL", afterMs });
    const { byId, counted } = await rememberedIn(file);
    for (const id of told.sent) {
      expect(byId.get(id)?.outcome, `${place}: ${id}`).toMatch(/^(success|outcome_unknown)$/);
    }
    const lost = told.ended.filter(({ id }) => !byId.has(id));
    for (const { id, at } of lost) {
      expect(told.endedAt - at, `${place}: ${id}`).toBeLessThan(LATE_MS);
    }
    // A call may have been counted that had no time to be told.
    most += told.ended.length + 1;
    least += told.ended.filter(({ at }) => at < told.endedAt - FLUSH_MS - LATE_MS).length;
    expect(counted, place).toBeLessThanOrEqual(most);
    expect(counted, place).toBeGreaterThanOrEqual(least);
  }
});

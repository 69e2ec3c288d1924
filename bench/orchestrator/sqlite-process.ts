import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { systemClock, TrestleError } from "@trestle/protocol";
import { createEngine, openSqliteRuns, readDefinition, toPlan } from "@trestle-mcp/orchestrator";

/** `normal|full COUNT ROUNDS`: what it found is one line of JSON. */
const [durability = "", count = "", rounds = ""] = process.argv.slice(2);
/** Workflows that are under way at once. */
const TOGETHER = 256;
/** About what each of the two commits of a workflow writes of it: its beginning, and its end. */
const BODY = "x".repeat(300);

export type Measured = Awaited<ReturnType<typeof measure>>;

const folder = mkdtempSync(join(tmpdir(), "trestle-bench-orchestrator-"));
try {
  const measured = await measure(durability === "full" ? "full" : "normal");
  process.stdout.write(`${JSON.stringify(measured)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The floor and the engine take turns, so that whatever slows this machine down slows both down. */
async function measure(mode: "normal" | "full") {
  const bare = openBare(mode);
  const engine = await openEngine(mode);
  // As long as a lap, or the first ones would measure how V8 compiles.
  await engine.run(Number(count));
  bare.run(Number(count));
  const laps = [];
  for (let round = 0; round < Number(rounds); round += 1) {
    const floor = await timed(() => bare.run(Number(count)));
    const workflows = await timed(() => engine.run(Number(count)));
    const serial = await timed(() => engine.run(Math.ceil(Number(count) / 10), 1));
    laps.push({ floor, workflows, serial });
  }
  bare.close();
  await engine.close();
  return { laps, rssMb: process.memoryUsage.rss() / 1e6 };
}

/** Each of these a transaction of its own: the least that anything durable costs. */
function openBare(mode: "normal" | "full") {
  const database = new DatabaseSync(join(folder, "bare.db"));
  database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${mode};`);
  database.exec("CREATE TABLE row (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
  const begin = database.prepare("BEGIN IMMEDIATE");
  const insert = database.prepare("INSERT INTO row (body) VALUES (?)");
  const commit = database.prepare("COMMIT");
  return {
    run(many: number): number {
      for (let done = 0; done < many; done += 1) {
        begin.run();
        insert.run(BODY);
        commit.run();
      }
      return many;
    },
    close: () => database.close(),
  };
}

async function openEngine(mode: "normal" | "full") {
  const store = await openSqliteRuns({ file: join(folder, "runs.db"), durability: mode });
  const step = { id: "greet", server: "s", tool: "greet", arguments: { name: "world" } };
  const plan = toPlan(readDefinition({ id: "one-step", steps: [step] }));
  let made = 0;
  const engine = createEngine({
    store,
    clock: systemClock,
    hostFor: () => ({
      callTool: async () => ({ content: [], structuredContent: { greeting: "hello world" } }),
    }),
    planOf: async (id) => {
      throw new TrestleError("not_found", id);
    },
    newRunId() {
      made += 1;
      return `run-${made}`;
    },
    random: Math.random,
  });

  async function one(): Promise<void> {
    const submission = { workflow: "one-step", version: "1", plan, grant: "me", owner: "me" };
    const { status } = await engine.waitFor(await engine.submit(submission), 60_000);
    if (status !== "succeeded") throw new Error(`A workflow is ${status}.`);
  }

  return {
    async run(many: number, together = TOGETHER): Promise<number> {
      let left = many;
      const worker = async () => {
        while (left > 0) {
          left -= 1;
          await one();
        }
      };
      await Promise.all(Array.from({ length: together }, worker));
      return many;
    },
    async close() {
      await engine.close();
      await store.close();
    },
  };
}

async function timed(work: () => number | Promise<number>) {
  const before = process.cpuUsage();
  const begun = performance.now();
  const many = await work();
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (many / ms) * 1_000, processorUs: (user + system) / many };
}

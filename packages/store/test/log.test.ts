import { describe, expect, onTestFinished, test } from "vitest";
import { createMemoryBus, createSqliteLog, type LogEntry, type Sqlite } from "../src/index.ts";
import { manualClock } from "./_clock.ts";
import { openPorts, openPortsTwice, portsFile } from "./_ports.ts";
import { seededRandom, startProcess, type TestProcess, until } from "./_processes.ts";
import { describeLog } from "./describe-log.ts";

function openLog(options: Parameters<typeof createSqliteLog>[0]) {
  const log = createSqliteLog(options);
  onTestFinished(() => log.close());
  return log;
}

describeLog("in SQLite", async (setting) => {
  const [one, other] = await openPortsTwice();
  return [openLog({ sqlite: one, ...setting }), openLog({ sqlite: other, ...setting })];
});

describeLog("in SQLite with a bus", async (setting) => {
  const bus = createMemoryBus();
  const [one, other] = await openPortsTwice();
  return [openLog({ sqlite: one, bus, ...setting }), openLog({ sqlite: other, bus, ...setting })];
});

describe("several processes at one log", () => {
  test("lose nothing acknowledged and leave no gap, whoever is killed; a tail sees it all", async () => {
    const { next, rounds } = seededRandom();
    const file = portsFile();
    const sqlite = await openPorts(file);
    const log = openLog({ sqlite });
    const seen: LogEntry[] = [];
    log.tail("t", { sinceSeq: 0, onEntries: (entries) => void seen.push(...entries) });
    const all: TestProcess[] = [];
    for (let round = 0; round < rounds(2); round += 1) {
      const running = [1, 2].map(() => startProcess("_port-process.ts", [file]));
      all.push(...running);
      for (const writer of running) writer.ask("append", { topic: "t" }).catch(() => {});
      const enough = 10 + Math.floor(next() * 100);
      await until("both append", () => running.every(({ said }) => said.length > enough));
      for (const writer of running) await writer.kill();
    }
    const { last } = await log.bounds("t");
    await until("the tail is there", () => seen.length >= last);
    expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    for (const { said } of all) {
      const wrong = said.filter(({ seq, text }) => seq && seen[Number(seq) - 1]?.text !== text);
      expect(wrong).toEqual([]);
    }
    expectWholeBatches(seen);
  }, 120_000);

  test("hear of each other within moments", async () => {
    const file = portsFile();
    const sqlite = await openPorts(file);
    const other = startProcess("_port-process.ts", [file]);
    await other.ask("appendOnce", { topic: "warm", text: "up" });
    const log = openLog({ sqlite });
    const delays: number[] = [];
    log.tail("t", {
      sinceSeq: 0,
      onEntries(entries) {
        for (const { text } of entries) delays.push(Date.now() - Number(text));
      },
    });
    for (let count = 0; count < 10; count += 1) {
      await other.ask("appendOnce", { topic: "t", text: String(Date.now()) });
      await until("it arrives", () => delays.length > count);
    }
    delays.sort((a, b) => a - b);
    process.stderr.write(`tail across processes: median ${delays[5]} ms, most ${delays[9]} ms\n`);
    expect(delays[5]).toBeLessThan(1_000);
  });

  test("hear of each other at once through a bus", async () => {
    const bus = createMemoryBus();
    const clock = manualClock(); // nobody looks by itself
    const [one, other] = await openPortsTwice();
    const seen: string[] = [];
    openLog({ sqlite: one, bus, clock }).tail("t", {
      sinceSeq: 0,
      onEntries: (entries) => void seen.push(...entries.map(({ text }) => text)),
    });
    await openLog({ sqlite: other, bus, clock }).append("t", ["told"]);
    await until("it is told", () => seen.length > 0);
    expect(seen).toEqual(["told"]);
  });
});

test("a large trim is done in parts, and what is being trimmed is not read", async () => {
  const sqlite = await openPorts();
  const log = openLog({ sqlite: watched(sqlite) });
  const texts = Array.from({ length: 12_000 }, (_, at) => String(at));
  await log.append("a", texts);
  const trimming = log.trim("a", { maxEntries: 10 });
  await until("it has begun", () => writes > 1);
  expect(await log.read("a", { sinceSeq: 0 })).toHaveLength(10);
  expect(await trimming).toBe(11_990);
});

let writes = 0;
function watched(sqlite: Sqlite): Sqlite {
  writes = 0;
  return {
    ...sqlite,
    async write(statements) {
      const results = await sqlite.write(statements);
      writes += 1;
      return results;
    },
  };
}

/** Texts read "process batch place": a batch is stored whole, in its order. */
function expectWholeBatches(entries: readonly LogEntry[]): void {
  for (let at = 0; at < entries.length; at += 3) {
    const [first, second, third] = entries.slice(at, at + 3).map(({ text }) => text.split(" "));
    expect([first?.[2], second?.[2], third?.[2]]).toEqual(["0", "1", "2"]);
    expect(second?.slice(0, 2)).toEqual(first?.slice(0, 2));
    expect(third?.slice(0, 2)).toEqual(first?.slice(0, 2));
  }
}

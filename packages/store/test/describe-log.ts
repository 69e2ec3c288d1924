import { describe, expect, onTestFinished, test } from "vitest";
import type { Log, LogEntry, TailOptions } from "../src/index.ts";
import { type ManualClock, manualClock } from "./_clock.ts";
import { seededRandom, until } from "./_processes.ts";

export interface LogSetting {
  /** Injected into what stamps and ages; tails need real time and are opened without. */
  readonly clock?: ManualClock;
}

/** Opens one log twice, as two processes would. */
export type OpenLog = (setting: LogSetting) => Promise<readonly [Log, Log]>;

const textsOf = (entries: readonly LogEntry[]): string[] => entries.map(({ text }) => text);
const seqsOf = (entries: readonly LogEntry[]): number[] => entries.map(({ seq }) => seq);
const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));

/** What every log promises. */
export function describeLog(name: string, openPair: OpenLog): void {
  async function open() {
    const clock = manualClock();
    const [log, other] = await openPair({ clock });
    return { clock, log, other };
  }

  async function openLive() {
    const [log, other] = await openPair({});
    return { log, other };
  }

  /** Follows a topic and keeps what it was given. */
  function follow(log: Log, topic: string, options: Partial<TailOptions> = {}) {
    const seen: LogEntry[] = [];
    const onEntries = (entries: readonly LogEntry[]) => void seen.push(...entries);
    const end = log.tail(topic, { sinceSeq: 0, onEntries, ...options });
    onTestFinished(end);
    return { seen, end };
  }

  describe(`${name}: appending`, () => {
    test("numbers entries by topic, from one, whoever appends", async () => {
      const { log, other, clock } = await open();
      expect(await log.append("a", ["1", "2"])).toBe(2);
      expect(await other.append("a", ["3"])).toBe(3);
      expect(await other.append("b", ["ünï\n😀"])).toBe(1);
      const at = clock.now();
      expect(await other.read("a", { sinceSeq: 0 })).toEqual([
        { seq: 1, at, text: "1" },
        { seq: 2, at, text: "2" },
        { seq: 3, at, text: "3" },
      ]);
      expect(await log.read("b", { sinceSeq: 0 })).toMatchObject([{ text: "ünï\n😀" }]);
      expect(await log.read("c", { sinceSeq: 0 })).toEqual([]);
    });

    test("cheaply keeps the order, and flush waits for it", async () => {
      const { log } = await open();
      log.appendSoon("a", "1");
      await log.append("a", ["2"]);
      log.appendSoon("a", "3");
      await log.flush();
      expect(textsOf(await log.read("a", { sinceSeq: 0 }))).toEqual(["1", "2", "3"]);
    });

    test("nothing gives the number that is already there", async () => {
      const { log } = await open();
      expect(await log.append("a", [])).toBe(0);
      await log.append("a", ["1"]);
      expect(await log.append("a", [])).toBe(1);
    });

    test("from many at once leaves no gap and keeps each batch together", async () => {
      const { log, other } = await open();
      const batches = Array.from({ length: 40 }, (_, at) => [`${at} a`, `${at} b`, `${at} c`]);
      const lasts = await Promise.all(
        batches.map((batch, at) => (at % 2 ? log : other).append("a", batch)),
      );
      const entries = await log.read("a", { sinceSeq: 0 });
      expect(seqsOf(entries)).toEqual(Array.from({ length: 120 }, (_, at) => at + 1));
      for (const [at, last] of lasts.entries()) {
        expect(textsOf(entries.slice(last - 3, last))).toEqual(batches[at]);
      }
    });
  });

  describe(`${name}: reading`, () => {
    test("goes on after a number, by the limit", async () => {
      const { log } = await open();
      await log.append("a", numbers(10));
      expect(seqsOf(await log.read("a", { sinceSeq: 3, limit: 4 }))).toEqual([4, 5, 6, 7]);
      expect(await log.read("a", { sinceSeq: 10 })).toEqual([]);
    });
  });

  describe(`${name}: trimming`, () => {
    test("by count keeps the newest, and numbers are never given again", async () => {
      const { log, other } = await open();
      await log.append("a", numbers(10));
      await log.append("b", numbers(3));
      expect(await other.trim("a", { maxEntries: 4 })).toBe(6);
      expect(seqsOf(await log.read("a", { sinceSeq: 0 }))).toEqual([7, 8, 9, 10]);
      expect(await log.bounds("a")).toEqual({ first: 7, last: 10 });
      expect(await log.trim("a", { maxEntries: 4 })).toBe(0);
      expect(await log.trim("a", { maxEntries: 0 })).toBe(4);
      expect(await log.bounds("a")).toEqual({ first: 11, last: 10 });
      expect(await log.append("a", ["next"])).toBe(11);
      expect(await log.bounds("b")).toEqual({ first: 1, last: 3 });
    });

    test("by age deletes what is older, and with a count whatever either says", async () => {
      const { log, clock } = await open();
      for (const text of numbers(5)) {
        await log.append("a", [text]);
        clock.advance(100);
      }
      expect(await log.trim("a", { maxAgeMs: 500 })).toBe(0);
      expect(await log.trim("a", { maxAgeMs: 350 })).toBe(2);
      expect(await log.trim("a", { maxAgeMs: 350, maxEntries: 1 })).toBe(2);
      expect(seqsOf(await log.read("a", { sinceSeq: 0 }))).toEqual([5]);
      clock.advance(1_000);
      expect(await log.trim("a", { maxAgeMs: 350 })).toBe(1);
      expect(await log.trim("nothing", { maxAgeMs: 1 })).toBe(0);
      expect(await log.bounds("nothing")).toEqual({ first: 1, last: 0 });
    });
  });

  describe(`${name}: a tail`, () => {
    test("is given what is there and what comes, once and in order, whoever appends", async () => {
      const { next } = seededRandom();
      const { log, other } = await openLive();
      await log.append("a", numbers(300));
      const early = follow(log, "a");
      const late = follow(other, "a", { sinceSeq: 290 });
      for (let count = 0; count < 30; count += 1) {
        const port = next() < 0.5 ? log : other;
        if (next() < 0.5) await port.append("a", numbers(3));
        else for (const text of numbers(3)) port.appendSoon("a", text);
        await other.append("b", ["not for them"]);
      }
      await until(
        "both have seen all",
        () => early.seen.length === 390 && late.seen.length === 100,
      );
      expect(seqsOf(early.seen)).toEqual(Array.from({ length: 390 }, (_, at) => at + 1));
      expect(seqsOf(late.seen)).toEqual(Array.from({ length: 100 }, (_, at) => at + 291));
    });

    test("that rejects a batch is given it again, and one batch at a time", async () => {
      const { log } = await openLive();
      const given: string[][] = [];
      let running = 0;
      follow(log, "a", {
        async onEntries(entries) {
          expect(++running).toBe(1);
          given.push(textsOf(entries));
          await Promise.resolve();
          running -= 1;
          if (given.length === 1) throw new Error("not now");
        },
      });
      await log.append("a", ["1"]);
      await until("it is given twice", () => given.length > 1);
      expect(given.slice(0, 2).map(([first]) => first)).toEqual(["1", "1"]);
    });

    test("that has ended is given nothing more", async () => {
      const { log, other } = await openLive();
      const ended = follow(log, "a");
      const witness = follow(log, "a");
      await other.append("a", ["1"]);
      await until("both have it", () => ended.seen.length + witness.seen.length === 2);
      ended.end();
      await other.append("a", ["2"]);
      await until("the other has more", () => witness.seen.length === 2);
      expect(textsOf(ended.seen)).toEqual(["1"]);
      await log.close();
      await other.append("a", ["3"]);
      expect(witness.seen).toHaveLength(2);
    });
  });
}

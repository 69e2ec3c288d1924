import { expect, test } from "vitest";
import type { LinePart, TrackedRecord } from "../model/record.ts";
import { isSkipped, type ReadResult } from "../transcripts/transcript-format.ts";
import { createLogReader } from "./log-reader.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const context = { source: "app", path: "/var/log/app.log", begunAt: 1, now: () => NOW };

const PYTHON = `2026-11-22 05:04:43,000 - cart - ERROR - cannot sum
Traceback (most recent call last):
  File "/srv/shop/cart.py", line 12, in total
    return sum(rows)
TypeError: unsupported operand

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/shop/main.py", line 3, in run
    total()
RuntimeError: gave up`;
const JAVA = `2026-11-22 05:04:44,000 WARN [main] com.acme.Cart: closed
java.lang.IllegalStateException: closed
	at com.acme.Cart.total(Cart.java:12)
Caused by: java.io.IOException: gone
	at com.acme.Store.read(Store.java:4)
	... 12 more`;
const NODE = `TypeError: total is not a number
    at Cart.total (/srv/shop/src/cart.js:10:5) {
  code: 'E_TOTAL'
}`;
const GO = `panic: runtime error: index out of range [5]

goroutine 1 [running]:
main.(*Cart).Total(0xc000, 0x1)
	/opt/ci/shop/cart.go:33 +0x1d
main.main()
	/opt/ci/shop/main.go:3 +0x1d
exit status 2`;
const RUST = `thread 'main' panicked at src/cart.rs:12:9:
  index out of bounds
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:5:5`;
const PLAIN = `2026-11-22T05:04:45Z INFO started
2026-11-22T05:04:46Z INFO listening
  on port 80
ready`;
const ALL = [PLAIN, PYTHON, JAVA, NODE, PLAIN, GO, RUST, PLAIN].join("\n");

/** Reads in pieces of so many lines, each by a reader that knows only what was stored. */
function recordsOf(text: string, size = Number.POSITIVE_INFINITY): TrackedRecord[] {
  const results: ReadResult[] = [];
  let reader = createLogReader(context);
  let offset = 0;
  for (const [at, line] of text.split("\n").entries()) {
    if (at % size === 0) reader = createLogReader(context, reader.memory());
    const bytes = Buffer.from(line);
    results.push(...reader.read(bytes, offset));
    offset += bytes.length + 1;
  }
  results.push(...reader.flush());
  return results.filter((result) => !isSkipped(result)) as TrackedRecord[];
}

function partOf(record: TrackedRecord | undefined): LinePart {
  return record?.parts[0] as LinePart;
}

const withoutBlanks = (text: string) => text.replace(/\n+/g, "\n");

test.each([
  ["Python", PYTHON, "error", "cart"],
  ["Java", JAVA, "warning", "com.acme.Cart"],
  ["Node", NODE, "error", undefined],
  ["Rust", RUST, "fatal", undefined],
])("a trace of %s is one record with its line", (_, text, level, component) => {
  const records = recordsOf(`${text}\n2026-11-22T05:04:45Z INFO next`);
  expect(records.map((record) => partOf(record).text)).toEqual([
    withoutBlanks(text),
    "2026-11-22T05:04:45Z INFO next",
  ]);
  expect(partOf(records[0])).toMatchObject({ level });
  expect(partOf(records[0]).component).toBe(component);
});

test("a panic of Go is one record, and what follows it another", () => {
  const records = recordsOf(GO);
  expect(records.map((record) => partOf(record).text.split("\n").length)).toEqual([6, 1]);
  expect(partOf(records[1]).text).toBe("exit status 2");
});

test("lines that stand alone stay alone", () => {
  const texts = recordsOf(PLAIN).map((record) => partOf(record).text);
  expect(texts).toEqual([
    "2026-11-22T05:04:45Z INFO started",
    "2026-11-22T05:04:46Z INFO listening\n  on port 80",
    "ready",
  ]);
});

test("an exception after a line that is no failure is a record of its own", () => {
  expect(recordsOf(`2026-11-22T05:04:45Z INFO started\n${NODE}`)).toHaveLength(2);
});

test("however many lines are read at once, the records are the same and hold every line", () => {
  const whole = recordsOf(ALL);
  for (const size of [1, 2, 3, 7]) {
    const pieces = recordsOf(ALL, size);
    expect(pieces.map(({ session: _, ...record }) => record)).toEqual(
      whole.map(({ session: _, ...record }) => record),
    );
  }
  expect(whole.map((record) => partOf(record).text).join("\n")).toBe(withoutBlanks(ALL));
  expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length);
});

test("a record knows where it stands, when it was written and which log it is of", () => {
  const records = recordsOf(PLAIN);
  expect(records[1]).toMatchObject({
    sessionId: "log:app",
    type: "line",
    at: Date.UTC(2026, 10, 22, 5, 4, 46),
    origin: { source: "app", path: "/var/log/app.log", offset: 34 },
  });
  // It tells no time itself.
  expect(records[2]?.at).toBe(records[1]?.at);
  expect(records.map(({ session }) => session)).toEqual([{ agent: "log" }, undefined, undefined]);
});

test("the same bytes in another file, or anew in the same one, are other records", () => {
  const idIn = (other: object) => {
    const reader = createLogReader({ ...context, ...other });
    reader.read(Buffer.from("x"), 0);
    return reader.flush()[0]?.id;
  };
  expect(new Set([{}, { path: "/b.log" }, { begunAt: 2 }, { source: "b" }].map(idIn)).size).toBe(4);
});

test("what is no text is counted, and a trace without an end is cut", () => {
  const reader = createLogReader(context);
  expect(reader.read(Buffer.from("a\0b"), 0)).toEqual([{ skipped: "binary" }]);
  expect(reader.read(Buffer.alloc(9 * 2 ** 20, "x"), 4)).toEqual([{ skipped: "too long" }]);
  expect(reader.read(Buffer.from("  "), 8)).toEqual([{ skipped: "blank" }]);
  const many = recordsOf(`Error: deep\n${"    at f (/a.js:1:1)\n".repeat(1_200)}`);
  expect(many.map((record) => partOf(record).text.split("\n").length)).toEqual([500, 500, 201]);
});

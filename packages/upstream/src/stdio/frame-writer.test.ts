import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createFrameWriter } from "./frame-writer.ts";

/** A stream that takes one write at a time, when it is told to. */
function slowStream() {
  const taken: string[] = [];
  let finish: ((error?: Error) => void) | undefined;
  const stream = new Writable({
    write(chunk, _encoding, done) {
      taken.push(String(chunk));
      finish = done;
    },
  });
  return { stream, taken, finish: (error?: Error) => finish?.(error) };
}

test("a frame is only begun when the one before it has left", async () => {
  const { stream, taken, finish } = slowStream();
  const send = createFrameWriter(stream);
  const left: string[] = [];
  for (const name of ["a", "b"]) send(name, () => left.push(name));
  expect(taken).toEqual(["a\n"]);
  finish();
  await new Promise(setImmediate);
  expect(left).toEqual(["a"]);
  expect(taken).toEqual(["a\n", "b\n"]);
});

test("a frame can be taken back until it is begun", () => {
  const { stream, taken } = slowStream();
  const send = createFrameWriter(stream);
  const first = send("a", () => {});
  const second = send("b", () => {});
  expect([first(), second()]).toEqual([false, true]);
  expect(taken).toEqual(["a\n"]);
});

test("a broken pipe fails every frame that has not left, each once", async () => {
  const { stream, finish } = slowStream();
  const send = createFrameWriter(stream);
  const outcomes: unknown[] = [];
  for (const name of ["a", "b"]) send(name, (error) => outcomes.push([name, error?.message]));
  finish(new Error("EPIPE"));
  await new Promise(setImmediate);
  send("c", (error) => outcomes.push(["c", error?.message]));
  expect(outcomes.sort()).toEqual(["a", "b", "c"].map((name) => [name, "EPIPE"]));
});

/** A stream that takes every write at once. */
function quickStream() {
  const taken: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      taken.push(String(chunk));
      done();
    },
  });
  return { stream, taken };
}

test("the first frame leaves at once, the others of the same turn together", async () => {
  const { stream, taken } = quickStream();
  const send = createFrameWriter(stream);
  const left: string[] = [];
  for (const name of ["a", "b", "c"]) send(name, () => left.push(name));
  expect(taken).toEqual(["a\n"]);
  await new Promise(setImmediate);
  expect(taken).toEqual(["a\n", "b\nc\n"]);
  expect(left).toEqual(["a", "b", "c"]);
});

test("frames that would make a large write go one by one", async () => {
  const { stream, taken } = quickStream();
  const send = createFrameWriter(stream);
  const large = "x".repeat(60 * 1024);
  for (const text of ["a", "b", large, large]) send(text, () => {});
  await new Promise(setImmediate);
  expect(taken.map(({ length }) => length)).toEqual([2, 2 + 60 * 1024 + 1, 60 * 1024 + 1]);
});

test("frames written together may have left when the pipe breaks, except the last", async () => {
  const { stream, finish } = slowStream();
  const send = createFrameWriter(stream);
  const outcomes: unknown[] = [];
  for (const name of ["a", "b", "c"]) send(name, (error) => outcomes.push([name, error?.message]));
  finish();
  await new Promise(setImmediate);
  finish(new Error("EPIPE"));
  await new Promise(setImmediate);
  expect(outcomes).toEqual([
    ["a", undefined],
    ["b", undefined],
    ["c", "EPIPE"],
  ]);
});

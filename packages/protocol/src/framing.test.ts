import { expect, test } from "vitest";
import { createLineSplitter } from "./framing.ts";

test("joins lines that arrive in pieces and splits chunks that hold several", () => {
  const splitter = createLineSplitter();
  expect(splitter.push(Buffer.from('{"a":')).lines).toEqual([]);
  expect(splitter.push(Buffer.from('1}\n{"b":2}\r\n\n{"c"')).lines).toEqual(['{"a":1}', '{"b":2}']);
  expect(splitter.push(Buffer.from(":3}\n")).lines).toEqual(['{"c":3}']);
});

test("a character cut by a chunk border arrives whole", () => {
  const splitter = createLineSplitter();
  const bytes = Buffer.from('"é€😀"\n');
  const lines = [...bytes].flatMap((byte) => splitter.push(Buffer.from([byte])).lines);
  expect(lines).toEqual(['"é€😀"']);
});

test("a line over the limit is dropped and counted, the next one arrives", () => {
  const splitter = createLineSplitter(8);
  expect(splitter.push(Buffer.from("123456"))).toEqual({ lines: [], oversized: 0 });
  expect(splitter.push(Buffer.from("7890"))).toEqual({ lines: [], oversized: 0 });
  expect(splitter.push(Buffer.from("1\nok\n"))).toEqual({ lines: ["ok"], oversized: 1 });
});

test("a large message costs one pass, not one per chunk", () => {
  const splitter = createLineSplitter();
  const chunk = Buffer.alloc(64 * 1024, 0x61);
  const chunks = 256;
  for (let index = 0; index < chunks; index += 1) splitter.push(chunk);
  const { lines } = splitter.push(Buffer.from("\n"));
  expect(lines[0]?.length).toBe(chunks * chunk.length);
});

import process from "node:process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createLineSplitter } from "./framing.ts";

/** What once was, or may be, split wrongly: each a stream of bytes with the places where it is cut. */
const CORPUS: [Uint8Array, number[]][] = [
  [Buffer.from("\n"), []],
  [Buffer.from("\r\n\r\n"), [1, 2, 3]],
  [Buffer.from("é\n"), [1]],
  [Buffer.from('{"text":"😀"}\n{}'), [10, 11, 12]],
  [Buffer.from("x".repeat(40)), [16, 17]],
  [Buffer.from(`${"x".repeat(17)}\nshort\n`), [16, 17, 18]],
  [Buffer.from(`${"x".repeat(16)}\r\n`), [15]],
  [Buffer.from([0xff, 0x0a, 0xc3, 0x0a]), [1]],
];
const MOST = 16;

const options = <Input>(corpus: Input[]): fc.Parameters<Input> => ({
  numRuns: 500 * Number(process.env.ROUNDS ?? 1),
  examples: corpus,
  ...(process.env.SEED !== undefined && { seed: Number(process.env.SEED) }),
});

const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.constantFrom("\n", "\r\n", "{}\n", "é😀").map((text) => new Uint8Array(Buffer.from(text))),
    ),
    { maxLength: 12 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));
const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 6 });

test("a stream comes apart into the same lines however it is cut, and none over the limit is taken", () => {
  fc.assert(
    fc.property(bytes, cuts, (stream, places) => {
      const splitter = createLineSplitter(MOST);
      const found = piecesOf(stream, places).map((piece) => splitter.push(piece));
      const lines = found.flatMap((each) => each.lines);
      const oversized = found.reduce((sum, each) => sum + each.oversized, 0);
      expect({ lines, oversized }).toEqual(linesOf(stream));
    }),
    options(CORPUS),
  );
});

test("any messages arrive as they were sent", () => {
  const messages = fc.array(fc.json(), { maxLength: 6 });
  fc.assert(
    fc.property(messages, cuts, (sent, places) => {
      const stream = Buffer.from(sent.map((line) => `${line}\n`).join(""));
      const splitter = createLineSplitter();
      expect(piecesOf(stream, places).flatMap((piece) => splitter.push(piece).lines)).toEqual(sent);
    }),
    options<[string[], number[]]>([]),
  );
});

function piecesOf(stream: Uint8Array, places: readonly number[]): Buffer[] {
  const ordered = [0, ...places.toSorted((a, b) => a - b), stream.length];
  return ordered.slice(1).map((end, at) => Buffer.from(stream.subarray(ordered[at], end)));
}

/** The same by the plainest of ways: all of it at once. */
function linesOf(stream: Uint8Array): { lines: string[]; oversized: number } {
  const lines: string[] = [];
  let oversized = 0;
  let rest = Buffer.from(stream);
  for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
    const line = rest.subarray(0, end);
    rest = rest.subarray(end + 1);
    if (line.length > MOST) oversized += 1;
    else lines.push(line.toString("utf8").replace(/\r$/, ""));
  }
  return { lines: lines.filter((line) => line !== ""), oversized };
}

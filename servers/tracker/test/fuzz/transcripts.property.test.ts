import { fc, fuzz, readFindings } from "@trestle/testkit/fuzz";
import { describe, expect, test } from "vitest";
import { context } from "../../src/transcripts/_lines.ts";
import { transcriptFormats } from "../../src/transcripts/formats.ts";
import { isSkipped, type ReadResult } from "../../src/transcripts/transcript-format.ts";
import { toLine, toText, type Writing, writings } from "./_sessions.ts";

interface Finding {
  /** What went wrong with it, or might. */
  readonly why: string;
  readonly format: string;
  /** Values as lines, or texts that are lines as they stand. */
  readonly lines: readonly unknown[];
}

const findings = readFindings<Finding>(new URL("transcripts/", import.meta.url));

interface Damage {
  readonly at: number;
  readonly length: number;
  readonly put: string;
}

/** Any bytes, but no end of a line. */
const noise = fc
  .uint8Array({ maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString("latin1").replaceAll("\n", ""));
const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.nat({ max: 8 }), fc.constant(10_000)),
  put: fc.oneof(
    noise,
    fc.constantFrom("", '"', "{", "[", "}", "\\", "\\u0000", "null", "1e999", "\0\0", "\r", "\xff"),
  ),
});

/** Lines of a session, some of which somebody damaged. */
function sessions({ others }: Writing): fc.Arbitrary<string[]> {
  const line = fc
    .tuple(others, fc.option(damage, { freq: 2 }))
    .map(([value, harm]) => (harm === null ? toText(value) : damaged(toText(value), harm)));
  const any = fc.oneof({ arbitrary: line, weight: 9 }, { arbitrary: noise, weight: 1 });
  return fc.array(any, { maxLength: 10 });
}

describe.each(Object.entries(writings))("%s", (name, writing) => {
  const own = findings.filter(({ format }) => format === name);
  const corpus = own.map(({ lines }) => lines.map(toText));

  test("loses no good line behind a bad one", async () => {
    await fuzz(sessions(writing), { corpus, runs: 100 }, (lines) => {
      const said = [...lines.keys(), lines.length].map((n) => `the lantern ${n}`);
      const mixed = said.flatMap((text, n) =>
        [...lines.slice(n, n + 1), toText(writing.says(text, n))].toReversed(),
      );
      const results = read(writing, mixed);
      expect(results).toHaveLength(mixed.length);
      const words = results.flatMap((result) => (isSkipped(result) ? [] : result.parts));
      const texts = words.map((part) => ("text" in part ? part.text : ""));
      expect(texts.filter((text) => text.startsWith("the lantern"))).toEqual(said);
    });
  });

  test("reads on as if a line that it leaves out had not been there", async () => {
    await fuzz(sessions(writing), { corpus, runs: 100 }, (lines) => {
      const results = read(writing, lines);
      const kept = lines.filter((_, n) => !isSkipped(results[n] as ReadResult));
      expect(told(read(writing, kept))).toEqual(told(results));
    });
  });
});

test("of a document, whatever its bytes are, no reader throws or says something else the next time", async () => {
  const writing = fc.constantFrom(...Object.values(writings));
  const documents = fc
    .tuple(writing.chain(sessions), fc.constantFrom("\n", ",", "\nUser: ", ""))
    .map(([lines, between]) => `{"messages":[${lines.join(between)}]}`);
  const corpus = findings.map(({ lines }) => `{"messages":[${lines.map(toText).join(",")}]}`);
  await fuzz(documents, { corpus, runs: 100 }, (text) => {
    const document = toLine(text);
    for (const format of transcriptFormats) {
      if (format.unit !== "document") continue;
      const results = format.read(document, context("/x.json"));
      expect(cut(format.read(document, context("/x.json")))).toEqual(cut(results));
      for (const result of results)
        expect("skipped" in result || Number.isFinite(result.at)).toBe(true);
    }
  });
});

function read({ format, path }: Writing, lines: readonly string[]): readonly ReadResult[] {
  const reader = format.open(context(path));
  let offset = 0;
  return lines.map(toLine).map((line) => {
    const result = reader.read(line, offset);
    offset += line.length + 1;
    return result;
  });
}

/** What was read, without where and when: a line that is left out may still tell the time. */
function told(results: readonly ReadResult[]) {
  return results.flatMap((result) => {
    if (isSkipped(result)) return [];
    const { id: _, at: __, origin, ...rest } = result;
    return [cut({ ...rest, uuid: origin.uuid })];
  });
}

/** The upper levels of a value: what is deeper than the stack can not be compared. */
function cut(value: unknown, levels = 9): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return "…";
  if (Array.isArray(value)) return value.map((each) => cut(each, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, cut(each, levels - 1)]),
  );
}

function damaged(line: string, { at, length, put }: Damage): string {
  const from = Math.round(at * line.length);
  return line.slice(0, from) + put + line.slice(from + length);
}

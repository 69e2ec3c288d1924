import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { context, sorted } from "./_lines.ts";
import { transcriptFormats } from "./formats.ts";
import type { ReadResult, TranscriptFormat } from "./transcript-format.ts";

const random = seededRandom();
const WORDS =
  "type,user,assistant,system,message,content,text,tool_use,tool_result,toolUseResult,payload,response_item,event_msg,token_count,info,id,uuid,sessionId,timestamp,messages,toolCalls,plan,update_plan,function_call_output,output,TodoWrite,todos,name,input,role,usage,$set,__proto__,constructor,2026-03-01T10:00:00Z,User: x,```".split(
    ",",
  );

test("no reader throws, loses a line or says something else the next time, whatever the bytes are", () => {
  for (let round = random.rounds(300); round > 0; round -= 1) {
    const lines = Array.from({ length: 1 + random.below(12) }, randomLine);
    for (const format of transcriptFormats) {
      const results = read(format, lines);
      if (format.unit === "line") expect(results).toHaveLength(lines.length);
      const { records } = sorted(results);
      for (const record of records) expect(() => JSON.stringify(record)).not.toThrow();
      expect(records.map(({ at }) => Number.isFinite(at))).not.toContain(false);
      expect(read(format, lines)).toEqual(results);
    }
  }
});

test("a reader that goes on from a memory says what one that never stopped says", () => {
  for (let round = random.rounds(300); round > 0; round -= 1) {
    const lines = Array.from({ length: 2 + random.below(12) }, randomLine);
    for (const format of transcriptFormats) {
      if (format.unit !== "line") continue;
      const cut = random.below(lines.length);
      const broken = { memory: "", offset: 0 };
      const first = readLinesOf(format, lines.slice(0, cut), broken);
      const second = readLinesOf(format, lines.slice(cut), first);
      const parts = (results: readonly ReadResult[]) =>
        results.map((result) => ("skipped" in result ? result : [result.id, result.parts]));
      const whole = readLinesOf(format, lines, broken).results;
      expect(parts([...first.results, ...second.results])).toEqual(parts(whole));
    }
  }
});

test("a memory that is broken is none", () => {
  for (const memory of ["{", "null", "[]", "42", '{"calls":3}', '{"told":null}']) {
    for (const format of transcriptFormats) {
      if (format.unit === "line")
        expect(() => format.open(context("/x.jsonl"), memory)).not.toThrow();
    }
  }
});

function read(format: TranscriptFormat, lines: readonly Buffer[]): readonly ReadResult[] {
  if (format.unit === "line") return readLinesOf(format, lines, { memory: "", offset: 0 }).results;
  return format.read(
    Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")])),
    context("/x.json"),
  );
}

function readLinesOf(
  format: TranscriptFormat & { unit: "line" },
  lines: readonly Buffer[],
  from: { memory: string; offset: number },
) {
  const reader = format.open(context("/x/y.jsonl"), from.memory);
  let { offset } = from;
  const results = lines.map((line) => {
    const result = reader.read(line, offset);
    offset += line.length + 1;
    return result;
  });
  return { results, memory: reader.memory(), offset };
}

function randomLine(): Buffer {
  if (random.next() < 0.1) return Buffer.from(random.bytes(random.below(60)));
  const line = Buffer.from(JSON.stringify(random.next() < 0.9 ? randomObject(4) : randomValue(3)));
  if (random.next() < 0.1) return line.subarray(0, random.below(line.length));
  return random.next() < 0.02
    ? Buffer.from(
        `{"type":"user","message":{"content":[${"[".repeat(9_999)}${"]".repeat(9_999)}]}}`,
      )
    : line;
}

function randomObject(depth: number): object {
  const entries = Array.from({ length: random.below(6) }, () => [
    random.pick(WORDS),
    randomValue(depth - 1),
  ]);
  const type = random.next() < 0.7 ? [["type", random.pick(WORDS)]] : [];
  return Object.fromEntries([...type, ...entries]);
}

function randomValue(depth: number): unknown {
  const kind = random.below(depth > 0 ? 8 : 5);
  if (kind === 0) return random.below(1_000) - 500;
  if (kind === 1) return random.pick([null, true, false]);
  if (kind <= 4) return random.pick(WORDS);
  if (kind === 5) return Array.from({ length: random.below(4) }, () => randomValue(depth - 1));
  return randomObject(depth);
}

import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { keyOf, startCore } from "./_core.ts";

const LINES = Array.from({ length: 500 }, (_, index) => `line ${index} größe`).join("\n");
const DATA = JSON.stringify({
  items: Array.from({ length: 300 }, (_, id) => ({ id, a: { b: [id] } })),
});

const textsOf = ({ content }: JsonObject) =>
  (content as JsonObject[]).map(({ text }) => String(text));
const handleOf = ({ _meta: meta }: JsonObject) =>
  String(((meta as JsonObject)["trestle/result"] as JsonObject | undefined)?.handle);

test("of a large result a client gets the beginning, and reads on until it has all", async () => {
  const { call } = await startCore({ results: { maxBytes: 1_000 } });
  const short = await call("one__echo", { text: LINES });
  const [first = "", note] = textsOf(short);
  expect(Buffer.byteLength(first)).toBeLessThanOrEqual(1_000);
  expect(LINES.startsWith(first)).toBe(true);
  expect(note).toContain("bridge__read_result");
  let all = first;
  for (;;) {
    const asked = { handle: handleOf(short), offset: all.length, length: 3_000 };
    const read = (await call("bridge__read_result", asked)).structuredContent as JsonObject;
    all += read.text;
    if (read.next === undefined) break;
  }
  expect(all).toBe(LINES);
});

test("lines, parts and counts of a kept result can be asked for", async () => {
  const { ask, call } = await startCore({ results: { maxBytes: 1_000 } });
  const lines = handleOf(await call("one__echo", { text: LINES }));
  expect(await ask("read_result", { handle: lines, grep: "LINE 49 " })).toMatchObject({
    text: "line 49 größe",
    lines: 1,
  });
  expect(await ask("read_result", { handle: lines, count: true })).toEqual({
    total: LINES.length,
    lines: 500,
  });
  // The server's structured content is what path looks into; without any, JSON in the text is.
  const kept = await call("bridge__call_tool", { tool: "one.echo", arguments: { text: DATA } });
  const data = { handle: handleOf(kept), path: "structured_content.pid" };
  expect(await ask("read_result", data)).toMatchObject({ text: expect.stringMatching(/^\d+$/) });
  const wrong = { handle: handleOf(kept), path: "structured_content.pod" };
  await expect(ask("read_result", wrong)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("pid"),
  });
});

test("a kept result is its caller's alone", async () => {
  const { ask, call } = await startCore({ results: { maxBytes: 1_000 } });
  const handle = handleOf(await call("one__echo", { text: LINES }, keyOf("ann")));
  expect(await ask("read_result", { handle }, keyOf("ann"))).toMatchObject({ offset: 0 });
  await expect(ask("read_result", { handle }, keyOf("ben"))).rejects.toMatchObject({
    code: "not_found",
  });
});

test("without a bound, inside of chains and where they are small, results are untouched", async () => {
  const unbounded = await startCore();
  expect(textsOf(await unbounded.call("one__echo", { text: LINES }))).toEqual([LINES]);
  const { ask, call } = await startCore({ results: { maxBytes: 1_000 } });
  expect(textsOf(await call("one__echo", { text: "small" }))).toEqual(["small"]);
  const { result } = await ask("call_tool", { tool: "one.echo", arguments: { text: LINES } });
  expect(textsOf(result as JsonObject)).toEqual([LINES]);
});

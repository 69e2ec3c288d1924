import type { JsonObject, JsonValue } from "@trestle/protocol";
import { expect, test } from "vitest";
import { keyOf, startCore } from "./_core.ts";
import { until } from "./_processes.ts";
import { effectsOf, executionsOf } from "./_upstreams.ts";

const TEXT = Array.from({ length: 300 }, (_, index) => `line ${index} größe`).join("\n");
const BOUND = { results: { maxBytes: 1_000 } };

const firstText = ({ content }: JsonObject): JsonValue | undefined =>
  (content as JsonObject[])[0]?.text;
const handleOf = ({ _meta: meta }: JsonObject): string =>
  String(((meta as JsonObject)["trestle/result"] as JsonObject).handle);
const legacyClient = (protocolVersion: string) => ({
  client: { era: "legacy" as const, protocolVersion, capabilities: {} },
});

test("a handle goes to the next server as what it stands for; the history keeps the handle", async () => {
  const { call, ask, place } = await startCore(BOUND);
  const handle = handleOf(await call("one__echo", { text: TEXT }));
  await call("two__write", { key: `result://${handle}` });
  expect(effectsOf(place).join("\n")).toBe(TEXT);
  expect(await ask("read_result", { handle: `result://${handle}`, count: true })).toMatchObject({
    lines: 300,
  });
  const part = { $result: handle, path: "pid" };
  expect(firstText(await call("two__echo", { text: part }))).toEqual(expect.any(Number));
  await until("the history is on disk", () => executionsOf(place).length === 3);
  const kept = executionsOf(place).filter(({ server }) => server === "two");
  const given = kept.map(({ tool, arguments: text }) => [tool, JSON.parse(text)]);
  expect(Object.fromEntries(given)).toEqual({
    write: { key: `result://${handle}` },
    echo: { text: part },
  });
  const { executions } = await ask("history", {});
  const why = await ask("why", {
    execution_id: String((executions as JsonObject[])[0]?.execution_id),
  });
  expect(JSON.stringify(why.stages)).toContain("1 handle resolved");
});

test("a step of a chain and a call in a batch take handles, and write no value into the history", async () => {
  const { call, place } = await startCore(BOUND);
  const handle = handleOf(await call("one__echo", { text: TEXT }));
  const address = `result://${handle}`;
  const steps = [
    { server: "two", tool: "write", arguments: { key: "$given" } },
    { server: "two", tool: "echo", arguments: { text: { $result: handle, path: "pid" } } },
  ];
  const ran = await call("bridge__run_chain", { steps, input: { given: address } });
  expect(ran.structuredContent).toMatchObject({ success: true, completed_steps: 2 });
  await call("bridge__batch", { calls: [{ tool: "two.write", arguments: { key: address } }] });
  expect(effectsOf(place).join("\n")).toBe(`${TEXT}\n${TEXT}`);
  const others = () => executionsOf(place).filter(({ tool }) => tool !== "echo");
  await until("the history is on disk", () => others().length === 4);
  for (const row of others()) {
    expect(row.arguments).toContain(address);
    expect(row.arguments).not.toContain("line 1");
  }
});

test("the handle of another caller is refused before anything is sent", async () => {
  const { call, place } = await startCore(BOUND);
  const handle = handleOf(await call("one__echo", { text: TEXT }, keyOf("ann")));
  await expect(
    call("one__write", { key: `result://${handle}` }, keyOf("ben")),
  ).rejects.toMatchObject({ code: "not_found", message: expect.stringContaining("arguments.key") });
  expect(effectsOf(place)).toEqual([]);
});

test("where nothing is shortened, what looks like a handle is an argument like any other", async () => {
  const { call } = await startCore();
  const text = { $result: "not ours", more: true };
  expect(firstText(await call("one__echo", { text }))).toEqual(text);
});

test("a client that knows links gets one to the whole, and reads it as its own resource", async () => {
  const { call, bridge } = await startCore(BOUND);
  const old = await call("one__echo", { text: TEXT }, legacyClient("2025-03-26"));
  expect((old.content as JsonObject[]).map(({ type }) => type)).toEqual(["text", "text"]);
  const short = await call("one__echo", { text: TEXT }, legacyClient("2025-06-18"));
  const link = (short.content as JsonObject[])[2];
  expect(link).toMatchObject({ type: "resource_link", size: Buffer.byteLength(TEXT) });
  const read = (principal = keyOf("local")) =>
    bridge.instance.request(
      "resources/read",
      { uri: String(link?.uri) },
      {
        ...principal,
        ...legacyClient("2025-06-18"),
        signal: new AbortController().signal,
      },
    );
  await expect(read()).rejects.toThrow("another caller's");
  const mine = { principal: { id: "local", kind: "local" as const } };
  expect(await read(mine)).toEqual({
    contents: [{ uri: link?.uri, mimeType: "text/plain", text: TEXT }],
  });
});

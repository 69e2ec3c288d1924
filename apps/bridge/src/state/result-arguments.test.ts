import { type Call, newTrail } from "@trestle/policy";
import {
  type Clock,
  type JsonObject,
  type JsonValue,
  MODERN_VERSION,
  type Principal,
  TrestleError,
} from "@trestle/protocol";
import { expect, test } from "vitest";
import { createIds } from "../ids.ts";
import { resultArguments } from "./result-arguments.ts";
import { createResultStore } from "./results.ts";

const LONG = "x".repeat(2_000);
const DATA = `{"items":[{"id":90071992547409931,"name":"first"}],"text":"${LONG}"}`;

test("a value keeps its type and its digits; an address stands for text", async () => {
  const { keep, send } = setUp();
  const handle = keep(DATA);
  const { text, sent } = await send({
    list: { $result: handle, path: "items" },
    inside: [{ name: { $result: `result://${handle}`, path: "items[0].name" } }],
    texts: [`result://${handle}#items`, `result://${handle}#items%5B0%5D.name`],
    whole: `result://${handle}`,
    other: "result://somewhere/else",
  });
  expect(text).toContain('"list":[{"id":90071992547409931,"name":"first"}]');
  expect(sent).toMatchObject({
    inside: [{ name: "first" }],
    texts: ['[{"id":90071992547409931,"name":"first"}]', "first"],
    whole: DATA,
    other: "result://somewhere/else",
  });
});

test("an argument called __proto__ stays one beside a handle", async () => {
  const { keep, send } = setUp();
  const handle = keep(DATA);
  const given = `{"whole":"result://${handle}","__proto__":{"a":1}}`;
  const { text } = await send(JSON.parse(given));
  expect(text).toContain('"__proto__":{"a":1}');
});

test("arguments without a handle are the very same on their way, and so is the call", async () => {
  const { call, pass } = setUp();
  const plain = call({ text: "result:", list: [{ deep: [1, "a"] }], result: "$result" });
  expect((await pass(plain)).sent).toBe(plain);
});

test("while no results are kept, for our own tools and for stand-ins nothing is resolved", async () => {
  const { keep, call, pass, switchOff } = setUp();
  const asked = call({ text: `result://${keep(DATA)}` });
  for (const one of [
    { ...asked, server: "bridge" },
    { ...asked, fallbackFrom: ["a/b"] },
  ]) {
    expect((await pass(one)).sent).toBe(one);
  }
  switchOff();
  expect((await pass(asked)).sent).toBe(asked);
});

test("a handle of somebody else, an old one and an unknown one are refused in the same words", async () => {
  const { keep, send, advance } = setUp();
  const handle = keep(DATA);
  const refused = { code: "not_found", message: expect.stringContaining("arguments.a.b[0]: no") };
  const args = { a: { b: [`result://${handle}`] } };
  await expect(send(args, principal("ben"))).rejects.toMatchObject(refused);
  await expect(send({ a: { b: [{ $result: "unknown" }] } })).rejects.toMatchObject(refused);
  await expect(send(args)).resolves.toMatchObject({ sent: { a: { b: [DATA] } } });
  advance(60 * 60_000 + 1);
  await expect(send(args)).rejects.toMatchObject(refused);
});

test.each<[what: string, reference: (handle: string) => JsonValue, words: string]>([
  ["a key that is not there", (h) => ({ $result: h, path: "itms" }), "a.path: there is no itms"],
  ["an index beyond the end", (h) => `result://${h}#items[7]`, "a: there is no [7] in items"],
  ["a path that is none", (h) => ({ $result: h, path: "items[" }), '"items[" is no path'],
  ["a path that is no text", (h) => ({ $result: h, path: 1 }), "arguments.a: a kept result"],
  ["other keys", (h) => ({ $result: h, pfad: "items" }), "arguments.a: a kept result"],
])("%s is refused, and told", async (_what, reference, words) => {
  const { keep, send } = setUp();
  await expect(send({ a: reference(keep(DATA)) })).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining(words),
  });
});

test("a result that is referred to again and again makes no call of any size", async () => {
  const { keep, send } = setUp();
  const address = `result://${keep("y".repeat(4 * 1024 * 1024))}`;
  await expect(send({ few: [address, address] })).resolves.toBeDefined();
  await expect(send({ many: Array.from({ length: 9 }, () => address) })).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("Name a part"),
  });
});

function setUp() {
  let now = 1_000_000;
  let isOn = true;
  const clock: Clock = { now: () => now, after: () => () => {} };
  const results = createResultStore({ clock, newId: createIds(clock) });
  const policy = resultArguments({
    ...{ results, isOn: () => isOn },
    isExempt: ({ server }) => server === "bridge",
  });
  const call = (args: JsonObject, who = principal("ann")): Call => ({
    ...{ executionId: "e1", server: "db", tool: "run", definitionHash: "hash" },
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    params: { name: "run", arguments: args },
    trail: newTrail(),
    context: {
      principal: who,
      signal: new AbortController().signal,
      client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
    },
  });
  async function pass(given: Call): Promise<{ readonly sent: Call }> {
    let sent: Call | undefined;
    await policy(given, async (next) => {
      sent = next;
      return {};
    });
    if (!sent) throw new TrestleError("internal", "Nothing was sent.");
    return { sent };
  }
  return {
    call,
    pass,
    /** Returns the handle of a text that was shortened for Ann. */
    keep(text: string): string {
      const asked = { principal: principal("ann"), maxBytes: 1_000 };
      const whole = { content: [{ type: "text", text }] };
      const short = results.shorten(whole, { ...asked, keepsStructure: false, takesLinks: true });
      return String(((short._meta as JsonObject)["trestle/result"] as JsonObject).handle);
    },
    async send(args: JsonObject, who?: Principal) {
      const sent = (await pass(call(args, who))).sent.params.arguments;
      return { sent, text: JSON.stringify(sent) };
    },
    advance: (ms: number) => {
      now += ms;
    },
    switchOff: () => {
      isOn = false;
    },
  };
}

function principal(id: string): Principal {
  return { id, kind: "key" };
}

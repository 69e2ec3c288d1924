import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom, pick, seedOf } from "./_random.ts";
import { type WireCase, wireCorpus } from "./_wire-corpus.ts";
import { httpWay, type Way } from "./_wire-ways.ts";

const seed = seedOf(process.env);
const rounds = Number(process.env.ROUNDS ?? 300);

let short: Way;
let long: Way;
beforeAll(async () => {
  [short, long] = await Promise.all([httpWay(true), httpWay(false)]);
});
afterAll(() => Promise.all([short.close(), long.close()]));

test(`both ways answer alike whatever is wrong with a message (SEED=${seed})`, async () => {
  const random = createRandom(seed);
  const cases = wireCorpus.filter(({ message }) => isJsonObject(message));
  let taken = 0;
  for (let round = 0; round < rounds; round += 1) {
    const base = pick(cases, random);
    const one: WireCase = { ...base, message: mutate(base.message as JsonObject, random) };
    const [ours, theirs] = await Promise.all([short.send(one), long.send(one)]);
    expect({ ...ours, taken: 0 }, JSON.stringify(one)).toEqual(theirs);
    taken += ours.taken;
  }
  expect(taken).toBeGreaterThan(0);
}, 120_000);

const strange: readonly JsonValue[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  "",
  "echo",
  "2026-07-28",
  "debug",
  [],
  [1],
  {},
  { a: 1 },
  { a: {} },
  { form: {} },
  { name: "x", version: "1" },
];
const keys = [
  "arguments",
  "elicitation",
  "experimental",
  "extensions",
  "icons",
  "inputResponses",
  "io.modelcontextprotocol/logLevel",
  "io.modelcontextprotocol/related-task",
  "io.modelcontextprotocol/subscriptionId",
  "listChanged",
  "name",
  "progressToken",
  "requestState",
  "result",
  "roots",
  "sampling",
  "task",
  "tasks",
  "title",
  "tools",
  "traceparent",
  "websiteUrl",
];

/** One thing in the message replaced, left out or added. */
function mutate(message: JsonObject, random: () => number): JsonObject {
  const copy = structuredClone(message);
  const objects: JsonObject[] = [];
  const collect = (value: JsonValue | undefined): void => {
    if (!isJsonObject(value)) return;
    objects.push(value);
    for (const item of Object.values(value)) collect(item);
  };
  collect(copy);
  const target = pick(objects, random);
  const own = Object.keys(target);
  const kind = random();
  const key = kind < 0.7 && own.length > 0 ? pick(own, random) : pick(keys, random);
  if (kind < 0.2) delete target[key];
  else target[key] = structuredClone(pick(strange, random));
  return copy;
}

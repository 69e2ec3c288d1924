import type { JsonObject, JsonValue } from "@trestle/protocol";
import { expect, test } from "vitest";
import { placesOf } from "./places.ts";
import { promote } from "./promote.ts";
import type { RecordedCall } from "./recorded.ts";
import { replay } from "./replay.ts";

const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = 400;

/** Mulberry32. */
function createRandom(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: <T>(list: readonly T[]): T => list[below(list.length)] as T };
}

const names = ["id", "user_id", "items", "$ref", "a b", 'q"', "path", "0", "step_1", "length", "ü"];
const texts = [
  ...["ISS-4711", "/srv/a b.txt", "open", "", "$step_1.id", "${input.id}", "\\$id x", "[redacted]"],
  ...[
    "see ISS-4711 now",
    "x $1 $$ ${",
    "long… (12 more)",
    "2026-11-22",
    "a\nb",
    "\\\\${results.x}",
  ],
];

function anything(random: ReturnType<typeof createRandom>, depth: number): JsonValue {
  const kind = random.below(depth > 2 ? 6 : 9);
  if (kind < 4) return random.pick(texts);
  if (kind === 4) return random.pick([0, 1, -3, 17, 4_711, 2.5001, 1e21]);
  if (kind === 5) return random.pick([true, false, null]);
  if (kind === 6) return Array.from({ length: random.below(4) }, () => anything(random, depth + 1));
  return anyObject(random, depth + 1);
}

function anyObject(random: ReturnType<typeof createRandom>, depth: number): JsonObject {
  const entries = Array.from({ length: random.below(4) }, () => [
    random.pick(names),
    anything(random, depth),
  ]);
  return Object.fromEntries(entries);
}

test(`whatever calls become a chain, its test passes (SEED=${SEED})`, async () => {
  let links = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const random = createRandom(SEED * ROUNDS + round);
    const calls: RecordedCall[] = [];
    for (let index = 0; index < 1 + random.below(5); index += 1) {
      const [place] = calls
        .flatMap(({ result }) => (result ? placesOf(result.document) : []))
        .slice(-1);
      const handed = place && random.below(2) === 0 ? { [random.pick(names)]: place.value } : {};
      calls.push({
        number: index,
        executionId: `e${index}`,
        server: "s",
        tool: random.pick(["get", "set"]),
        arguments: { ...anyObject(random, 0), ...handed },
        startedAt: index * 10,
        endedAt: index * 10 + random.below(15),
        ...(random.below(5) === 0 ? {} : { result: { document: anything(random, 0) } }),
      });
    }
    const promoted = promote("any", calls);
    links += promoted.links.length;
    const { passed, steps } = await replay(promoted.chain, promoted.fixture);
    const failed = steps.filter(({ same }) => !same);
    expect(failed, `SEED=${SEED}, round ${round}: ${JSON.stringify(promoted.chain)}`).toEqual([]);
    expect(passed).toBe(true);
    expect(JSON.stringify(promoted.chain)).not.toMatch(/\[redacted\]|more\)/);
  }
  expect(links).toBeGreaterThan(ROUNDS / 8);
});

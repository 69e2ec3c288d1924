import { silentLogger, systemClock } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { type SeededRandom, seededRandom } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { config } from "../../src/config.ts";
import { createGuard } from "../../src/guard/guard.ts";
import type { Database } from "../../src/postgres/database.ts";
import { openDatabase } from "../../src/postgres/open-database.ts";
import { HONEST } from "./_honest.ts";
import { mutate } from "./_mutate.ts";
import { leaks, textOf } from "./_prove.ts";
import { createWorld, type ServerWorld } from "./_world.ts";
import { corpus } from "./corpus/index.ts";

const hasServer = await hasLocalPostgres();
const random = seededRandom();
const guard = createGuard({ mode: "read-only" });
let world: ServerWorld;
let database: Database;

beforeAll(async () => {
  if (!hasServer) return;
  world = await createWorld();
  await world.reset();
  database = openDatabase(config.parse({ url: world.url, statementTimeoutMs: 3_000 }), {
    guard,
    dataDir: "",
    clock: systemClock,
    log: silentLogger,
  });
});

afterAll(async () => {
  if (!hasServer) return;
  await database.close();
  await world.close();
});

const attacks = Object.values(corpus).flatMap((group) => group.flatMap(({ calls }) => calls));
const honest = HONEST.map((sql) => sql.replaceAll(/\b(orders|customer|line|doc)\b/g, "secret"));

/** Pieces of reads and attacks put together at the places where words meet, and spelt in other ways. */
function draw(random: SeededRandom): string {
  const [first, second] = [random.pick(honest), random.pick(random.below(2) ? attacks : honest)];
  const cut = (text: string) => {
    const words = text.split(/(?<=[\s(),;])/);
    const at = random.below(words.length + 1);
    return [words.slice(0, at).join(""), words.slice(at).join("")] as const;
  };
  const [head] = cut(first);
  const [, tail] = cut(second);
  const whole = /^\s*(select|with|values|table)\b/i.test(second) ? second : "SELECT 1";
  const shapes = [
    () => mutate(second, random),
    () => `${head}${tail}`,
    () => `SELECT * FROM (${whole}) a, (${random.pick(honest)}) b`,
    () => `SELECT (${whole} LIMIT 1), ${random.pick(["1", "now()", "NULL"])}`,
    () => `WITH a AS (${whole}) ${first}`,
    () => `${first} UNION ALL ${whole}`,
    () => first.replace(/\b(id|word|name|total)\b/, () => `(${whole} LIMIT 1)`),
    () => `EXPLAIN ${random.pick(["", "ANALYZE ", "(ANALYZE, VERBOSE) "])}${second}`,
  ];
  return mutate(world.fill(random.pick(shapes)()), random);
}

describe.skipIf(!hasServer)("what the guard lets pass", () => {
  test("changes nothing, as a superuser, whatever it is", { timeout: 3_600_000 }, async () => {
    const [before, dumped] = [await world.look(), await world.dump()];
    const counts = { drawn: 0, accepted: 0, answered: 0 };
    const since: string[] = [];
    const expectUnchanged = async () => {
      expect([since, await world.look()]).toEqual([since, before]);
      since.length = 0;
    };
    for (let round = 1_500 * random.rounds(1); round > 0; round -= 1) {
      const sql = draw(random);
      counts.drawn += 1;
      if (
        !(await guard.checkRead(sql).then(
          () => true,
          () => false,
        ))
      )
        continue;
      counts.accepted += 1;
      since.push(sql);
      const answer = await database.query(sql).catch((error: unknown) => error);
      if (!(answer instanceof Error)) counts.answered += 1;
      expect([sql, leaks(textOf(answer))]).toEqual([sql, false]);
      if (since.length === 20) await expectUnchanged();
    }
    await expectUnchanged();
    expect(await world.dump()).toBe(dumped);
    process.stderr.write(`${JSON.stringify(counts)}\n`);
    expect(counts.answered).toBeGreaterThan(0);
  });
});

import process from "node:process";
import { silentLogger, systemClock } from "@trestle/protocol";
import { seededRandom } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { config } from "../../src/config.ts";
import { createGuard } from "../../src/guard/guard.ts";
import { openDatabase } from "../../src/postgres/open-database.ts";
import {
  candidates,
  countEffects,
  countRefused,
  EVERY,
  noGuard,
  type Proved,
  passing,
  proveAll,
  report,
} from "./_attempts.ts";
import { createEmbeddedWorld, type EmbeddedWorld } from "./_embedded-world.ts";
import type { Attack } from "./corpus/index.ts";

const random = seededRandom();
/** Rewritings, ROUNDS times as many where that is said; those that turn out to be no attack are dropped. */
const MUTANTS = 5 * random.rounds(1);
const LEAST = EVERY ? 280 : 5;

let world: EmbeddedWorld;
let proved: Proved;
const attacks = () => proved.attacks.map(({ attack }) => attack);

beforeAll(async () => {
  world = await createEmbeddedWorld();
});

afterAll(() => world?.close());

const open = (guard = createGuard({ mode: "read-only" })) =>
  openDatabase(config.parse({ maxConnections: 1, statementTimeoutMs: 6_000 }), {
    guard,
    dataDir: world.dataDir,
    clock: systemClock,
    log: silentLogger,
  });

/** There are no other sessions and no other programs there; the engine spins for ever after one was asked for. */
function lacks({ calls }: Attack): string | undefined {
  const text = calls.join(";");
  if (/\{victim\}/.test(text)) return "there is no other session";
  if (/\{self\}/.test(text)) return "it connects to nothing";
  if (/pg_subscription/.test(text)) return "it can not be subscribed to anything";
  if (/\bPROGRAM\b/i.test(text)) return "it starts no program";
  return undefined;
}

describe(
  EVERY ? "every attack on the embedded Postgres" : "some attacks on the embedded Postgres",
  () => {
    test("works where nothing stops it", { timeout: 600_000 }, async () => {
      const drawn = candidates(random, { oneIn: 25, mutants: MUTANTS });
      proved = await proveAll(world, drawn, lacks);
      expect(proved.useless).toEqual([]);
      expect(proved.attacks.length).toBeGreaterThanOrEqual(LEAST);
    });

    test("is refused, and changes nothing, whether it could work or not", async () => {
      await world.reset();
      const database = open();
      const dumped = await world.dump();
      const all = [...attacks(), ...proved.impossible.map(({ attack }) => attack)];
      expect(await passing(world, database, all)).toEqual([]);
      await database.close();
      expect(await world.dump()).toBe(dumped);
    });

    test("meets walls behind the guard", { timeout: 600_000 }, async () => {
      const effects = await countEffects(world, () => open(noGuard), attacks());
      const refused = await countRefused(world, createGuard({ mode: "read-only" }), attacks());
      process.stderr.write(report(proved, refused, [["embedded", effects]]));
      if (EVERY) process.stderr.write(listOf(proved.impossible));
      expect(refused.guard + refused.transaction).toBe(attacks().length);
    });
  },
);

function listOf(impossible: Proved["impossible"]): string {
  const lines = impossible.map(({ attack, why }) => `  ${attack.calls.join(" | ")}: ${why}\n`);
  return ["not possible in the embedded Postgres:\n", ...lines].join("");
}

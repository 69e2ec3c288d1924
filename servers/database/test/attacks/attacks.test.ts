import process from "node:process";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { type NeonProxy, startNeonProxy } from "@trestle/testkit/neon-proxy";
import { seededRandom } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGuard, type Guard } from "../../src/guard/guard.ts";
import { recommendedRole } from "../../src/guard/role.ts";
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
import { openBy, WAYS, type Way } from "./_ways.ts";
import { createWorld, once, type ServerWorld } from "./_world.ts";

const hasServer = await hasLocalPostgres();
/** The corpus is written for the newest server that tests are run with everywhere. */
const NAMED = process.env.TRESTLE_TEST_POSTGRES !== undefined;
const random = seededRandom();
/** Rewritings, ROUNDS times as many where that is said; those that turn out to be no attack are dropped. */
const MUTANTS = 10 * random.rounds(1);
const LEAST = EVERY ? 300 : 10;

let world: ServerWorld;
let proxy: NeonProxy;
let role: string;
let proved: Proved;
const attacks = () => proved.attacks.map(({ attack }) => attack);

beforeAll(async () => {
  if (!hasServer) return;
  world = await createWorld();
  proxy = await startNeonProxy({ allow: [new URL(world.url).host] });
  role = `evil_${world.name.slice(-12)}_role`;
});

afterAll(async () => {
  if (!hasServer) return;
  await proxy.close();
  await world.close();
  await once("postgres", `DROP ROLE IF EXISTS ${role}`);
});

const WHO = ["superuser", "recommended role"] as const;
const EACH = WAYS.flatMap((way) => WHO.map((who) => [way, who] as const))
  // Over Neon stands the same server: a usual run goes each way once.
  .filter(([way, who]) => EVERY || way === "Postgres" || who === "superuser");

const open = (way: Way, who: (typeof WHO)[number], guard: Guard) =>
  openBy(way, { url: urlOf(who), front: proxy, guard });

const urlOf = (who: (typeof WHO)[number]) =>
  who === "superuser" ? world.url : world.url.replace("postgres@", `${role}@`);

describe.skipIf(!hasServer)(EVERY ? "every attack" : "an attack of those drawn", () => {
  test("works where nothing stops it", { timeout: 300_000 }, async () => {
    proved = await proveAll(world, candidates(random, { oneIn: 12, mutants: MUTANTS }));
    expect(proved.useless).toEqual([]);
    if (!NAMED) expect(proved.impossible).toEqual([]);
    expect(proved.attacks.length).toBeGreaterThanOrEqual(LEAST);
  });

  test.each(EACH)("is refused over %s as %s, and changes nothing", async (way, who) => {
    await world.reset();
    await makeRole();
    const database = open(way, who, createGuard({ mode: "read-only" }));
    const dumped = await world.dump();
    expect(await passing(world, database, attacks())).toEqual([]);
    await database.close();
    expect(await world.dump()).toBe(dumped);
  });

  test("meets walls behind the guard", { timeout: 600_000 }, async () => {
    const lines = [];
    for (const [way, who] of EVERY ? EACH : EACH.slice(0, 2)) {
      const effects = countEffects(world, () => open(way, who, noGuard), attacks(), makeRole);
      lines.push([`over ${way} as ${who}`, await effects] as const);
    }
    const refused = await countRefused(world, createGuard({ mode: "read-only" }), attacks());
    process.stderr.write(report(proved, refused, lines));
    expect(refused.guard + refused.transaction).toBe(attacks().length);
  });
});

async function makeRole(): Promise<void> {
  await world.script(`DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
    DROP OWNED BY ${role}; DROP ROLE ${role}; END IF; END $$`);
  await world.script(
    `${recommendedRole("read-only", ["public", "ext"], role)} ALTER ROLE ${role} LOGIN`,
  );
}

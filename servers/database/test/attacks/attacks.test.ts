import process from "node:process";
import { silentLogger, systemClock } from "@trestle/protocol";
import { hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { seededRandom } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { config } from "../../src/config.ts";
import { createGuard, type Guard } from "../../src/guard/guard.ts";
import { recommendedRole } from "../../src/guard/role.ts";
import type { Database } from "../../src/postgres/database.ts";
import { openDatabase } from "../../src/postgres/open-database.ts";
import { mutate } from "./_mutate.ts";
import { leaks, prove, textOf } from "./_prove.ts";
import { createWorld, once, SERVER, type World } from "./_world.ts";
import { type Attack, corpus } from "./corpus/index.ts";

const hasServer = await hasLocalPostgres();
const random = seededRandom();
/** Each with the seed that it was made by; those that turn out to be no attack are dropped. */
const MUTANTS = random.rounds(40);

/** `pnpm chaos attacks` takes every attack of the corpus; a usual run draws a quarter of them. */
const EVERY = process.env.ROUNDS !== undefined;
const LEAST = EVERY ? 300 : 40;

let world: World;
let role: string;
const attacks: { readonly group: string; readonly attack: Attack }[] = [];
const proved = { naive: 0, open: 0, dropped: 0 };

beforeAll(async () => {
  if (!hasServer) return;
  world = await createWorld();
  role = `evil_${world.name.slice(-12)}_role`;
});

afterAll(async () => {
  if (!hasServer) return;
  await world.close();
  await once("postgres", `DROP ROLE IF EXISTS ${role}`);
});

const open = (url: string, guard: Guard): Database =>
  openDatabase(config.parse({ url, mode: "read-only", maxConnections: 1 }), {
    guard,
    dataDir: "",
    clock: systemClock,
    log: silentLogger,
  });

/** Lets everything through, as if it had not been written. */
const noGuard: Guard = {
  rules: { mode: "read-only" },
  checkRead: async () => ({ kind: "rows", destructive: false }),
  check: async () => ({ kind: "rows", destructive: false }),
  checkTable() {},
};

/** Runs an attack; tells what it answered. What it left behind is for others to see. */
async function run(database: Database, { calls }: Attack): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const call of calls)
    answers.push(
      await database.query(world.fill(call)).then(
        ({ rows }) => rows,
        (error: unknown) => error,
      ),
    );
  return answers;
}

describe.skipIf(!hasServer)(EVERY ? "every attack" : "an attack of a quarter, drawn", () => {
  test("works where nothing stops it", { timeout: 300_000 }, async () => {
    const useless: string[] = [];
    await world.reset();
    for (const { group, attack, isMutant } of candidates()) {
      const through = await prove(world, attack);
      if (through === undefined && isMutant) proved.dropped += 1;
      else if (through === undefined) useless.push(`${group}: ${attack.calls.join(" | ")}`);
      else {
        attacks.push({ group, attack });
        proved[through === "open" ? "open" : "naive"] += 1;
      }
    }
    expect(useless).toEqual([]);
    expect(attacks.length).toBeGreaterThanOrEqual(LEAST);
  });

  test.each(["superuser", "recommended role"])(
    "is refused, and changes nothing: %s",
    async (who) => {
      await world.reset();
      const database = open(await urlOf(who), createGuard({ mode: "read-only" }));
      const [before, dumped] = [await world.look(), world.dump()];
      const passed: string[] = [];
      for (const { attack } of attacks) {
        const answers = await run(database, attack);
        const isRefused = answers.some((answer) => isRefusal(answer));
        if ((!isRefused && !isOnlyCode(attack)) || leaks(answers.map(textOf)))
          passed.push(attack.calls.join(" | "));
        if ((await world.look()) !== before) passed.push(`changed: ${attack.calls.join(" | ")}`);
      }
      await database.close();
      expect(passed).toEqual([]);
      expect(world.dump()).toBe(dumped);
    },
  );

  test("meets walls behind the guard", { timeout: 300_000 }, async () => {
    const lines = [];
    for (const who of ["superuser", "recommended role"])
      lines.push([who, await countEffects(who)] as const);
    const refused = await countRefused();
    process.stderr.write(report(refused, lines));
    expect(refused.guard + refused.transaction).toBe(attacks.length);
  });
});

/** Each of the corpus, and rewritings of them drawn by the seed. */
function* candidates() {
  for (const [group, all] of Object.entries(corpus))
    for (const attack of all)
      if (EVERY || random.below(4) === 0) yield { group, attack, isMutant: false };
  const all = Object.entries(corpus).flatMap(([group, some]) =>
    some.map((attack) => ({ group, attack })),
  );
  for (let made = 0; made < MUTANTS; made += 1) {
    const { group, attack } = random.pick(all);
    const calls = attack.calls.map((call) => mutate(call, random));
    yield { group: `${group}, rewritten`, attack: { ...attack, calls }, isMutant: true };
  }
}

/** The functions of the database itself: nobody knows what they do, and a transaction that reads stops them. */
function isOnlyCode({ calls }: Attack): boolean {
  return calls.some((call) => /sneaky|<\+>/i.test(call));
}

function isRefusal(answer: unknown): boolean {
  const { code } = (answer ?? {}) as { code?: unknown };
  return code === "denied" || code === "invalid_input" || code === "not_found";
}

async function urlOf(who: string): Promise<string> {
  if (who === "superuser") return world.url;
  await world.script(`DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
    DROP OWNED BY ${role}; DROP ROLE ${role}; END IF; END $$`);
  await world.script(
    `${recommendedRole("read-only", ["public", "ext"], role)} ALTER ROLE ${role} LOGIN`,
  );
  return `${SERVER.replace("postgres@", `${role}@`)}/${world.name}`;
}

/** With no guard: how many still have an effect, behind the transaction and as whom. */
async function countEffects(who: string): Promise<number> {
  let effects = 0;
  await world.reset();
  const url = await urlOf(who);
  let before = await world.look();
  for (const { attack } of attacks) {
    const database = open(url, noGuard);
    const answers = await run(database, attack);
    const isLeak = attack.proof === "leak" && leaks(answers.map(textOf));
    const isAct = attack.proof === "act" && !answers.some((answer) => answer instanceof Error);
    const after = await world.look();
    if (isLeak || isAct || after !== before) effects += 1;
    await database.close();
    if (after === before) continue;
    await world.reset();
    if (who !== "superuser") await urlOf(who);
    before = await world.look();
  }
  return effects;
}

async function countRefused(): Promise<{ guard: number; transaction: number }> {
  const guard = createGuard({ mode: "read-only" });
  const counts = { guard: 0, transaction: 0 };
  for (const { attack } of attacks) {
    const passes = await Promise.all(
      attack.calls.map((call) =>
        guard.checkRead(world.fill(call)).then(
          () => true,
          () => false,
        ),
      ),
    );
    counts[passes.every(Boolean) ? "transaction" : "guard"] += 1;
  }
  return counts;
}

function report(
  refused: { guard: number; transaction: number },
  effects: readonly (readonly [string, number])[],
): string {
  const total = attacks.length;
  return [
    `${total} attacks that work (${proved.dropped} rewritings did not, and were dropped):`,
    `  ${proved.naive} work through BEGIN READ ONLY with the simple protocol, ${proved.open} only where nothing is in the way`,
    `  the guard refuses ${refused.guard}; ${refused.transaction} call code of the database, whose writes the transaction stops`,
    ...effects.map(
      ([who, count]) =>
        `  without the guard, as ${who}: extended protocol, READ ONLY and ROLLBACK stop ${total - count}, and ${count} have an effect`,
    ),
    "",
  ].join("\n");
}

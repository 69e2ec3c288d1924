import process from "node:process";
import type { SeededRandom } from "@trestle/testkit/surroundings";
import type { Guard } from "../../src/guard/guard.ts";
import type { Database } from "../../src/postgres/database.ts";
import { mutate } from "./_mutate.ts";
import { leaks, type Proof, prove, textOf } from "./_prove.ts";
import type { World } from "./_world.ts";
import { type Attack, corpus } from "./corpus/index.ts";

/** `pnpm chaos attacks` takes every attack of the corpus; a usual run draws some of them. */
export const EVERY = process.env.ROUNDS !== undefined;

export interface Proved {
  /** What works, and through what. */
  readonly attacks: readonly { readonly attack: Attack; readonly through: Proof["through"] }[];
  /** What this engine has not got at all, with what it said. */
  readonly impossible: readonly { readonly attack: Attack; readonly why: string }[];
  /** Rewritings that turned out to be no attack. */
  readonly dropped: number;
  /** What neither works nor is missing: a mistake in the corpus. */
  readonly useless: readonly string[];
}

interface Drawing {
  /** One in so many, unless all are taken. */
  readonly oneIn: number;
  readonly mutants: number;
}

/** Lets everything through, as if it had not been written. */
export const noGuard: Guard = {
  rules: { mode: "read-only" },
  checkRead: async () => ({ kind: "rows", destructive: false }),
  check: async () => ({ kind: "rows", destructive: false }),
  checkTable() {},
};

/** Shows of each attack that it works where nothing stops it. `lacks`: why it is not even tried. */
export async function proveAll(
  world: World,
  attacks: Iterable<Candidate>,
  lacks: (attack: Attack) => string | undefined = () => undefined,
): Promise<Proved> {
  const works: { attack: Attack; through: Proof["through"] }[] = [];
  const impossible: { attack: Attack; why: string }[] = [];
  const useless: string[] = [];
  let dropped = 0;
  await world.reset();
  let state = await world.look();
  for (const { group, attack, isMutant } of attacks) {
    const missing = lacks(attack);
    const { through, errors, ...now } = missing ? NOT_TRIED : await prove(world, attack, state);
    state = now.state ?? state;
    const why = missing ?? errors.find((error) => MISSING.test(error));
    if (through) works.push({ attack, through });
    else if (isMutant) dropped += 1;
    else if (why) impossible.push({ attack, why });
    else useless.push(`${group}: ${attack.calls.join(" | ")}: ${errors.join("; ")}`);
  }
  return { attacks: works, impossible, dropped, useless };
}

const NOT_TRIED = { through: undefined, errors: [], state: undefined } as const;
/** How an engine says that it has not got what an attack uses. */
const MISSING =
  /does not exist|syntax error|not supported|could not (load|access|open extension)|unrecognized/;

export interface Candidate {
  readonly group: string;
  readonly attack: Attack;
  readonly isMutant: boolean;
}

/** Each of the corpus, and rewritings of them drawn by the seed. */
export function* candidates(
  random: SeededRandom,
  { oneIn, mutants }: Drawing,
): Generator<Candidate> {
  const all = Object.entries(corpus).flatMap(([group, some]) =>
    some.map((attack) => ({ group, attack })),
  );
  for (const one of all) if (EVERY || random.below(oneIn) === 0) yield { ...one, isMutant: false };
  for (let made = 0; made < mutants; made += 1) {
    const { group, attack } = random.pick(all);
    const calls = attack.calls.map((call) => mutate(call, random));
    yield { group: `${group}, rewritten`, attack: { ...attack, calls }, isMutant: true };
  }
}

/** Runs an attack; tells what it answered. What it left behind is for others to see. */
async function run(world: World, database: Database, { calls }: Attack): Promise<unknown[]> {
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

/** What got through a guarded database, or changed anything; nothing, if it is worth its name. */
export async function passing(
  world: World,
  database: Database,
  attacks: readonly Attack[],
): Promise<string[]> {
  const before = await world.look();
  const passed: string[] = [];
  for (const attack of attacks) {
    const answers = await run(world, database, attack);
    const isRefused = answers.some((answer) => isRefusal(answer));
    if ((!isRefused && !isOnlyCode(attack)) || leaks(answers.map(textOf)))
      passed.push(attack.calls.join(" | "));
    if ((await world.look()) !== before) passed.push(`changed: ${attack.calls.join(" | ")}`);
  }
  return passed;
}

/** The functions of the database itself: nobody knows what they do, and a transaction that reads stops them. */
function isOnlyCode({ calls }: Attack): boolean {
  return calls.some((call) => /sneaky|<\+>/i.test(call));
}

function isRefusal(answer: unknown): boolean {
  const { code } = (answer ?? {}) as { code?: unknown };
  return code === "denied" || code === "invalid_input" || code === "not_found";
}

/** With no guard, each attack through a database of its own: how many still have an effect. */
export async function countEffects(
  world: World,
  open: () => Database,
  attacks: readonly Attack[],
  afterReset: () => Promise<void> = async () => {},
): Promise<number> {
  let effects = 0;
  await world.reset();
  await afterReset();
  let before = await world.look();
  for (const attack of attacks) {
    const database = open();
    const answers = await run(world, database, attack);
    await database.close();
    const isLeak = attack.proof === "leak" && leaks(answers.map(textOf));
    const isAct = attack.proof === "act" && !answers.some((answer) => answer instanceof Error);
    const after = await world.look();
    if (isLeak || isAct || after !== before) effects += 1;
    if (after === before) continue;
    await world.reset();
    await afterReset();
    before = await world.look();
  }
  return effects;
}

/** Who refuses: the guard, or behind it the transaction. */
export async function countRefused(world: World, guard: Guard, attacks: readonly Attack[]) {
  const counts = { guard: 0, transaction: 0 };
  for (const attack of attacks) {
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

export function report(
  { attacks, impossible, dropped }: Proved,
  refused: { readonly guard: number; readonly transaction: number },
  effects: readonly (readonly [string, number])[],
): string {
  const total = attacks.length;
  const naive = attacks.filter(({ through }) => through === "naive reader").length;
  return [
    `${total} attacks that work (${dropped} rewritings did not, and were dropped; ${impossible.length} use what this Postgres has not got):`,
    `  ${naive} work through BEGIN READ ONLY with the simple protocol, ${total - naive} only where nothing is in the way`,
    `  the guard refuses ${refused.guard}; ${refused.transaction} call code of the database, whose writes the transaction stops`,
    ...effects.map(
      ([who, count]) =>
        `  without the guard, ${who}: extended protocol, READ ONLY and ROLLBACK stop ${total - count}, and ${count} have an effect`,
    ),
    "",
  ].join("\n");
}

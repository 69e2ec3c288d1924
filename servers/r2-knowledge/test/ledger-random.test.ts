import { type SeededRandom, seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { LedgerLine } from "../src/ledger/fold.ts";
import type { ObjectStore } from "../src/object-store/object-store.ts";
import { createModel, type Model } from "./_ledger-model.ts";
import { newStore, type OpenedLedger, openTestLedger } from "./_ledger-parts.ts";
import { gone, INDEX, put } from "./_ledger-things.ts";
import { createWorld, type World } from "./_ledger-world.ts";

const random = seededRandom();
const ROUNDS = random.rounds(2);
const PROCESSES = 5;
const STEPS = 25;

const GRACES_MS = [1, 100, 1_000, 20_000];

/** Failures that a caller may meet; nothing else. */
const EXPECTED = ["throttled", "unavailable", "outcome_unknown", "unsettled", "busy"];

test(`any order of requests, losses and deaths keeps what was acknowledged, ${ROUNDS} times`, async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const store = await newStore();
    const world = createWorld(store, random);
    const model = createModel();
    const faults: string[] = [];
    // Mostly shorter than a read takes here, so that readers meet what is deleted under them.
    const times = {
      compactEveryMs: random.pick([50, 500, 5_000]),
      graceMs: random.pick(GRACES_MS),
    };
    const shares = { append: 0.2 + random.next() * 0.4, refresh: random.next() * 0.3 };
    const lives = Array.from({ length: PROCESSES }, (_, at) =>
      liveAndDie({ world, model, faults, times, shares, name: `p${at}`, versions: new Map() }),
    );
    const troubles = {
      refused: random.next() * 0.1,
      lost: random.next() * 0.1,
      late: random.next() * 0.1,
      killed: random.next() * 0.02,
    };
    await world.drive(Promise.all(lives), troubles);
    await world.settle();
    expect(faults, `round ${round}`).toEqual([]);
    await expectAgreement(store, { world, model, times });
  }
});

interface Times {
  readonly compactEveryMs: number;
  readonly graceMs: number;
}

interface Life {
  readonly world: World;
  readonly model: Model;
  readonly faults: string[];
  readonly times: Times;
  /** Of all that is done; the rest are compactions. */
  readonly shares: { readonly append: number; readonly refresh: number };
  readonly name: string;
  readonly versions: Map<string, number>;
}

/** A program that does this and that, and that is started again where it was killed. */
async function liveAndDie(life: Life): Promise<void> {
  const { world } = life;
  let steps = STEPS;
  while (steps > 0) {
    let isDead = false;
    const { promise: death, resolve: die } = Promise.withResolvers<void>();
    const store = world.join(() => {
      isDead = true;
      die();
    });
    const ledger = openTestLedger(store, {
      clock: world.clock,
      random: random.next,
      writer: life.name,
      ...life.times,
      deadlineMs: 20_000,
    });
    while (steps > 0 && !isDead) {
      steps -= 1;
      await Promise.race([death, step(life, ledger, () => isDead)]);
    }
  }
}

/** One thing, or two at once. */
async function step(life: Life, ledger: OpenedLedger, isDead: () => boolean): Promise<void> {
  const deeds = Array.from({ length: 1 + random.below(2) }, () => deed(life, ledger, isDead));
  for (const outcome of await Promise.allSettled(deeds)) {
    if (outcome.status === "fulfilled") continue;
    const { code } = outcome.reason as { code?: string };
    if (!EXPECTED.includes(code ?? "")) life.faults.push(String(outcome.reason));
  }
}

async function deed(life: Life, ledger: OpenedLedger, isDead: () => boolean): Promise<void> {
  const { model, faults, shares } = life;
  const chance = random.next();
  if (chance < shares.append) {
    const lines = someLines(random, life);
    model.tried(lines);
    await ledger.append(lines);
    if (!isDead()) model.acknowledged(lines);
  } else if (chance < shares.append + shares.refresh) {
    const floor = model.floor();
    await ledger.refresh();
    if (!isDead()) faults.push(...model.faults(ledger, floor));
  } else await ledger.compact();
}

/** Own ids and shared ones, with versions that nobody else gives. */
function someLines(by: SeededRandom, { name, versions }: Life): LedgerLine[] {
  const ids = ["shared1", "shared2", `${name}a`, `${name}b`, `${name}c`];
  return Array.from({ length: 1 + by.below(3) }, () => {
    const id = by.pick(ids);
    const process = Number(name.slice(1));
    const last = versions.get(id) ?? process;
    if (by.next() < 0.2) return gone(id, last);
    const version = last + PROCESSES * (1 + by.below(2));
    versions.set(id, version);
    return put(id, version);
  });
}

/** With nothing going wrong any more, everybody sees the same, before and after compactions. */
async function expectAgreement(
  store: ObjectStore,
  { world: { clock }, model, times }: Pick<Life, "world" | "model" | "times">,
): Promise<void> {
  const readAnew = async () => {
    const ledger = openTestLedger(store, { clock, ...times });
    await ledger.refresh();
    expect(model.faults(ledger, model.floor())).toEqual([]);
    expect(ledger.status()).toMatchObject({ isComplete: true, problems: [] });
    return ledger;
  };
  const old = await readAnew();
  const shown = () => Object.fromEntries(old.fold.entries);
  const before = shown();
  for (let version = 0; version < 3; version += 1) {
    clock.advance(times.graceMs + times.compactEveryMs);
    const ledger = await readAnew();
    model.tried([put("last", version)]);
    await ledger.append([put("last", version)]);
    model.acknowledged([put("last", version)]);
    expect(await ledger.compact()).toMatchObject({ kind: "done" });
    expect(Object.fromEntries((await readAnew()).fold.entries)).toEqual({
      ...before,
      last: { version, entry: `last ${version}` },
    });
  }
  await old.refresh();
  expect(shown()).toEqual({ ...before, last: { version: 2, entry: "last 2" } });
  // What was taken in is gone, but for what the last two compactions left.
  expect((await store.list(`${INDEX}seg/`)).objects.length).toBeLessThanOrEqual(2);
  expect((await store.list(`${INDEX}snap/`)).objects.length).toBeLessThanOrEqual(2);
}

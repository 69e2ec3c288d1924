import { isTrestleError, type JsonObject, type Principal, TrestleError } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createCall, createTestClock, pass, type TestClock, writing } from "./_parts.ts";
import { createRandom, type Random, roundsAndSeed } from "./_random.ts";
import { type Cache, createCache } from "./cache.ts";
import { createMemoryCache } from "./cache-memory.ts";
import type { Call } from "./call.ts";
import { watchCaller } from "./waiting.ts";

const { rounds, seed } = roundsAndSeed(40);
const SERVERS = ["a", "b"];
const PRINCIPALS: readonly Principal[] = ["ann", "bob"].map((id) => ({ id, kind: "key" }));
const ITEMS = [1, 1, 1, 2];
const OPERATIONS = 250;
const DURATION_MS = 1_500;
const LONGEST_MS = 80;
const UNSETTLED_MS = 50;

/** One simulated life of a cache: what everybody did, and what the servers really held. */
interface World {
  readonly random: Random;
  readonly clock: TestClock;
  readonly cache: Cache;
  /** Each write makes the next version of its server. */
  readonly versions: Map<string, number>;
  /** The newest version of a write whose outcome its caller knows. */
  readonly known: Map<string, number>;
  /** Writes that may land after their caller gave up, and until when that is expected. */
  readonly open: {
    readonly server: string;
    readonly version: () => number;
    readonly until: number;
  }[];
  readonly broken: string[];
  hits: number;
  answered: number;
}

function createWorld(round: number): World {
  const random = createRandom(seed + round);
  const clock = createTestClock(0);
  const settings = {
    ttlMs: 50 + random.below(1_000),
    ...(random.chance(0.5) && { staleWhileRevalidateMs: random.below(300) }),
    ...(random.chance(0.5) && { staleOnErrorMs: random.below(300) }),
  };
  const cache = createCache({
    settingsFor: () => settings,
    store: createMemoryCache({ clock, maxBytes: random.pick([1_500, 100_000]) }),
    clock,
    unsettledMs: UNSETTLED_MS,
  });
  const [versions, known] = [new Map<string, number>(), new Map<string, number>()];
  return { random, clock, cache, versions, known, open: [], broken: [], hits: 0, answered: 0 };
}

test(`no read that began after a write's outcome sees what was read before it (SEED=${seed})`, async () => {
  let [hits, answered] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    const world = createWorld(round);
    const writes = world.random.pick([0.02, 0.1]);
    for (let operation = 0; operation < OPERATIONS; operation += 1) plan(world, writes);
    await pass(world.clock, DURATION_MS + 10 * LONGEST_MS, 1);
    expect(world.broken, `round ${round} of SEED=${seed}`).toEqual([]);
    hits += world.hits;
    answered += world.answered;
  }
  // Without hits the property would hold for nothing.
  expect(hits).toBeGreaterThan(rounds);
  expect(answered).toBeGreaterThan(hits);
});

function plan(world: World, writes: number): void {
  const { random, clock } = world;
  const start = random.below(DURATION_MS);
  const kind = random.next();
  const operate = kind < writes ? write : kind < writes + 0.02 ? clear : read;
  clock.after(start, () => void operate(world));
}

async function read(world: World): Promise<void> {
  const { random, clock, cache } = world;
  const { call, controller } = randomCall(world, random.pick(ITEMS));
  const principal = call.context.principal.id;
  const least = leastVersion(world, call.server);
  try {
    const result = await cache.policy(call, (flown) => serveRead(world, flown));
    world.answered += 1;
    if (call.trail.cached) world.hits += 1;
    if (result.principal !== principal) world.broken.push(`${principal} got ${result.principal}'s`);
    if (result.item !== itemOf(call)) world.broken.push("got another item");
    if (Number(result.version) < least) {
      world.broken.push(`read version ${result.version}, ${least} was known to be written`);
    }
  } catch (error) {
    const code = isTrestleError(error) ? error.code : String(error);
    const { deadline = Number.POSITIVE_INFINITY } = call.context;
    const own = controller.signal.aborted || clock.now() >= deadline;
    if (code !== "unavailable" && !own) world.broken.push(`ended with another's ${code}`);
  }
}

async function write(world: World): Promise<void> {
  const { random, clock, cache, known, open } = world;
  const { call } = randomCall(world, random.pick(ITEMS));
  let version = 0;
  const landed = (value: number): void => {
    version = value;
  };
  try {
    await cache.policy({ ...call, hints: writing, tool: "save" }, (sent) =>
      serveWrite(world, sent, landed),
    );
    known.set(call.server, Math.max(known.get(call.server) ?? 0, version));
  } catch {
    const until = clock.now() + UNSETTLED_MS + LONGEST_MS;
    open.push({ server: call.server, version: () => version, until });
  }
}

async function clear({ cache, random }: World): Promise<void> {
  await cache.clear(random.chance(0.5) ? {} : { server: random.pick(SERVERS) });
}

/** What a read that begins now must see at least. */
function leastVersion({ clock, known, open }: World, server: string): number {
  const settled = open.filter((each) => each.server === server && each.until < clock.now());
  return Math.max(known.get(server) ?? 0, ...settled.map(({ version }) => version()));
}

function randomCall(
  { random, clock }: World,
  item: number,
): { call: Call; controller: AbortController } {
  const controller = new AbortController();
  if (random.chance(0.3)) clock.after(random.below(LONGEST_MS), () => controller.abort());
  const deadline = random.chance(0.3) ? { deadline: clock.now() + random.below(LONGEST_MS) } : {};
  const call = createCall({
    server: random.pick(SERVERS),
    params: { name: "run", arguments: { item } },
    // Some tools give no hint, and are cached by their caller's word.
    ...(random.chance(0.1) && { tool: "odd", hints: writing, control: { useCache: true } }),
    context: { principal: random.pick(PRINCIPALS), signal: controller.signal, ...deadline },
  });
  return { call, controller };
}

function itemOf({ params }: Call): unknown {
  return (params.arguments as JsonObject).item;
}

/** Looks at the version at some moment, and answers at a later one, if anybody still waits. */
function serveRead({ random, clock, versions }: World, call: Call): Promise<JsonObject> {
  const [lookAfter, answerAfter] = moments(random);
  const fails = random.chance(0.1);
  call.trail.attempts += 1;
  return new Promise((resolve, reject) => {
    const stop = watchCaller(call, clock, reject);
    clock.after(lookAfter, () => {
      const version = versions.get(call.server) ?? 0;
      const result = {
        version,
        item: itemOf(call) as number,
        principal: call.context.principal.id,
      };
      clock.after(answerAfter, () => {
        stop();
        if (fails) reject(new TrestleError("unavailable", "down", { details: { sent: true } }));
        else resolve(result);
      });
    });
  });
}

/** Lands at some moment, whether or not its caller still waits, unless it was never sent. */
function serveWrite(
  { random, clock, versions }: World,
  call: Call,
  landed: (version: number) => void,
): Promise<JsonObject> {
  const [landAfter, answerAfter] = moments(random);
  const fate = random.next();
  if (fate < 0.1) {
    return Promise.reject(new TrestleError("unavailable", "gone", { details: { sent: false } }));
  }
  call.trail.attempts += 1;
  return new Promise((resolve, reject) => {
    const stop = watchCaller(call, clock, reject);
    clock.after(landAfter, () => {
      const version = (versions.get(call.server) ?? 0) + 1;
      versions.set(call.server, version);
      landed(version);
      clock.after(answerAfter, () => {
        stop();
        if (fate < 0.2) reject(new TrestleError("outcome_unknown", "died"));
        else resolve({});
      });
    });
  });
}

function moments(random: Random): [number, number] {
  const first = random.below(LONGEST_MS / 2);
  return [first, random.below(LONGEST_MS / 2)];
}

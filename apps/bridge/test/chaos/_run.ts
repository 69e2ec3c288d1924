import { setTimeout as pause } from "node:timers/promises";
import { createRandom, pick } from "../_random.ts";
import { type Asking, createAsking, type Principal } from "./_asking.ts";
import { OUTSIDER } from "./_config.ts";
import { adminOf, prepare, principalOf } from "./_prepare.ts";
import { carryOut, type Recovery, recover } from "./_rounds.ts";
import {
  digestOf,
  drawSchedule,
  type Entry,
  roundsOf,
  type ScheduleOptions,
  wordEntry,
} from "./_schedule.ts";
import { judge } from "./_verdict.ts";
import { createWorkload, type Workload } from "./_workload.ts";
import { type Deed, KINDS, type Kind } from "./_works.ts";
import { addressesOf, adminKeyOf, type ChaosWorld, openWorld } from "./_world.ts";

export interface SystemChaosOptions extends ScheduleOptions {
  /** Requests that are under way at a time. */
  readonly clients: number;
  readonly say: (line: string) => void;
}

export interface SystemChaosReport {
  readonly schedule: readonly Entry[];
  /** Of the schedule. */
  readonly digest: string;
  /** Of each kind, how many were asked for and how many acknowledged. */
  readonly deeds: Readonly<Record<Kind, readonly [asked: number, acknowledged: number]>>;
  /** Of each round and kind, until it worked at every bridge after the last fault, in milliseconds. */
  readonly recovery: readonly Recovery[];
  /** Each with the seed and the entry that came before it: there must be none. */
  readonly failures: readonly string[];
}

/** Faults end, and everything has to work again, this often. */
const ROUND_MS = 60_000;
const SETTLE_MS = 60_000;

/** The whole system under a workload, while the schedule of the seed is carried out; then what must hold is checked. */
export async function runSystemChaos(options: SystemChaosOptions): Promise<SystemChaosReport> {
  const { seed, say } = options;
  const schedule = drawSchedule(options);
  const digest = digestOf(schedule);
  for (const entry of schedule) say(wordEntry(entry));
  say(`the schedule is ${digest}`);
  await using ending = new AsyncDisposableStack();
  const world = await openWorld(ending);
  const { workload, asking, principals, bridges, admins } = await openWorkload(world);
  say(`${bridges.length} bridges run`);

  const done: { readonly entry: Entry; readonly at: number }[] = [];
  const failures: string[] = [];
  const add = (words: string, at = Date.now()): void => {
    const before = done.findLast((one) => one.at <= at)?.entry;
    failures.push(`SEED=${seed}, after ${before ? wordEntry(before) : "no fault"}: ${words}`);
  };
  const heard = {
    onBegun(entry: Entry): void {
      done.push({ entry, at: Date.now() });
      say(`now ${wordEntry(entry)}`);
    },
    onMended: (entry: Entry, ms: number) => say(`over in ${ms} ms: ${wordEntry(entry)}`),
  };

  const life = startLife(workload, principals, options);
  const recovery: Recovery[] = [];
  try {
    for (const [round, entries] of roundsOf(schedule, ROUND_MS).entries()) {
      await carryOut(world, { entries, fromMs: round * ROUND_MS }, heard);
      recovery.push(await recover({ workload, principals, bridges, add }));
      say(`works again after round ${round + 1}: ${JSON.stringify(recovery.at(-1))}`);
    }
  } finally {
    await life.end();
  }
  await workload.settle(SETTLE_MS);
  say("what was asked for is looked at");
  const { deeds } = workload;
  const { root, postgres } = world;
  const postgresUrl = `${postgres.url}/postgres`;
  const judged = { deeds, asking, bridges, principals, admins, root, postgresUrl };
  for (const words of await judge(judged)) add(words);
  return { schedule, digest, deeds: countDeeds(deeds), recovery, failures };
}

interface OpenWorkload {
  readonly workload: Workload;
  readonly asking: Asking;
  readonly principals: readonly Principal[];
  readonly bridges: readonly string[];
  readonly admins: readonly Principal[];
}

async function openWorkload(world: ChaosWorld): Promise<OpenWorkload> {
  const bridges = addressesOf(world.proxies);
  const admins = world.bridges.map((bridge) => adminOf(adminKeyOf(bridge)));
  const principals: Principal[] = [];
  const asking = createAsking(() => principals.map(({ canary }) => canary));
  for (const name of ["ann", "bob"])
    principals.push(await principalOf(asking, { url: bridges[0], admin: admins[0] }, name));
  await prepare(asking, { bridges, principals, outsider: OUTSIDER });
  const workload = createWorkload({ asking, anywhere: world.balancer.url, bridges, admins });
  return { workload, asking, principals, bridges, admins };
}

interface Life {
  /** Resolves when all that was begun has come to something. */
  end(): Promise<void>;
}

/** Callers that ask for one thing after the other. */
function startLife(
  workload: Workload,
  principals: readonly Principal[],
  { seed, clients }: SystemChaosOptions,
): Life {
  let hasEnded = false;
  const random = createRandom(seed + 1);
  const isOver = (): boolean => hasEnded;
  async function live(): Promise<void> {
    while (!hasEnded) {
      await workload.perform({ kind: pick(KINDS, random), who: pick(principals, random), isOver });
      await pause(20 + 80 * random());
    }
  }
  const living = Promise.all(Array.from({ length: clients }, live));
  living.catch(() => {}); // it is waited for at the end, and what it throws is thrown there
  return {
    async end() {
      hasEnded = true;
      await living;
    },
  };
}

function countDeeds(deeds: readonly Deed[]): SystemChaosReport["deeds"] {
  const counts = KINDS.map((kind) => {
    const own = deeds.filter((deed) => deed.kind === kind);
    return [kind, [own.length, own.filter(({ isAcknowledged }) => isAcknowledged).length]];
  });
  return Object.fromEntries(counts) as SystemChaosReport["deeds"];
}

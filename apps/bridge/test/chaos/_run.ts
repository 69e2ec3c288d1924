import { setTimeout as pause } from "node:timers/promises";
import { createRandom, pick } from "../_random.ts";
import { type Asking, createAsking, isGood, type Principal } from "./_asking.ts";
import { begin } from "./_harm.ts";
import { drawSchedule, type Entry, type ScheduleOptions, wordEntry } from "./_schedule.ts";
import { judge } from "./_verdict.ts";
import { counterOf, createWorkload, type Deed, KINDS, type Kind, workflow } from "./_workload.ts";
import { adminKeyOf, type ChaosWorld, OUTSIDER, openWorld } from "./_world.ts";

export interface SystemChaosOptions extends ScheduleOptions {
  /** Requests that are under way at a time. */
  readonly clients: number;
  readonly say: (line: string) => void;
}

export interface SystemChaosReport {
  readonly schedule: readonly Entry[];
  /** Of each kind, how many were asked for and how many acknowledged. */
  readonly deeds: Readonly<Record<Kind, readonly [asked: number, acknowledged: number]>>;
  /** Of each kind, until it worked again after the last fault, in milliseconds. */
  readonly recovery: Readonly<Partial<Record<Kind, number>>>;
  /** Each with the seed and the entry that came before it: there must be none. */
  readonly failures: readonly string[];
}

/** Within this time after the last fault has ended, every kind of request works again. */
export const RECOVERY_MS = 60_000;

/** The whole system under a workload, while the schedule of the seed is carried out; then what must hold is checked. */
export async function runSystemChaos(options: SystemChaosOptions): Promise<SystemChaosReport> {
  const { seed, clients, say } = options;
  const schedule = drawSchedule(options);
  for (const entry of schedule) say(wordEntry(entry));
  await using ending = new AsyncDisposableStack();
  const world = await openWorld(ending);
  const principals: Principal[] = [];
  const asking = createAsking(() => principals.map(({ canary }) => canary));
  for (const name of ["ann", "bob"]) principals.push(await principalOf(asking, world, name));
  const bridges = world.bridges.map(({ url }) => url);
  await prepare(asking, bridges, principals);
  const workload = createWorkload({ asking, anywhere: world.balancer.url, bridges });

  const done: { readonly entry: Entry; readonly at: number }[] = [];
  const failures: string[] = [];
  const add = (words: string, at = Date.now()): void => {
    const before = done.findLast((one) => one.at <= at)?.entry;
    failures.push(`SEED=${seed}, after ${before ? wordEntry(before) : "no fault"}: ${words}`);
  };

  say(`${world.bridges.length} bridges run`);
  let isOver = false;
  const random = createRandom(seed + 1);
  async function live(): Promise<void> {
    while (!isOver) {
      await workload.perform(pick(KINDS, random), pick(principals, random), () => isOver);
      await pause(20 + 80 * random());
    }
  }
  const living = Promise.all(Array.from({ length: clients }, live));
  living.catch(() => {}); // it is waited for below, and what it throws is thrown there
  await carryOut(world, schedule, (entry) => {
    done.push({ entry, at: Date.now() });
    say(`now ${wordEntry(entry)}`);
  });
  isOver = true;
  say("the last fault has ended");
  const recovery = await recover(workload.perform, principals, add);
  await living;
  const admins = world.bridges.map((bridge) => adminOf(adminKeyOf(bridge)));
  const { root } = world;
  const { deeds } = workload;
  for (const words of await judge({ deeds, asking, bridges, principals, admins, root })) add(words);
  return { schedule, deeds: countDeeds(deeds), recovery, failures };
}

/** Each entry at its time, and made good after its own; resolves when all are. */
async function carryOut(
  world: ChaosWorld,
  schedule: readonly Entry[],
  tell: (entry: Entry) => void,
): Promise<void> {
  const began = performance.now();
  /** A part is not harmed before it is whole again, however long that takes on a busy machine. */
  const whole = new Map<string, Promise<void>>();
  await Promise.all(
    schedule.map(async (entry) => {
      await pause(Math.max(0, entry.atMs - (performance.now() - began)));
      const before = whole.get(entry.target);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      whole.set(entry.target, promise);
      await before;
      tell(entry);
      const mend = await begin(world, entry);
      await pause(entry.forMs);
      await Promise.resolve(mend()).then(resolve, reject);
      await promise;
    }),
  );
}

/** How long until each kind works again; a kind that does not in time is a failure. */
async function recover(
  perform: (kind: Kind, who: Principal, isOver: () => boolean) => Promise<Deed>,
  [who]: readonly Principal[],
  add: (words: string) => void,
): Promise<Partial<Record<Kind, number>>> {
  const began = performance.now();
  const taken: Partial<Record<Kind, number>> = {};
  await Promise.all(
    KINDS.map(async (kind) => {
      for (;;) {
        const { isAcknowledged, said } = await perform(kind, who as Principal, () => true);
        const ms = Math.round(performance.now() - began);
        if (isAcknowledged) {
          taken[kind] = ms;
          return;
        }
        if (ms > RECOVERY_MS) {
          add(`${kind} does not work ${ms} ms after the last fault: ${said}`);
          return;
        }
        await pause(100);
      }
    }),
  );
  return taken;
}

function adminOf(key: string): Principal {
  return { name: "admin", key, canary: "" };
}

async function principalOf(asking: Asking, world: ChaosWorld, name: string): Promise<Principal> {
  const [first] = world.bridges;
  if (first === undefined) throw new Error("there is no bridge");
  const admin = adminOf(adminKeyOf(first));
  const { body } = await asking.ask(admin, first.url, { path: "keys", body: { name } });
  const { key } = body.data as { key: string };
  return { name, key, canary: `canary-of-${name}` };
}

/** What the workload needs: a workflow of each, and a counter of each at every bridge. */
async function prepare(
  asking: Asking,
  bridges: readonly string[],
  principals: readonly Principal[],
): Promise<void> {
  const call = async (who: Principal, url: string, tool: string, args: object) => {
    const body = { tool, arguments: { ...args } };
    const answer = await asking.ask(who, url, { path: "tool/call", body });
    if (!isGood(answer)) throw new Error(`${tool} failed: ${JSON.stringify(answer)}`);
  };
  for (const url of bridges)
    for (const who of principals) {
      while ((await asking.ask(who, url, { method: "GET", path: "me" })).status !== 200)
        await pause(50);
      await call(who, url, "objects.object_initialize", counterOf(who));
      await call(who, url, "orchestrator.register_workflow", { definition: workflow(who) });
    }
  const outsider = { name: "outsider", key: OUTSIDER, canary: "" };
  for (const url of bridges) await call(outsider, url, "far.read", { key: "warm" });
}

function countDeeds(deeds: readonly Deed[]): SystemChaosReport["deeds"] {
  const counts = KINDS.map((kind) => {
    const own = deeds.filter((deed) => deed.kind === kind);
    return [kind, [own.length, own.filter(({ isAcknowledged }) => isAcknowledged).length]];
  });
  return Object.fromEntries(counts) as SystemChaosReport["deeds"];
}

import { setTimeout as pause } from "node:timers/promises";
import type { Principal } from "./_asking.ts";
import { begin } from "./_harm.ts";
import type { Entry } from "./_schedule.ts";
import type { Workload } from "./_workload.ts";
import { KINDS, type Kind } from "./_works.ts";
import type { ChaosWorld } from "./_world.ts";

/** Within this time after the last fault of a round has ended, every kind of request works again at every bridge. */
export const RECOVERY_MS = 60_000;

/** Of each kind, until it worked at every bridge, in milliseconds. */
export type Recovery = Readonly<Partial<Record<Kind, number>>>;

export interface Round {
  readonly entries: readonly Entry[];
  /** When it begins, by the schedule. */
  readonly fromMs: number;
}

interface Heard {
  onBegun(entry: Entry): void;
  /** It is made good, which took so long: what was killed was started again. */
  onMended(entry: Entry, ms: number): void;
}

/** Each entry at its time, and made good after its own; resolves when all are. */
export async function carryOut(
  world: ChaosWorld,
  { entries, fromMs }: Round,
  { onBegun, onMended }: Heard,
): Promise<void> {
  const began = performance.now() - fromMs;
  /** A part is not harmed before it is whole again, however long that takes on a busy machine. */
  const whole = new Map<string, Promise<void>>();
  await Promise.all(
    entries.map(async (entry) => {
      await pause(Math.max(0, entry.atMs - (performance.now() - began)));
      const before = whole.get(entry.target);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      whole.set(entry.target, promise);
      await before;
      onBegun(entry);
      const mend = await begin(world, entry);
      await pause(entry.forMs);
      const mendedAt = performance.now();
      await Promise.resolve(mend()).then(resolve, reject);
      await promise;
      onMended(entry, Math.round(performance.now() - mendedAt));
    }),
  );
}

interface RecoveryParts {
  readonly workload: Workload;
  readonly principals: readonly Principal[];
  readonly bridges: readonly string[];
  readonly add: (words: string) => void;
}

/** How long until each kind works again at each bridge; one that does not in time is a failure. */
export async function recover(parts: RecoveryParts): Promise<Recovery> {
  const { workload, principals, bridges, add } = parts;
  const began = performance.now();
  const taken: Partial<Record<Kind, number>> = {};
  async function recoverOne(kind: Kind, through: number): Promise<void> {
    const who = principals[through % principals.length] as Principal;
    for (;;) {
      const deed = await workload.perform({ kind, who, through, isOver: () => true });
      const ms = Math.round(performance.now() - began);
      if (deed.isAcknowledged) {
        taken[kind] = Math.max(taken[kind] ?? 0, ms);
        return;
      }
      if (ms > RECOVERY_MS) {
        add(
          `${kind} does not work at bridge ${through} ${ms} ms after the last fault: ${deed.said}`,
        );
        return;
      }
      await pause(100);
    }
  }
  await Promise.all(
    KINDS.flatMap((kind) => bridges.map((_, through) => recoverOne(kind, through))),
  );
  return taken;
}

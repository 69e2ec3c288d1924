import { describe, expect, test } from "vitest";
import type { Acquisition, Lease, Locks } from "../src/index.ts";
import { type ManualClock, manualClock } from "./_clock.ts";
import { seededRandom } from "./_processes.ts";

/** Opens the same locks twice, as two processes would. */
export type OpenLocks = (setting: {
  readonly clock: ManualClock;
}) => Promise<readonly [Locks, Locks]>;

function leaseOf(acquisition: Acquisition): Lease {
  expect(acquisition).toMatchObject({ kind: "acquired" });
  return (acquisition as Extract<Acquisition, { kind: "acquired" }>).lease;
}

/** What all locks promise. */
export function describeLocks(name: string, openPair: OpenLocks): void {
  async function open() {
    const clock = manualClock();
    const [locks, other] = await openPair({ clock });
    return { clock, locks, other };
  }

  describe(`${name}: a lease`, () => {
    test("keeps others out until it expires, and tells them until when", async () => {
      const { locks, other, clock } = await open();
      const lease = leaseOf(await locks.acquire("sweep", { holder: "a", ttlMs: 100 }));
      expect(lease).toMatchObject({ name: "sweep", holder: "a", expiresAt: clock.now() + 100 });
      const busy = { kind: "busy", holder: "a", until: lease.expiresAt };
      expect(await other.acquire("sweep", { holder: "b", ttlMs: 100 })).toEqual(busy);
      clock.advance(99);
      expect(await other.acquire("sweep", { holder: "b", ttlMs: 100 })).toEqual(busy);
      clock.advance(1);
      const next = leaseOf(await other.acquire("sweep", { holder: "b", ttlMs: 100 }));
      expect(next.fence).toBeGreaterThan(lease.fence);
    });

    test("of one name has nothing to do with another", async () => {
      const { locks, other } = await open();
      leaseOf(await locks.acquire("sweep", { holder: "a", ttlMs: 100 }));
      leaseOf(await other.acquire("tail", { holder: "b", ttlMs: 100 }));
    });

    test("is renewed from now on, under a higher fence", async () => {
      const { locks, other, clock } = await open();
      const lease = leaseOf(await locks.acquire("sweep", { holder: "a", ttlMs: 100 }));
      clock.advance(60);
      const renewed = await locks.renew(lease, 100);
      expect(renewed).toMatchObject({ name: "sweep", holder: "a", expiresAt: clock.now() + 100 });
      expect(renewed?.fence).toBeGreaterThan(lease.fence);
      clock.advance(60);
      expect(await other.acquire("sweep", { holder: "b", ttlMs: 1 })).toMatchObject({
        kind: "busy",
      });
      expect(await locks.renew(lease, 100)).toBeUndefined();
    });

    test("is not renewed once it is over, taken or not", async () => {
      const { locks, other, clock } = await open();
      const lease = leaseOf(await locks.acquire("sweep", { holder: "a", ttlMs: 100 }));
      clock.advance(100);
      expect(await locks.renew(lease, 100)).toBeUndefined();
      leaseOf(await other.acquire("sweep", { holder: "b", ttlMs: 100 }));
      expect(await locks.renew(lease, 100)).toBeUndefined();
      expect(await locks.release(lease)).toBe(false);
      expect(await locks.acquire("sweep", { holder: "a", ttlMs: 1 })).toMatchObject({
        kind: "busy",
        holder: "b",
      });
    });

    test("that is released can be taken at once, and the fence goes on", async () => {
      const { locks, other } = await open();
      const lease = leaseOf(await locks.acquire("sweep", { holder: "a", ttlMs: 100 }));
      expect(await locks.release(lease)).toBe(true);
      expect(await locks.release(lease)).toBe(false);
      const next = leaseOf(await other.acquire("sweep", { holder: "b", ttlMs: 100 }));
      expect(next.fence).toBeGreaterThan(lease.fence);
    });

    test("taken again by its holder ends the earlier one", async () => {
      const { locks, other, clock } = await open();
      const lease = leaseOf(await locks.acquire("sweep", { holder: "a", ttlMs: 100 }));
      clock.advance(50);
      const again = leaseOf(await other.acquire("sweep", { holder: "a", ttlMs: 100 }));
      expect(again.fence).toBeGreaterThan(lease.fence);
      expect(await locks.renew(lease, 100)).toBeUndefined();
      expect(await locks.release(lease)).toBe(false);
      expect(await other.release(again)).toBe(true);
    });

    test("asked for by many at once is had by one", async () => {
      const { locks, other } = await open();
      const asked = Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? locks : other).acquire("sweep", { holder: String(index), ttlMs: 100 }),
      );
      const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "acquired")).toHaveLength(1);
    });
  });

  test(`${name}: random deeds agree with a model of one name`, async () => {
    const { next, rounds } = seededRandom();
    const { locks, other, clock } = await open();
    let held: Lease | undefined;
    let fence = 0;
    const known: Lease[] = [];
    const isHeld = () => held !== undefined && held.expiresAt > clock.now();
    const took = (lease: Lease): void => {
      expect(lease.fence).toBeGreaterThan(fence);
      fence = lease.fence;
      held = lease;
      known.push(lease);
    };
    for (let step = 0; step < rounds(150); step += 1) {
      const port = next() < 0.5 ? locks : other;
      const lease = known[Math.floor(next() * known.length)];
      const isCurrent = isHeld() && lease?.fence === held?.fence;
      const deed = next();
      if (deed < 0.4 || !lease) {
        const holder = next() < 0.5 ? "a" : "b";
        const asked = await port.acquire("name", { holder, ttlMs: 100 });
        expect(asked.kind).toBe(isHeld() && held?.holder !== holder ? "busy" : "acquired");
        if (asked.kind === "acquired") took(asked.lease);
      } else if (deed < 0.7) {
        const renewed = await port.renew(lease, 100);
        expect(renewed !== undefined).toBe(isCurrent);
        if (renewed) took(renewed);
      } else if (deed < 0.85) {
        expect(await port.release(lease)).toBe(isCurrent);
        if (isCurrent) held = undefined;
      } else clock.advance(Math.floor(next() * 120));
    }
  });
}

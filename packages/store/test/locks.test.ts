import { expect, test } from "vitest";
import { createSqliteLocks } from "../src/index.ts";
import { openPorts, openPortsTwice, portsFile } from "./_ports.ts";
import { seededRandom, startProcess, type TestProcess, until } from "./_processes.ts";
import { describeLocks } from "./describe-locks.ts";

describeLocks("in SQLite", async ({ clock }) => {
  const [one, other] = await openPortsTwice();
  return [createSqliteLocks({ sqlite: one, clock }), createSqliteLocks({ sqlite: other, clock })];
});

test("a lease that expired or was released leaves nothing in the file", async () => {
  const sqlite = await openPorts();
  const locks = createSqliteLocks({ sqlite });
  for (const name of ["a", "b", "c"]) await locks.acquire(name, { holder: "h", ttlMs: -1 });
  const last = await locks.acquire("d", { holder: "h", ttlMs: 60_000 });
  if (last.kind === "acquired") await locks.release(last.lease);
  expect(sqlite.read("SELECT name FROM lock_lease")).toEqual([]);
});

interface Deed {
  readonly fence: number;
  readonly holder: string;
  readonly expiresAt: number;
  readonly asked: number;
  readonly answered: number;
  readonly released?: number;
}

test("no two processes hold a lease at once, and fences only rise, whoever is killed", async () => {
  const { next, rounds } = seededRandom();
  const file = portsFile();
  await openPorts(file);
  const start = () => {
    const contender = startProcess("_port-process.ts", [file]);
    const seed = 1 + Math.floor(next() * 1_000_000);
    contender.ask("contend", { name: "sweep", ttlMs: 40, seed }).catch(() => {});
    return contender;
  };
  const all = [start(), start(), start()];
  const running = [...all];
  const deeds = (from: readonly TestProcess[]) =>
    from.flatMap(({ said }) => said as unknown as Deed[]).filter(({ fence }) => fence);
  for (let round = 0; round < rounds(4); round += 1) {
    const before = deeds(all).length;
    const enough = Math.floor(next() * 60);
    await until("leases are taken", () => deeds(all).length > before + enough);
    const at = Math.floor(next() * running.length);
    await running[at]?.kill();
    running[at] = start();
    all.push(running[at] as TestProcess);
  }
  for (const contender of running) await contender.kill();
  for (const { said } of all) expectRising(said as unknown as Deed[]);
  expectExclusive(deeds(all));
}, 120_000);

/** Each process was given its leases one after the other. */
function expectRising(said: readonly Deed[]): void {
  const fences = said.filter(({ fence, released }) => fence && !released).map(({ fence }) => fence);
  expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
}

/** By the order of fences: another holder came only after a lease had expired or was being released. */
function expectExclusive(deeds: readonly Deed[]): void {
  const releases = new Map(
    deeds.filter(({ released }) => released).map(({ fence, released }) => [fence, released]),
  );
  const leases = deeds.filter(({ released }) => !released).sort((a, b) => a.fence - b.fence);
  expect(new Set(leases.map(({ fence }) => fence)).size).toBe(leases.length);
  for (const [index, lease] of leases.entries()) {
    const later = leases.slice(index + 1).find(({ holder }) => holder !== lease.holder);
    // Renewed or taken again by its holder: that lease says until when.
    if (!later || leases[index + 1]?.holder === lease.holder) continue;
    const releasedAt = releases.get(lease.fence) ?? Number.POSITIVE_INFINITY;
    expect(later.asked >= lease.expiresAt || releasedAt <= later.answered).toBe(true);
  }
}

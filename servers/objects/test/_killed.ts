import { until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { createObjectsClient } from "../src/client/client.ts";
import { createWatchRecord } from "./_watch-record.ts";
import { type HostUnderTest, tokenOf } from "./_worker-host.ts";

const CLIENTS = 50;
const CALLS = 20;
const WATCHERS = 10;
/** Quicker than by default, so that a test need not wait; the promises are the same. */
const QUICK = {
  backoff: { baseMs: 50, mostMs: 500 },
  breaker: { failures: 5, openMs: 100 },
  // A machine that many share may take long to start the host again.
  outbox: { most: 1_000, timeoutMs: 110_000, requestMs: 10_000, offline: "queue" },
} as const;
const PATIENCE_MS = 60_000;

/** SIGKILL amid a thousand increments of fifty clients: what was acknowledged happened once, and everyone is told. */
export function describeKilledHost(start: () => Promise<HostUnderTest>): void {
  test("a host killed amid 1,000 increments of 50 clients has each of them once", async () => {
    const host = await start();
    const clients = Array.from({ length: CLIENTS + WATCHERS }, () =>
      createObjectsClient({ url: host.url, ...tokenOf(host), ...QUICK }),
    );
    try {
      await clients[0]?.object("counter", "hits").initialize();
      const records = clients.slice(CLIENTS).map((client) => {
        const record = createWatchRecord();
        client.object("counter", "hits").watch(record.take, { state: true });
        return record;
      });
      let acknowledged = 0;
      const values = new Set<unknown>();
      const callers = clients.slice(0, CLIENTS).map(async (client, index) => {
        const counter = client.object("counter", "hits");
        // Half of them call over the socket they watch with.
        if (index % 2 === 0) counter.watch(() => {});
        for (let call = 0; call < CALLS; call += 1) {
          const { result } = await counter.call("increment");
          values.add((result as { value: number }).value);
          acknowledged += 1;
        }
      });
      await until(
        "a third is acknowledged",
        () => acknowledged >= (CLIENTS * CALLS) / 3,
        PATIENCE_MS,
      );
      await host.kill();
      expect(acknowledged).toBeLessThan(CLIENTS * CALLS);
      await host.startAgain();
      await Promise.all(callers);

      const { state, seq } = (await clients[0]?.object("counter", "hits").get()) ?? {};
      expect(state).toEqual({ value: acknowledged });
      expect(acknowledged).toBe(CLIENTS * CALLS);
      // Each was answered with a value of its own: no answer belongs to another's increment.
      expect(values.size).toBe(acknowledged);
      await until(
        "all watchers converge",
        () => records.every((record) => record.seq === seq),
        PATIENCE_MS,
      );
      expect(records.flatMap(({ faults }) => faults)).toEqual([]);
      expect(records.map((record) => record.state)).toEqual(records.map(() => state));
      // Nobody was helped by a whole state but at the beginning: nothing was missed.
      expect(records.map(({ states }) => states)).toEqual(records.map(() => 1));
    } finally {
      for (const client of clients) client.close();
      await host.close();
    }
  });
}

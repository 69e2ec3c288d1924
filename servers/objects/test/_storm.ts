import { setTimeout as pause } from "node:timers/promises";
import { until } from "@trestle/testkit/surroundings";
import { startTcpProxy } from "@trestle/testkit/tcp-proxy";
import { expect, test } from "vitest";
import { DEFAULT_BACKOFF } from "../src/client/backoff.ts";
import { createObjectsClient } from "../src/client/client.ts";
import type { ClientEvent } from "../src/client/settings.ts";
import { createWatchRecord } from "./_watch-record.ts";
import { type HostUnderTest, tokenOf } from "./_worker-host.ts";

const WATCHERS = 1_000;
/** For so long nobody answers, as while a host starts again. */
const AWAY_MS = 500;
/** A quarter of the default, so that a test need not wait for the last one. */
const BACKOFF = { ...DEFAULT_BACKOFF, baseMs: DEFAULT_BACKOFF.baseMs / 4 };
const WINDOW_MS = 50;
const PATIENCE_MS = 60_000;

/** A thousand watchers, each on its own, lose one host at the same moment: it is not run over when it is back. */
export function describeReconnects(start: () => Promise<HostUnderTest>): void {
  test("1,000 watchers come back one by one, and each knows the last state", async () => {
    const host = await start();
    const proxy = await startTcpProxy(Number(new URL(host.url).port));
    const direct = createObjectsClient({ url: host.url, ...tokenOf(host) });
    const counter = direct.object("counter", "storm");
    await counter.initialize();
    const url = `http://127.0.0.1:${proxy.port}`;
    /** When attempts are due: a process with a thousand sockets may be later than it wants to be. */
    const due: number[] = [];
    const onEvent = (event: ClientEvent) => {
      const isWait = event.type === "connection" && event.state === "waiting";
      if (isWait) due.push(performance.now() + event.retryInMs);
    };
    const clients = Array.from({ length: WATCHERS }, () =>
      createObjectsClient({ url, ...tokenOf(host), onEvent, backoff: BACKOFF }),
    );
    try {
      const records = clients.map((client) => {
        const record = createWatchRecord();
        client.object("counter", "storm").watch(record.take, { state: true });
        return record;
      });
      await until("all watch", () => records.every(({ seq }) => seq === 1), PATIENCE_MS);

      const lostAt = performance.now();
      proxy.weather("refusing");
      proxy.cut();
      await counter.call("increment");
      await pause(AWAY_MS);
      proxy.weather("fine");
      const backAt = performance.now();
      await until("all are back", () => records.every(({ seq }) => seq === 2), PATIENCE_MS);
      const tookMs = performance.now() - backAt;

      const connects = proxy.taken.filter((at) => at > lostAt);
      const planned = due.toSorted((a, b) => a - b);
      process.stderr.write(
        `${WATCHERS} watchers: ${connects.length} connects, at most ${mostWithin(connects, 1_000)} in a second ` +
          `(${mostWithin(planned, 1_000)} were due); all back ${Math.round(tookMs)} ms after the host\n`,
      );
      // Spread evenly over the first wait, and with those that failed once already; at once it would be all.
      const even = (WATCHERS * WINDOW_MS) / BACKOFF.baseMs;
      expect(mostWithin(planned, WINDOW_MS)).toBeLessThan(2 * even);
      expect(connects.length).toBeLessThan(4 * WATCHERS);
      expect(records.flatMap(({ faults }) => faults)).toEqual([]);
      expect(records.every(({ state }) => (state as { value: number }).value === 1)).toBe(true);
    } finally {
      for (const client of clients) client.close();
      direct.close();
      await proxy.close();
      await host.close();
    }
  });
}

/** The most that fall into any stretch of that length. */
function mostWithin(times: readonly number[], ms: number): number {
  let first = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while ((times[first] ?? time) < time - ms) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

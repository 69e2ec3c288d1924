import { until } from "@trestle/testkit/surroundings";
import { expect, test, vi } from "vitest";
import { createObjectsClient } from "../src/client/client.ts";
import { startLocalHost } from "./_local-host.ts";
import { createWatchRecord } from "./_watch-record.ts";

vi.setConfig({ testTimeout: 60_000 });

const CALLS = 200;

test("a host that joined goes on when the owner of the folder is killed, and its watchers miss nothing", async () => {
  const owner = await startLocalHost();
  const first = createObjectsClient({ url: owner.url, token: owner.token });
  await first.object("counter", "hits").initialize();
  const joined = await startLocalHost({}, owner.folder);
  const client = createObjectsClient({ url: joined.url, token: joined.token });
  try {
    const record = createWatchRecord();
    client.object("counter", "hits").watch(record.take, { state: true });
    const counter = client.object("counter", "hits");
    let acknowledged = 0;
    const calls = Array.from({ length: CALLS }, async () => {
      await counter.call("increment");
      acknowledged += 1;
    });
    await until("some are acknowledged", () => acknowledged > CALLS / 10);
    await owner.kill();
    await Promise.all(calls);
    const { seq, state } = await counter.get();
    expect(state).toEqual({ value: CALLS });
    await until("the watcher converges", () => record.seq === seq);
    expect(record).toMatchObject({ faults: [], states: 1, state });
  } finally {
    first.close();
    client.close();
    await joined.close();
    await owner.close();
  }
});

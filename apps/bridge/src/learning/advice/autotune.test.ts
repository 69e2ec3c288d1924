import { silentLogger } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createLiveConfig } from "../../config/live.ts";
import type { Config } from "../../config/load.ts";
import { bridgeSchema } from "../../config/schema.ts";
import { createTimeline } from "../../state/_rows.ts";
import type { Tuning } from "./advise.ts";
import { createAutotune } from "./autotune.ts";
import { patchForTool } from "./patch.ts";

const HOUR_MS = 3_600_000;

function configOf(autotune: boolean): Config {
  const entry = { command: "node", policy: { tools: { log: { timeout: { maxMs: 90_000 } } } } };
  const server = { id: "git", aliases: [], commands: [], kind: "stdio", entry };
  const settings = bridgeSchema.parse({ policy: { autotune } });
  return { ...settings, servers: [server] } as unknown as Config;
}

function setUp(autotune: boolean) {
  const live = createLiveConfig(configOf(autotune));
  const clock = createTimeline(1_700_000_000_000);
  const told: unknown[] = [];
  let to = 1_000;
  let isAuditFull = false;
  const tuningOf = (config: Config): Tuning => {
    const [server] = config.servers;
    if (!server) throw new Error("There is one.");
    const patch = patchForTool(server, "log", { part: "timeout", field: "attemptMs", to });
    const figures = { answers: 1_000 };
    return {
      ...{ kind: "timeout", server: "git", tool: "log", from: 30_000, to },
      ...{ evidence: "It says so.", figures, patch },
    };
  };
  const tuned = createAutotune({
    ...{ live, clock, log: silentLogger },
    read: async () => [tuningOf(live.current())],
    tell: async (change) => {
      if (isAuditFull) throw new Error("The disk is full.");
      told.push(change);
    },
  });
  let changes = 0;
  tuned.subscribe(() => {
    changes += 1;
  });
  return {
    ...{ live, clock, tuned, told },
    changes: () => changes,
    advise(next: number) {
      to = next;
    },
    fillAudit() {
      isAuditFull = true;
    },
    timeoutOf: () => tuned.over(live.current()).servers[0]?.entry.policy?.tools?.log?.timeout,
  };
}

test("once an hour the bridge goes by its history, within bounds, and says so before", async () => {
  const { clock, tuned, told, changes, timeoutOf, advise } = setUp(true);
  clock.advance(HOUR_MS - 1);
  expect(told).toEqual([]);
  clock.advance(1);
  await expect.poll(changes).toBe(1);
  // A fourth of what is configured, and the rest as it was.
  expect(timeoutOf()).toEqual({ attemptMs: 7_500, maxMs: 90_000 });
  const change = { kind: "timeout", server: "git", tool: "log", from: 30_000, to: 7_500 };
  expect(told).toMatchObject([{ ...change, evidence: "It says so." }]);
  expect(tuned.applied()).toMatchObject([change]);

  await tuned.look();
  expect(told).toHaveLength(1);
  advise(20_000);
  await tuned.look();
  expect(timeoutOf()).toEqual({ attemptMs: 20_000, maxMs: 90_000 });
  expect(told).toHaveLength(2);
});

test("what nobody can be told of does not hold", async () => {
  const { tuned, fillAudit } = setUp(true);
  fillAudit();
  await tuned.look();
  expect(tuned.applied()).toEqual([]);
});

test("another configuration ends what was tuned, and one without autotune begins nothing", async () => {
  const { live, clock, tuned, told, timeoutOf } = setUp(true);
  await tuned.look();
  expect(tuned.applied()).toHaveLength(1);
  live.replace(configOf(false));
  expect(tuned.applied()).toEqual([]);
  expect(timeoutOf()).toEqual({ maxMs: 90_000 });
  await tuned.look();
  clock.advance(HOUR_MS * 3);
  expect(tuned.applied()).toEqual([]);
  expect(told).toHaveLength(1);
});

test("a bridge that closes tunes nothing more", async () => {
  const { clock, tuned, told } = setUp(true);
  tuned.close();
  clock.advance(HOUR_MS);
  await tuned.look();
  expect(tuned.applied()).toEqual([]);
  expect(told.length).toBeLessThanOrEqual(1);
});

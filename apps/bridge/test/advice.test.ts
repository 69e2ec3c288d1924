import { readFileSync } from "node:fs";
import type { HistoryRow } from "@trestle/policy";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { rowOf } from "../src/state/_rows.ts";
import { trestle } from "./_cli.ts";
import { type CoreUnderTest, keyOf, startCore } from "./_core.ts";
import { createPlace } from "./_place.ts";
import { until } from "./_processes.ts";
import { entry } from "./_upstreams.ts";

const DAY_MS = 86_400_000;

function remember(core: CoreUnderTest, changes: readonly Partial<HistoryRow>[]): void {
  const { history, clock } = core.bridge.core;
  for (const [index, change] of changes.entries()) {
    const startedAt = clock.now() - (changes.length - index) * 10_000;
    history.finished(rowOf({ executionId: `${index}-${Math.random()}`, startedAt, ...change }));
  }
}

const repeated = (count: number, change: Partial<HistoryRow>) =>
  Array.from({ length: count }, () => change);

/** Follows advice, and has the bridge read its configuration again as soon as it was written. */
async function apply({ place, bridge, ask }: CoreUnderTest, input: JsonObject = {}) {
  const before = readFileSync(place.configFile, "utf8");
  const answer = ask("advice_apply", input, admin);
  const isWritten = () => readFileSync(place.configFile, "utf8") !== before;
  await until("the advice is written", isWritten);
  const { live } = bridge.core;
  live.replace(live.current());
  return answer;
}

/** The administrator of this bridge. */
const admin = { principal: { id: "admin", kind: "admin" } } as const;

test("advice has its evidence, goes into the file when it is asked to, and is no advice then", async () => {
  const place = createPlace();
  const policy = { tools: { "re*": { timeout: { attemptMs: 9_000 } } } };
  const mcpServers = { one: { ...entry(place, "one"), policy }, two: entry(place, "two") };
  const core = await startCore({ mcpServers }, place);
  remember(core, [
    ...repeated(300, { server: "one", tool: "read", resultHash: "same" }),
    ...repeated(60, {
      server: "two",
      tool: "echo",
      outcome: "error",
      errorCode: "timeout",
      retries: 3,
    }),
  ]);
  const { tuning, usage, usage_reason, autotune } = await core.ask("advice", {}, admin);
  expect(objectsOf(tuning)).toMatchObject([
    {
      key: "mcpServers.one.policy.tools.read.cache",
      ...{ kind: "ttl", server: "one", tool: "read", to: 300_000 },
      evidence: expect.stringMatching(/^Of 300 calls \d+ repeated .* 0 of those got another/),
      patch: {
        mcpServers: {
          one: {
            policy: {
              tools: { read: { timeout: { attemptMs: 9_000 }, cache: { ttlMs: 300_000 } } },
            },
          },
        },
      },
    },
    { key: "mcpServers.two.policy.tools.echo.retry", kind: "retries", from: 3, to: 0 },
  ]);
  expect([usage, usage_reason, autotune]).toEqual([[], expect.stringContaining("30 days"), false]);

  await expect(core.ask("advice", {}, keyOf("ann"))).rejects.toMatchObject({ code: "denied" });
  const missing = { keys: ["mcpServers.one.nothing"] };
  await expect(core.ask("advice_apply", missing, admin)).rejects.toMatchObject({
    code: "not_found",
  });

  const { applied, file } = await apply(core);
  expect(objectsOf(applied)).toHaveLength(2);
  const written = JSON.parse(readFileSync(String(file), "utf8")).mcpServers;
  expect(written.one.policy.tools).toEqual({
    ...policy.tools,
    read: { timeout: { attemptMs: 9_000 }, cache: { ttlMs: 300_000 } },
  });
  expect(written.two.policy.tools.echo).toEqual({ retry: { retries: 0 } });
});

test("tools that nobody called for 30 days are named with what they cost", async () => {
  const core = await startCore();
  const { metrics, clock } = core.bridge.core;
  remember(core, []);
  expect((await core.ask("advice", {}, admin)).usage).toEqual([]);
  // The first call that was ever counted is long ago.
  const query = metrics.query.bind(metrics);
  const first = { calls: 1, start: clock.now() - 40 * DAY_MS };
  Object.assign(metrics, {
    query: async (asked?: Parameters<typeof query>[0]) =>
      asked?.bucket === "day" ? [first] : query(asked),
  });
  await core.call("one__echo", { text: "x" });
  await core.call("one__read", {});
  const { usage } = await core.ask("advice", {}, admin);
  const [whole, some] = objectsOf(usage).sort((a, b) => Number(b.tokens) - Number(a.tokens));
  expect(whole).toMatchObject({
    key: "mcpServers.two.disabled",
    evidence: expect.stringMatching(/^None of its tools was called for 30 days; .* \d+ tokens\.$/),
    patch: { mcpServers: { two: { disabled: true } } },
  });
  expect(some).toMatchObject({ key: "mcpServers.one.tools.deny", server: "one" });
  const names = objectsOf(objectOf(some).tools).map(({ name }) => name);
  expect(names.toSorted()).toEqual(["change_note", "grow", "write"]);

  // Tuning alone takes nothing from anybody.
  expect((await core.ask("advice_apply", {}, admin)).applied).toEqual([]);
  const named = { keys: ["mcpServers.one.tools.deny"] };
  const { file } = await apply(core, named);
  const { one, two } = JSON.parse(readFileSync(String(file), "utf8")).mcpServers;
  expect(one.tools.deny.toSorted()).toEqual(["change_note", "grow", "write"]);
  expect(two.disabled).toBeUndefined();
});

test("a bridge that tunes itself writes no file, and leaves word of it", async () => {
  const core = await startCore({ policy: { autotune: true } });
  const { autotune, hub, settings, catalog } = core.bridge.core;
  const events: JsonObject[] = [];
  hub.subscribe({ topics: ["tuning.*"] }, (message) => {
    if (message.kind !== "event") return;
    const { topic, payload } = message.event;
    events.push({ topic, ...payload });
  });
  const failing = { server: "two", tool: "echo", outcome: "error", errorCode: "timeout" } as const;
  remember(core, [
    ...repeated(60, { ...failing, retries: 3 }),
    // Nobody said that its answers may be kept.
    ...repeated(300, { server: "one", tool: "read", resultHash: "same" }),
  ]);
  const retries = (): number | undefined => {
    const tool = catalog.upstreamTool("two", "echo");
    return tool && settings().of(tool).retry.retries;
  };
  expect(retries()).toBe(3);
  await autotune.look();
  expect(retries()).toBe(0);
  expect(events).toEqual([
    {
      ...{ topic: "tuning.applied", kind: "retries", server: "two", tool: "echo", from: 3, to: 0 },
      at: expect.any(String),
    },
  ]);
  const { entries } = await core.ask("audit_list", {}, admin);
  const logged = objectsOf(entries).map((each) => objectOf(each.entry));
  expect(logged.find(({ event }) => event === "autotuned")).toMatchObject({
    ...{ kind: "retries", server: "two", tool: "echo", from: 3, to: 0 },
    evidence: expect.stringContaining("Of 60 calls"),
  });
  const answer = await core.ask("advice", {}, admin);
  expect(answer).toMatchObject({ autotune: true, autotuned: [{ kind: "retries", to: 0 }] });
  expect(readFileSync(core.place.configFile, "utf8")).not.toContain('"retries"');
});

test("trestle tune shows the advice, and writes it where it is asked to", async () => {
  const core = await startCore();
  const failing = { server: "two", tool: "echo", outcome: "error", errorCode: "timeout" } as const;
  remember(core, repeated(60, { ...failing, retries: 3 }));
  await core.bridge.close();
  const { root, home, configFile } = core.place;
  const run = (...args: string[]) =>
    trestle(["--config", configFile, "tune", ...args], { home: root, env: { TRESTLE_HOME: home } });
  const key = "mcpServers.two.policy.tools.echo.retry";
  const shown = await run();
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(`${key}  3 → 0`) });
  expect(shown.stdout).toContain("Of 60 calls that were retried 0 succeeded");
  expect(shown.stdout).toContain('{"retry":{"retries":0}}');
  expect(await run(key)).toMatchObject({ code: 2, stderr: expect.stringContaining("--apply") });
  const written = await run("--apply", key, "--json");
  expect(JSON.parse(written.stdout).applied).toEqual([{ key, value: { retries: 0 } }]);
  expect(JSON.parse(readFileSync(configFile, "utf8")).mcpServers.two.policy.tools.echo).toEqual({
    retry: { retries: 0 },
  });
});

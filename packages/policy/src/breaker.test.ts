import { RPC, RpcError, TrestleError } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { createCall, createTestClock, outcomeOf } from "./_parts.ts";
import { type BreakerView, createBreaker } from "./breaker.ts";
import { type BreakerSettings, DEFAULT_BREAKER } from "./breaker-state.ts";

const down = () => new TrestleError("unavailable", "down", { details: { sent: true } });

function setUp(settings: Partial<BreakerSettings> = {}) {
  const clock = createTestClock(0);
  const changes: BreakerView["state"][] = [];
  const breaker = createBreaker({
    settingsFor: () => ({ ...DEFAULT_BREAKER, ...settings }),
    clock,
    onChange: ({ state }) => changes.push(state),
  });
  let sent = 0;
  const run = (how: "ok" | Error = "ok", tool = "run") =>
    outcomeOf(
      breaker.policy(createCall({ tool }), async () => {
        sent += 1;
        if (how !== "ok") throw how;
        return { content: [] };
      }),
    );
  const fail = async (times: number) => {
    for (let call = 0; call < times; call += 1) await run(down());
  };
  return { clock, breaker, changes, run, fail, sent: () => sent };
}

describe("breaker", () => {
  test("opens after five failures in a row, and says when to come back", async () => {
    const { clock, breaker, run, fail, sent } = setUp();
    await fail(5);
    clock.advance(10_000);
    expect(await run()).toMatchObject({
      error: {
        code: "unavailable",
        retryAfterMs: 50_000,
        details: { refusedBy: "breaker", sent: false, upstream: "db", tool: "run" },
      },
    });
    expect(sent()).toBe(5);
    expect(breaker.state("db", "run")).toBe("open");
    expect(breaker.tripped()).toEqual([
      { server: "db", tool: "run", state: "open", until: 60_000 },
    ]);
  });

  test("a success in between begins the count anew", async () => {
    const { breaker, run, fail } = setUp();
    await fail(4);
    await run();
    await fail(4);
    expect(breaker.state("db", "run")).toBe("closed");
  });

  test("opens at half failures of a window, though never many in a row", async () => {
    const { breaker, run, fail } = setUp();
    for (let pair = 0; pair < 10; pair += 1) {
      expect(breaker.state("db", "run")).toBe("closed");
      await run();
      await fail(1);
    }
    expect(breaker.state("db", "run")).toBe("open");
  });

  test("failures of an earlier window count no more", async () => {
    const { clock, breaker, run, fail } = setUp({ consecutive: 100 });
    await fail(19);
    clock.advance(60_000);
    await run();
    await fail(1);
    expect(breaker.state("db", "run")).toBe("closed");
  });

  test("one tool's failures do not stop another", async () => {
    const { run, fail } = setUp();
    await fail(5);
    expect(await run("ok", "other")).toEqual({ content: [] });
  });

  test.each([
    ["a result that is an error", undefined],
    ["invalid arguments", new RpcError(RPC.invalidParams, "no")],
    ["a denial", new TrestleError("denied", "no")],
    ["too many requests", new TrestleError("rate_limited", "slower")],
    ["a cancelled call", new TrestleError("cancelled", "enough")],
    [
      "a deadline shorter than the tool may take",
      new TrestleError("timeout", "late", { details: { limitedBy: "deadline" } }),
    ],
    [
      "a server that is not there, and whose starts have a pace of their own",
      new TrestleError("unavailable", "ended", { details: { sent: false, connected: false } }),
    ],
    [
      "a full queue",
      new TrestleError("unavailable", "full", { details: { refusedBy: "bulkhead", sent: false } }),
    ],
  ])("%s is no failure of the upstream", async (_what, error) => {
    const { breaker } = setUp();
    for (let call = 0; call < 50; call += 1) {
      await outcomeOf(
        breaker.policy(createCall(), async () => {
          if (error) throw error;
          return { isError: true };
        }),
      );
    }
    expect(breaker.state("db", "run")).toBe("closed");
  });

  test.each([
    ["silence", new TrestleError("timeout", "late", { details: { limitedBy: "attempt" } })],
    ["a lost connection", new TrestleError("outcome_unknown", "died")],
    ["an internal error of the upstream", new RpcError(RPC.internal, "oops")],
  ])("%s is one", async (_what, error) => {
    const { breaker, run } = setUp();
    for (let call = 0; call < 5; call += 1) await run(error);
    expect(breaker.state("db", "run")).toBe("open");
  });
});

describe("a breaker that was open long enough", () => {
  async function halfOpen() {
    const parts = setUp();
    await parts.fail(5);
    parts.clock.advance(60_000);
    const probe = Promise.withResolvers<{ content: [] }>();
    const call = createCall();
    const probing = outcomeOf(parts.breaker.policy(call, () => probe.promise));
    return { ...parts, probe, probing, call };
  }

  test("lets one call through and refuses the others meanwhile", async () => {
    const { breaker, run, sent, call } = await halfOpen();
    expect(breaker.state("db", "run")).toBe("half_open");
    for (let other = 0; other < 3; other += 1) {
      expect(await run()).toMatchObject({ error: { details: { refusedBy: "breaker" } } });
    }
    expect(sent()).toBe(5);
    expect(call.trail.stages).toEqual([{ policy: "breaker", decision: "probe", ms: 0 }]);
  });

  test("closes when the probe succeeds", async () => {
    const { breaker, run, fail, probe, probing, changes } = await halfOpen();
    probe.resolve({ content: [] });
    await probing;
    await fail(4);
    expect(await run()).toEqual({ content: [] });
    expect(breaker.tripped()).toEqual([]);
    expect(changes).toEqual(["open", "half_open", "closed"]);
  });

  test("stays open for as long again when the probe fails", async () => {
    const { breaker, run, probe, probing } = await halfOpen();
    probe.reject(down());
    await probing;
    expect(breaker.tripped()).toMatchObject([{ state: "open", until: 120_000 }]);
    expect(await run()).toMatchObject({ error: { retryAfterMs: 60_000 } });
  });

  test("lets the next call probe when the probe was cancelled", async () => {
    const { run, probe, probing, breaker } = await halfOpen();
    probe.reject(new TrestleError("cancelled", "enough"));
    await probing;
    expect(await run()).toEqual({ content: [] });
    expect(breaker.state("db", "run")).toBe("closed");
  });
});

test("a call from before it opened says nothing of it now", async () => {
  const { breaker, fail, clock } = setUp();
  const early = Promise.withResolvers<{ content: [] }>();
  const late = outcomeOf(breaker.policy(createCall(), () => early.promise));
  await fail(5);
  clock.advance(60_000);
  const probe = Promise.withResolvers<{ content: [] }>();
  const probing = outcomeOf(breaker.policy(createCall(), () => probe.promise));
  early.resolve({ content: [] });
  await late;
  expect(breaker.state("db", "run")).toBe("half_open");
  probe.resolve({ content: [] });
  await probing;
});

test("a person may close it", async () => {
  const { breaker, fail, run } = setUp();
  await fail(5);
  breaker.reset({ server: "other" });
  expect(breaker.state("db", "run")).toBe("open");
  breaker.reset({ server: "db", tool: "run" });
  expect(await run()).toEqual({ content: [] });
});

test("a server that was connected anew is probed at once", async () => {
  const { breaker, run, fail, sent } = setUp();
  await fail(5);
  breaker.retest("other");
  expect(breaker.state("db", "run")).toBe("open");
  breaker.retest("db");
  await fail(1);
  expect(sent()).toBe(6);
  await run();
  expect(sent(), "one failed probe keeps it open").toBe(6);
  breaker.retest("db");
  await run();
  expect(breaker.state("db", "run")).toBe("closed");
});

test("a tool without settings is called however often it fails", async () => {
  const breaker = createBreaker({ settingsFor: () => undefined, clock: createTestClock(0) });
  const codes = [];
  for (let call = 0; call < 20; call += 1) {
    codes.push(await outcomeOf(breaker.policy(createCall(), () => Promise.reject(down()))));
  }
  expect(codes).toHaveLength(20);
  expect(codes.at(-1)).toMatchObject({ error: { message: "down" } });
  expect(breaker.tripped()).toEqual([]);
});

test("one server's circuits are closed by hand, or one tool's, and those of others stay open", async () => {
  const { breaker, run } = setUp({ consecutive: 1 });
  for (const tool of ["a", "b"]) await run(down(), tool);
  breaker.reset({ server: "other" });
  expect(breaker.tripped()).toHaveLength(2);
  breaker.reset({ server: "db", tool: "a" });
  expect(breaker.tripped()).toMatchObject([{ tool: "b" }]);
  breaker.reset();
  expect(breaker.tripped()).toEqual([]);
});

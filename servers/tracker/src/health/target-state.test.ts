import { expect, test } from "vitest";
import { type Alert, afterLook } from "./alert.ts";
import { healthSchema } from "./config.ts";
import type { CheckResult } from "./probes/probe.ts";
import { suppressionOf } from "./suppression.ts";
import { afterCheck, newTarget, type TargetState } from "./target-state.ts";

const rules = { fall: 3, rise: 2 };
const LEVELS = { u: "up", d: "down", s: "degraded" } as const;

function check(letter: string, at: number): CheckResult {
  return { level: LEVELS[letter as keyof typeof LEVELS], detail: letter, at, latencyMs: 1 };
}

/** `u`p, `d`own, `s`low, one letter a check. */
function after(checks: string, start = newTarget(0)): TargetState {
  return [...checks].reduce(
    (state, letter, at) => afterCheck(state, check(letter, at + 1), rules),
    start,
  );
}

test.each([
  ["", "unknown"],
  ["u", "up"],
  ["d", "unknown"],
  ["dd", "unknown"],
  ["ddd", "down"],
  ["udd", "up"],
  ["uddu", "up"],
  ["uddudd", "up"],
  ["uddd", "down"],
  ["udddu", "down"],
  ["udddudu", "down"],
  ["udddduu", "up"],
  ["usss", "degraded"],
  ["usdd", "degraded"],
  ["usddd", "degraded"],
  ["usdddd", "degraded"],
  ["usddddd", "down"],
  ["udddss", "degraded"],
  ["udddsu", "degraded"],
  ["udddsuuu", "up"],
])("after %s it is %s", (checks, status) => {
  expect(after(checks).status).toBe(status);
});

test("the time is that of the change, and the last check stays", () => {
  expect(after("uuuddd")).toMatchObject({ since: 6, last: { detail: "d", at: 6 } });
  expect(after("uuudd")).toMatchObject({ since: 1 });
});

test("what changes all the time flaps until it has settled", () => {
  expect(after("uuuuuuuuuuuuddduuu").isFlapping).toBe(false);
  const flapping = after("ududududud");
  expect(flapping.isFlapping).toBe(true);
  expect(after("u".repeat(10), flapping).isFlapping).toBe(true);
  expect(after("u".repeat(18), flapping).isFlapping).toBe(false);
});

const target = { name: "web", severity: "critical", alertAfterMs: 10 } as const;
const look = (
  alert: Alert | undefined,
  checks: string,
  now: number,
  suppression?: { kind: "dependency"; on: string },
) => afterLook(alert, target, { state: after(checks), suppression, now });

test("an alert is pending, fires when it lasted, and is resolved when all is well", () => {
  expect(look(undefined, "udd", 3)).toBeUndefined();
  const pending = look(undefined, "uddd", 4);
  expect(pending).toMatchObject({ state: "pending", since: 4 });
  expect(look(pending, "uuu", 9)).toBeUndefined();
  const firing = look(pending, "udddd", 14);
  expect(firing).toMatchObject({
    state: "firing",
    since: 4,
    firedAt: 14,
    summary: "web is down: d",
  });
  expect(look(firing, "uddddd", 20)).toMatchObject({ state: "firing", firedAt: 14 });
  const resolved = look(firing, "uddduu", 30);
  expect(resolved).toMatchObject({ state: "resolved", firedAt: 14, resolvedAt: 30 });
  expect(look(resolved, "u", 40)).toEqual(resolved);
  expect(look(resolved, "uddd", 50)).toMatchObject({ state: "pending", since: 50 });
});

test("an alert with a cause elsewhere does not fire, and does when the cause is gone", () => {
  const on = { kind: "dependency", on: "redis" } as const;
  const pending = look(look(undefined, "uddd", 4, on), "udddd", 100, on);
  expect(pending).toMatchObject({ state: "pending", suppression: on });
  expect(look(pending, "uddddd", 110)).toMatchObject({ state: "firing" });
});

test("a flapping target fires once, whatever it is at the moment", () => {
  const firing = look({ ...(look(undefined, "ududududud", 1) as Alert) }, "udududududu", 20);
  expect(firing).toMatchObject({ state: "firing", summary: "web goes up and down." });
  expect(look(firing, "udududududuu", 30)).toMatchObject({ state: "firing" });
});

function config(...targets: object[]) {
  return healthSchema.parse({
    targets: targets.map((each) => ({ kind: "tcp", host: "h", port: 1, ...each })),
  });
}

function suppressed(name: string, checks: Record<string, string>, maintenance: object[] = []) {
  const parsed = config(
    { name: "db" },
    { name: "api", dependsOn: ["db"] },
    { name: "web", dependsOn: ["api"] },
  );
  const targets = new Map(parsed.targets.map((each) => [each.name, each]));
  const states = new Map(Object.entries(checks).map(([key, letters]) => [key, after(letters)]));
  const planned = healthSchema.parse({ maintenance }).maintenance;
  const wanted = targets.get(name);
  if (wanted === undefined) throw new Error(name);
  return suppressionOf(wanted, {
    targets,
    states,
    maintenance: planned,
    silences: [],
    now: Date.UTC(2026, 0, 2),
  });
}

test("what is behind a broken target is suppressed by the cause, also one that is about to fall", () => {
  expect(suppressed("web", { db: "uddd", api: "uddd" })).toEqual({ kind: "dependency", on: "db" });
  expect(suppressed("web", { db: "ud", api: "u" })).toEqual({ kind: "dependency", on: "db" });
  expect(suppressed("web", { db: "u", api: "u" })).toBeUndefined();
  expect(suppressed("db", { db: "uddd" })).toBeUndefined();
});

test("planned maintenance suppresses what it names, in its time", () => {
  const planned = { from: "2026-01-01T00:00:00Z", to: "2026-01-03T00:00:00Z" };
  expect(suppressed("db", {}, [planned])).toEqual({
    kind: "maintenance",
    until: Date.UTC(2026, 0, 3),
  });
  expect(suppressed("db", {}, [{ ...planned, targets: ["web"] }])).toBeUndefined();
  expect(suppressed("db", {}, [{ ...planned, to: "2026-01-01T12:00:00Z" }])).toBeUndefined();
});

test("targets that depend on each other end the search", () => {
  const both = config({ name: "a", dependsOn: ["b"] }, { name: "b", dependsOn: ["a"] });
  const targets = new Map(both.targets.map((each) => [each.name, each]));
  const [a] = both.targets;
  if (a === undefined) throw new Error("no target");
  expect(
    suppressionOf(a, { targets, states: new Map(), maintenance: [], silences: [], now: 0 }),
  ).toBeUndefined();
});

test.each([
  [[{ name: "a" }, { name: "a" }], /Two health targets are called a/],
  [[{ name: "a", dependsOn: ["b"] }], /a depends on b, which is no target/],
  [[{ name: "m", kind: "mcp", host: undefined, port: undefined }], /m needs either url or command/],
  [[{ name: "p", kind: "tcp", port: 70_000 }], /65535/],
])("a configuration that cannot be meant is refused with a sentence", (targets, message) => {
  expect(() => config(...targets)).toThrow(message);
});

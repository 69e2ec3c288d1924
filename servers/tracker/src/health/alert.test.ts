import { expect, test } from "vitest";
import { type Alert, type AlertLook, afterLook } from "./alert.ts";
import { healthSchema } from "./config.ts";
import { endOfWatch } from "./judge.ts";
import { suppressionOf } from "./suppression.ts";
import { newTarget, type TargetState } from "./target-state.ts";

const target = { name: "db", severity: "critical", alertAfterMs: 1_000 } as const;
const down: TargetState = { ...newTarget(0), status: "down" };
const well: TargetState = { ...newTarget(0), status: "up" };

/** The alert after looks at these moments. */
function after(looks: readonly (Partial<AlertLook> & { readonly now: number })[], first?: Alert) {
  return looks.reduce<Alert | undefined>(
    (alert, look) => afterLook(alert, target, { state: down, suppression: undefined, ...look }),
    first,
  );
}

test("an alert waits, fires, and is over when its target is well", () => {
  expect(after([{ now: 0 }])).toMatchObject({ state: "pending", summary: "db is down: " });
  expect(after([{ now: 0 }, { now: 999 }])).toMatchObject({ state: "pending", since: 0 });
  const fired = after([{ now: 0 }, { now: 1_000 }]);
  expect(fired).toMatchObject({ state: "firing", since: 0, firedAt: 1_000 });
  const over = after([{ now: 2_000, state: well }], fired);
  expect(over).toMatchObject({ state: "resolved", resolvedAt: 2_000 });
  expect(after([{ now: 3_000, state: well }], over)).toBe(over);
  expect(after([{ now: 4_000 }], over)).toMatchObject({ state: "pending", since: 4_000 });
  expect(after([{ now: 0 }, { now: 10, state: well }])).toBeUndefined();
});

test("people are reminded in steps, and not of what is silenced", () => {
  const remindAfterMs = 500;
  const fired = after([{ now: 0 }, { now: 1_000, remindAfterMs }]);
  const look = (now: number, more: Partial<AlertLook> = {}) => ({ now, remindAfterMs, ...more });
  expect(after([look(1_499)], fired)).not.toHaveProperty("reminders");
  const reminded = after([look(1_500)], fired);
  expect(reminded).toMatchObject({ firedAt: 1_000, remindedAt: 1_500, reminders: 1 });
  expect(after([look(1_999)], reminded)).toMatchObject({ remindedAt: 1_500, reminders: 1 });
  expect(after([look(2_000)], reminded)).toMatchObject({ remindedAt: 2_000, reminders: 2 });
  const suppression = { kind: "silence", until: 9_000 } as const;
  expect(after([look(2_000, { suppression })], reminded)).toMatchObject({
    remindedAt: 1_500,
    reminders: 1,
    suppression,
  });
  expect(after([{ now: 99_000 }], fired)).not.toHaveProperty("reminders");
});

test("an alert of an earlier version, which did not keep when, counts from now on", () => {
  const old: Alert = { key: "db", state: "firing", severity: "critical", summary: "", since: 0 };
  expect(after([{ now: 700, remindAfterMs: 500 }], old)).toMatchObject({ firedAt: 700 });
  const reminded = { ...old, reminders: 2 };
  expect(after([{ now: 700 }], reminded)).toMatchObject({ remindedAt: 700, reminders: 2 });
});

test("who was told that something fires is told when it is watched no more, and nobody else", () => {
  const alert = after([{ now: 0 }, { now: 1_000 }]);
  const kept = { state: down, ...(alert && { alert }) };
  expect(endOfWatch({ ...kept, kind: "tcp" } as never, 5_000)).toMatchObject([
    { payload: { summary: "db is watched no more. It was: db is down: " } },
  ]);
  expect(endOfWatch({ state: down }, 5_000)).toEqual([]);
  const waiting = after([{ now: 0 }]);
  expect(endOfWatch({ state: down, ...(waiting && { alert: waiting }) }, 5_000)).toEqual([]);
});

const { targets } = healthSchema.parse({
  targets: [
    { name: "web", dependsOn: ["api", "cache", "db"] },
    { name: "api", dependsOn: ["db"] },
    { name: "cache" },
    { name: "db" },
  ].map((each) => ({ kind: "tcp", host: "h", port: 1, ...each })),
});
const [web] = targets;

function suppressed(states: Record<string, TargetState>, more: object = {}) {
  if (web === undefined) throw new Error("there is no target");
  return suppressionOf(web, {
    targets: new Map(targets.map((each) => [each.name, each])),
    states: new Map(Object.entries(states)),
    maintenance: [],
    silences: [],
    now: Date.parse("2026-01-01T12:00:00Z"),
    ...more,
  });
}

test("what something needs is to blame, however far, also where it is about to fall", () => {
  expect(suppressed({})).toBeUndefined();
  expect(suppressed({ web: down, db: well })).toBeUndefined();
  expect(suppressed({ api: down, db: down })).toEqual({ kind: "dependency", on: "db" });
  const last = { level: "down", detail: "", at: 0, latencyMs: 1 } as const;
  expect(suppressed({ cache: { ...well, last } })).toEqual({ kind: "dependency", on: "cache" });
});

test("a planned maintenance says until when, and of whom", () => {
  const day = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
  const until = Date.parse(day.to);
  expect(suppressed({}, { maintenance: [day] })).toEqual({ kind: "maintenance", until });
  expect(suppressed({}, { maintenance: [{ ...day, targets: ["db"] }] })).toBeUndefined();
  expect(suppressed({}, { maintenance: [{ ...day, to: day.from }] })).toBeUndefined();
});

test("a silence says until when, and why where somebody said so", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  const silence = { id: "s", targets: ["w*"], from: now, until: now + 1_000 };
  expect(suppressed({}, { silences: [silence] })).toEqual({ kind: "silence", until: now + 1_000 });
  const because = { ...silence, reason: "moving" };
  expect(suppressed({}, { silences: [because] })).toMatchObject({ reason: "moving" });
  expect(suppressed({}, { silences: [{ ...silence, targets: ["db"] }] })).toBeUndefined();
  expect(suppressed({}, { silences: [{ ...silence, until: now }] })).toBeUndefined();
});

test("what is needed and watched no more is still known to be down", () => {
  const left = new Map(web && [[web.name, web]]);
  expect(suppressed({ db: down }, { targets: left })).toEqual({ kind: "dependency", on: "db" });
});

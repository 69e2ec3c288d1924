import { join } from "node:path";
import { openTurns } from "@trestle/store";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { builtInClasses } from "../classes/built-in.ts";
import { defineMethod, defineObjectClass, toClasses } from "../object-class.ts";
import { DEFAULT_LIMITS } from "../protocol.ts";
import { refOf, refused } from "./_core.ts";
import { createObjectCore } from "./create-core.ts";
import { withOwnership } from "./owned-core.ts";
import { SCHEMA } from "./schema.ts";
import type { SqlPort } from "./sql-port.ts";

const loud = defineObjectClass({
  name: "loud",
  description: "Tells as much at once as it may",
  methods: {
    shout: defineMethod({
      description: "Tells it",
      input: z.object({}),
      output: z.null(),
      run({ broadcast }) {
        broadcast("x".repeat(60_000));
        return null;
      },
    }),
  },
  state: () => null,
});

/** A host of its own, whose objects may go to others. */
function openHost() {
  const file = join(temporaryFolder(), "objects.db");
  const migrations = [{ name: "objects", sql: SCHEMA.join(";") }];
  const turns = openTurns({ file, migrations, durability: "normal" });
  onTestFinished(() => turns.close());
  const sql = turns as SqlPort;
  let ids = 0;
  const core = createObjectCore({
    ...{ sql, classes: toClasses([...builtInClasses, loud]), limits: DEFAULT_LIMITS },
    ...{ now: manualClock(1_000).now, newId: () => `id-${++ids}` },
  });
  return withOwnership(core, sql);
}

type Host = ReturnType<typeof openHost>;

const lock = refOf("lock/a");
const acquire = (host: Host, holder = "ann", key = "k") =>
  host.call(lock, { method: "acquire", args: { holder, ttlMs: 500 }, key }, "ann");

function newLock(host: Host): void {
  host.initialize(lock, { args: {} }, "ann");
  acquire(host);
}

test("an object that goes to another host is there as it was here, with its alarm and its answers", () => {
  const [one, other] = [openHost(), openHost()];
  newLock(one);
  const before = one.get(lock);
  const copy = one.release(lock, "other");
  if (copy === undefined) throw new Error("there is no copy");
  expect(other.accept(copy, 0)).toEqual({ alarmAt: 1_500 });
  expect(other.get(lock)).toEqual(before);
  expect(other.alarms(1)).toEqual([{ ref: lock, at: 1_500 }]);
  expect(other.copy(lock)).toEqual(copy);
  expect(acquire(other).event).toBeUndefined();
});

test("one that is away is neither shown nor changed here, and does not ring", () => {
  const host = openHost();
  newLock(host);
  host.release(lock, "other");
  expect(host.alarms(1)).toEqual([]);
  const range = { since: 0, limit: 1 };
  for (const ask of [
    () => host.get(lock),
    () => host.snapshot(lock),
    () => host.ring(lock),
    () => host.events(lock, range),
    () => acquire(host),
    () => host.initialize(lock, { args: {} }, "ann"),
    () => host.delete(lock, {}, "ann"),
  ]) {
    expect(ask).toThrow(refused("unavailable"));
    expect(ask).toThrow("is with other now");
  }
});

test("it comes back only where nothing newer is in its place", () => {
  const [one, other] = [openHost(), openHost()];
  newLock(one);
  const copy = one.release(lock, "other");
  if (copy === undefined) throw new Error("there is no copy");
  other.accept(copy, 0);
  const back = other.release(lock, "one");
  if (back === undefined) throw new Error("there is no copy");
  expect(() => one.accept(back, 0)).toThrow(refused("conflict"));
  expect(() => one.accept({ ...back, seq: back.seq - 1 }, back.seq)).toThrow(refused("conflict"));
  one.accept(back, back.seq);
  expect(one.get(lock)).toMatchObject({ state: { holder: "ann" } });
});

test("a copy has the last events that it has room for, and no alarm where none is set", () => {
  const host = openHost();
  const ref = refOf("loud/a");
  host.initialize(ref, { args: {} }, "ann");
  for (let turn = 0; turn < 80; turn += 1) host.call(ref, { method: "shout" }, "ann");
  const copy = host.copy(ref);
  expect(copy).not.toHaveProperty("alarmAt");
  expect(copy?.events.at(-1)?.[0]).toBe(81);
  expect(copy?.events.length).toBeLessThan(80);
  // A page of events has no more room, and is read on from its last.
  const { events } = host.events(ref, { since: 0, limit: 1_000 });
  const last = events.at(-1)?.seq ?? 0;
  expect(last).toBeLessThan(81);
  expect(host.events(ref, { since: last, limit: 1 }).events[0]?.seq).toBe(last + 1);
});

test("what is no object, no cursor or no argument is said so", () => {
  const host = openHost();
  expect(() => host.events(lock, { since: 0, limit: 1 })).toThrow(refused("not_found"));
  expect(() => host.initialize(lock, { args: { ttlMs: 1 } }, "ann")).toThrow(
    "A lock is initialized without arguments",
  );
  newLock(host);
  expect(() => host.list({ limit: 1, cursor: "nonsense" })).toThrow(refused("invalid_input"));
  const wrong = { method: "acquire", args: "ann" as never };
  expect(() => host.call(lock, wrong, "ann")).toThrow(refused("invalid_input"));
});

test("of one that never was there is no copy, and it may be promised to another all the same", () => {
  const host = openHost();
  expect(host.copy(lock)).toBeUndefined();
  expect(host.release(lock, "other")).toBeUndefined();
  expect(() => newLock(host)).toThrow("is with other now");
});

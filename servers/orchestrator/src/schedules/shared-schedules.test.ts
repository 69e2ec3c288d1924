import { LOCAL_PRINCIPAL, silentLogger } from "@trestle/protocol";
import {
  createLocalDatabase,
  hasLocalPostgres,
  type LocalDatabase,
} from "@trestle/testkit/local-postgres";
import { manualClock, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "../runs/postgres/postgres.ts";
import type { Workflows } from "../workflows/workflows.ts";
import { openAutomation, shareAutomation } from "./automation.ts";
import { openAutomationStore } from "./automation-store.ts";
import { createPostgresAutomationStore } from "./postgres-automation-store.ts";
import type { Schedule } from "./schedule.ts";
import { createScheduler } from "./scheduler.ts";

const HOUR = 3_600_000;
const log = silentLogger;
const caller = { principal: LOCAL_PRINCIPAL, grant: "{}" };
let database: LocalDatabase;
let opened: { close(): Promise<void> }[] = [];

const hourly: Schedule = {
  ...{ id: "s", workflow: "w", cron: "0 * * * *", timeZone: "UTC", catchUp: "skip" },
  ...{ enabled: true, doneUntil: Date.UTC(2026, 0, 1), onBehalf: caller },
};

describe.skipIf(!(await hasLocalPostgres()))("schedules of many processes", () => {
  beforeAll(async () => {
    database = await createLocalDatabase({ prefix: "trestle_schedules" });
  });
  afterEach(async () => {
    for (const each of opened) await each.close();
    opened = [];
  });
  afterAll(() => database.drop());

  async function connect() {
    const postgres = await openPostgres({ url: database.url, log });
    opened.unshift(postgres);
    return postgres;
  }

  /** A process that fires schedules when it is told to look. */
  async function open(fired: string[], during = async () => {}) {
    const postgres = await connect();
    const store = createPostgresAutomationStore(postgres);
    const clock = manualClock(hourly.doneUntil);
    const fire = async ({ key }: { key: string }) => {
      fired.push(key);
      await during();
      return key;
    };
    const scheduler = createScheduler({ store, fire, clock, log });
    opened.unshift(store, scheduler);
    return { postgres, store, clock, wake: scheduler.wake };
  }

  test("fire once for all of them, and another takes over from one that is gone", async () => {
    const fired: [string[], string[], string[]] = [[], [], []];
    const all = await Promise.all(fired.map((each) => open(each)));
    const [first] = all;
    await first?.store.put("schedule", "s", hourly);
    const pass = async (hours: number) => {
      for (let hour = 0; hour < hours; hour += 1) {
        for (const { clock } of all) clock.set(clock.now() + HOUR);
        await Promise.all(all.map(({ wake }) => wake()));
      }
    };
    await pass(3);
    expect(fired.map(({ length }) => length).toSorted()).toEqual([0, 0, 3]);
    const leader = fired.findIndex(({ length }) => length > 0);
    all.splice(leader, 1);
    await first?.postgres.query("UPDATE trestle.lease SET until = now() - interval '1 second'");
    await pass(2);
    const keys = fired.flat();
    expect(fired[leader]).toHaveLength(3);
    expect([keys.length, new Set(keys).size]).toEqual([5, 5]);
  });

  test("are not noted by one that was asleep while another took over", async () => {
    const fired: string[] = [];
    const other = await open(fired);
    const slept = await open(fired, async () => {
      await other.postgres.query("UPDATE trestle.lease SET until = now() - interval '1 second'");
      other.clock.set(other.clock.now() + HOUR);
      await other.wake();
    });
    await slept.postgres.query("UPDATE trestle.lease SET until = now() - interval '1 second'");
    await slept.store.put("schedule", "s", hourly);
    slept.clock.set(slept.clock.now() + HOUR);
    await slept.wake();
    // Both begin the execution of one key, which is one; only whoever leads says how far the schedule is.
    expect(new Set(fired).size).toBe(1);
    const [kept] = await other.store.list<Schedule>("schedule");
    expect(kept).toMatchObject({ doneUntil: hourly.doneUntil + HOUR });
    expect(await slept.store.note("schedule", "s", { doneUntil: 1 }, kept?.doneUntil)).toBe(false);
    expect(await other.store.note("schedule", "s", { lastError: "x" }, kept?.doneUntil)).toBe(true);
    expect(await other.store.note("schedule", "s", { lastError: undefined })).toBe(true);
    expect((await other.store.list<Schedule>("schedule"))[0]).not.toHaveProperty("lastError");
  });

  test("are seen by all, with what was set up in a folder before", async () => {
    const dataDir = temporaryFolder();
    const clock = manualClock(hourly.doneUntil);
    const own = await openAutomationStore({ file: `${dataDir}/automation.db`, clock, log });
    await own.put("schedule", "old", { ...hourly, id: "old", enabled: false });
    await own.close();
    const workflows = { workflow: async () => ({}) } as unknown as Workflows;
    const topics: string[] = [];
    const host = {
      ...{ dataDir, clock, log },
      subscribe(topic: string) {
        topics.push(topic);
        return () => {};
      },
    } as never;
    const one = await openAutomation(workflows, {
      host,
      store: await shareAutomation(host, await connect()),
    });
    opened.unshift(one);
    const store = createPostgresAutomationStore(await connect());
    const two = await openAutomation(workflows, { host, store });
    opened.unshift(two);
    expect((await two.schedules(caller)).map(({ id }) => id)).toContain("old");
    const trigger = { id: "t", workflow: "w", enabled: true, event: { topic: "deployments" } };
    await one.setTrigger(trigger, caller);
    await until("both follow the topic", () => topics.length === 2);
    expect(await two.removeSchedule("old", caller)).toBe(true);
    expect((await one.schedules(caller)).map(({ id }) => id)).not.toContain("old");
  });
});

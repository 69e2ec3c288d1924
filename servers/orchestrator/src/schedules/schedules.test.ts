import { join } from "node:path";
import { LOCAL_PRINCIPAL, silentLogger, TrestleError } from "@trestle/protocol";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openAutomationStore } from "./automation-store.ts";
import { nextInstant, type Schedule } from "./schedule.ts";
import { createScheduler, type Fire } from "./scheduler.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function open(facts: Partial<Schedule>, { folder = temporaryFolder(), fire = ok } = {}) {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const log = silentLogger;
  const store = await openAutomationStore({ file: join(folder, "automation.db"), clock, log });
  const fired: string[] = [];
  const recorded: Fire = async (firing) => {
    const id = await fire(firing);
    fired.push(firing.key);
    return id;
  };
  const schedule: Schedule = {
    ...{ id: "s", workflow: "w", cron: "0 8 * * *", timeZone: "UTC", catchUp: "skip" },
    ...{ enabled: true, doneUntil: clock.now() },
    onBehalf: { principal: LOCAL_PRINCIPAL, grant: "{}" },
    ...facts,
  };
  if ((await store.list("schedule")).length === 0) await store.put("schedule", "s", schedule);
  const scheduler = createScheduler({ store, fire: recorded, clock, log });
  await scheduler.wake();
  return {
    ...{ clock, store, fired, folder },
    /** In steps, as time goes. */
    async pass(ms: number, step = HOUR) {
      for (let left = ms; left > 0; left -= step) {
        clock.advance(Math.min(step, left));
        await scheduler.wake();
      }
    },
    /** Nothing looked meanwhile. */
    async sleep(ms: number) {
      clock.set(clock.now() + ms);
      await scheduler.wake();
    },
    present: async () => (await store.list<Schedule>("schedule"))[0],
    async close() {
      await scheduler.close();
      await store.close();
    },
  };
}

const ok: Fire = async ({ key }) => `run of ${key}`;
const at = (day: number, hour = 8) => new Date(Date.UTC(2026, 0, day, hour)).toISOString();
const keyOf = (instant: string) => `schedule/s/${instant}`;

test("a schedule fires at its instants, each once", async () => {
  const { pass, fired, present, close } = await open({});
  await pass(3 * DAY);
  expect(fired).toEqual([1, 2, 3].map((day) => keyOf(at(day))));
  expect(await present()).toMatchObject({ lastExecution: `run of ${keyOf(at(3))}` });
  await close();
});

test.each([
  { catchUp: "skip", caughtUp: [] },
  { catchUp: "once", caughtUp: [at(2)] },
  { catchUp: "all", caughtUp: [at(2), at(3), at(4)] },
] as const)("what was missed: $catchUp", async ({ catchUp, caughtUp }) => {
  const { pass, sleep, fired, close } = await open({ catchUp });
  await pass(DAY);
  await sleep(3 * DAY);
  expect(fired).toEqual([at(1), ...caughtUp].map(keyOf));
  await pass(DAY);
  expect(fired.at(-1)).toBe(keyOf(at(5)));
  expect(fired).toHaveLength(2 + caughtUp.length);
  await close();
});

test("an instant that comes a little late is not missed", async () => {
  const { sleep, fired, close } = await open({});
  await sleep(8 * HOUR + 30_000);
  expect(fired).toEqual([keyOf(at(1))]);
  await close();
});

test("whoever dies between beginning and noting begins the same execution again", async () => {
  const first = await open({});
  const before = await first.present();
  await first.pass(9 * HOUR);
  if (before) await first.store.put("schedule", "s", before);
  await first.close();
  const second = await open({}, { folder: first.folder });
  second.clock.set(Date.UTC(2026, 0, 1, 8, 0, 30));
  await second.pass(1);
  expect(second.fired).toEqual(first.fired);
  await second.close();
});

test("what begins nothing is told, and the next instant comes", async () => {
  let isGone = true;
  const fire: Fire = async ({ key }) => {
    if (isGone) throw new TrestleError("not_found", 'There is no workflow "w"');
    return key;
  };
  const { pass, present, fired, close } = await open({}, { fire });
  await pass(DAY);
  expect((await present())?.lastError).toContain("There is no workflow");
  isGone = false;
  await pass(DAY);
  expect(fired).toEqual([keyOf(at(2))]);
  expect((await present())?.lastError).toBeUndefined();
  await close();
});

test("a store that is full for a moment costs no firing", async () => {
  let tries = 0;
  const fire: Fire = async ({ key }) => {
    tries += 1;
    if (tries < 3) throw new TrestleError("unavailable", "The disk is full");
    return key;
  };
  const { pass, fired, close } = await open({}, { fire });
  await pass(8 * HOUR);
  await pass(30_000, 5_000);
  expect(fired).toEqual([keyOf(at(1))]);
  await close();
});

test("a disabled schedule does not fire", async () => {
  const { pass, fired, close } = await open({ enabled: false });
  await pass(3 * DAY);
  expect(fired).toEqual([]);
  await close();
});

test("a month away is no reason to fire at once", async () => {
  const { pass, fired, clock, close } = await open({ cron: "0 0 1 6 *" });
  expect(clock.next()).toBe(HOUR);
  await pass(40 * DAY, DAY);
  expect(fired).toEqual([]);
  await close();
});

/** The instants of a cron expression in a time zone between two days. */
function instants(cron: string, timeZone: string, from: string, to: string): string[] {
  const found: string[] = [];
  for (let after = Date.parse(from); ; ) {
    const next = nextInstant({ cron, timeZone }, after);
    if (next === undefined || next >= Date.parse(to)) return found;
    found.push(new Date(next).toISOString());
    after = next;
  }
}

test("clocks that are changed leave each day one instant", () => {
  const lisbon = (cron: string, from: string, to: string) =>
    instants(cron, "Europe/Lisbon", from, to);
  // On 29 March 2026 there is no 01:30 in Lisbon, on 25 October there are two.
  expect(lisbon("30 8 * * *", "2026-03-28T00:00Z", "2026-03-31T00:00Z")).toEqual([
    ...["2026-03-28T08:30:00.000Z", "2026-03-29T07:30:00.000Z", "2026-03-30T07:30:00.000Z"],
  ]);
  const spring = lisbon("30 1 * * *", "2026-03-28T00:00Z", "2026-03-31T00:00Z");
  expect(spring.map((each) => each.slice(0, 10))).toEqual([
    ...["2026-03-28", "2026-03-29", "2026-03-30"],
  ]);
  const autumn = lisbon("30 1 * * *", "2026-10-24T00:00Z", "2026-10-27T00:00Z");
  expect(autumn.map((each) => each.slice(0, 10))).toEqual([
    ...["2026-10-24", "2026-10-25", "2026-10-26"],
  ]);
  const hourly = lisbon("0 * * * *", "2026-03-28T23:00Z", "2026-03-29T04:00Z");
  expect(hourly).toHaveLength(4);
});

test.each([
  [{ cron: "61 * * * *", timeZone: "UTC" }, "cron"],
  [{ cron: "whenever", timeZone: "UTC" }, "cron"],
  [{ cron: "0 8 * * *", timeZone: "Mars/Olympus" }, "Mars/Olympus"],
])("what cannot be read is refused: %j", (schedule, problem) => {
  expect(() => nextInstant(schedule, 0)).toThrow(problem);
});

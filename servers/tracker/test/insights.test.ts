import type { JsonObject } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { writeSession } from "./_home.ts";
import { mountServer } from "./_mount.ts";

const DAY_MS = 86_400_000;

interface Insight {
  readonly kind: string;
  readonly about: string;
  readonly detail: string;
  readonly confidence: number;
  readonly action: string;
  readonly evidence: readonly JsonObject[];
}

async function insightsOf(home: string, kind?: string): Promise<readonly Insight[]> {
  const { call, instance } = mountServer(home);
  onTestFinished(() => instance.close());
  const { insights } = await call("get_insights", kind === undefined ? {} : { kinds: [kind] });
  return insights as unknown as Insight[];
}

function sessionAt(home: string, id: string, daysAgo: number) {
  return writeSession(home, id, { at: Date.now() - daysAgo * DAY_MS });
}

test("a failure that comes on several days is recurring, one bad hour is not", async () => {
  const home = temporaryFolder("tracker");
  for (const day of [9, 6, 3, 1]) {
    sessionAt(home, `d${day}`, day).run("npm test", "Exit code 1\nTypeError: no till", true);
  }
  // Two hours around one of the borders between the fourteen parts of the time, which are days.
  const once = sessionAt(home, "once", 2 + 1 / 24);
  for (let n = 0; n < 60; n += 1) once.run("make door", "Exit code 2\nRangeError: no door", true);
  const found = await insightsOf(home, "recurring_failure");
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({
    title: expect.stringContaining("no till"),
    detail: expect.stringContaining("4 times"),
    action: expect.stringContaining("search_history"),
  });
  expect(found[0]?.confidence).toBeGreaterThan(0.9);
  expect(found[0]?.evidence.length).toBe(2);
});

test("work that was begun and left is stuck; what is fresh is not", async () => {
  const home = temporaryFolder("tracker");
  sessionAt(home, "old", 9).plan([{ content: "Paint the fence", status: "in_progress" }]);
  sessionAt(home, "new", 0.1).plan([{ content: "Oil the hinge", status: "in_progress" }]);
  sessionAt(home, "forgotten", 90).plan([{ content: "Mow the roof", status: "in_progress" }]);
  const found = await insightsOf(home, "stuck_work");
  expect(found).toMatchObject([{ title: "Stuck: Paint the fence" }]);
});

test("a command is flaky where it comes out otherwise with no edit in between", async () => {
  const home = temporaryFolder("tracker");
  const flaky = sessionAt(home, "flaky", 1);
  const mended = sessionAt(home, "mended", 2);
  for (let n = 0; n < 8; n += 1) {
    flaky.run("npm test", n % 2 === 0 ? "Exit code 1\n1 failed" : "all is well", n % 2 === 0);
    mended.run("make all", n % 2 === 0 ? "Exit code 1\nerror" : "done", n % 2 === 0);
    mended.edit(`/srv/shop/part${n}.js`);
  }
  const found = await insightsOf(home, "flaky_command");
  expect(found).toMatchObject([{ about: "npm test", confidence: 0.98 }]);
  expect(found[0]?.detail).toBe(
    "Of 7 runs right after another one, with no file written in between, 7 came out differently.",
  );
});

test("a file that is written far more often than others is hot", async () => {
  const home = temporaryFolder("tracker");
  for (const day of [1, 2, 3]) {
    const session = sessionAt(home, `s${day}`, day);
    for (let n = 0; n < 5; n += 1) session.edit("/srv/shop/till.js");
    session.edit(`/srv/shop/part${day}.js`);
  }
  const found = await insightsOf(home, "hot_file");
  expect(found).toMatchObject([{ about: "/srv/shop/till.js" }]);
});

test("a session that costs far more than the others stands out", async () => {
  const home = temporaryFolder("tracker");
  for (let n = 0; n < 10; n += 1) {
    const session = sessionAt(home, `s${n}`, n / 2 + 0.5);
    for (let reply = 0; reply < 2 + (n % 3); reply += 1) session.reply("Done");
  }
  const costly = sessionAt(home, "costly", 3);
  for (let n = 0; n < 300; n += 1) costly.reply("Still at it");
  const found = await insightsOf(home, "cost_outlier");
  expect(found).toMatchObject([{ about: "claude-code:costly", evidence: [{}, {}] }]);
});

test("nothing is said where nothing is known", async () => {
  expect(await insightsOf(temporaryFolder("tracker"))).toEqual([]);
});

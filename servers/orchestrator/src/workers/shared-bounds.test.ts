import { setTimeout as pause } from "node:timers/promises";
import {
  createLocalDatabase,
  hasLocalPostgres,
  type LocalDatabase,
} from "@trestle/testkit/local-postgres";
import { until } from "@trestle/testkit/surroundings";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { says, submission, task } from "../engine/_engine.ts";
import { openSharedForTest, type SharedTestOptions } from "./_shared.ts";

const LONG = 60_000;
let database: LocalDatabase;
let opened: { close(): Promise<void> }[] = [];

describe.skipIf(!(await hasLocalPostgres()))("many engines on one Postgres", () => {
  beforeAll(async () => {
    database = await createLocalDatabase({ prefix: "trestle_bounds" });
  });
  afterEach(async () => {
    await Promise.all(opened.map((each) => each.close()));
    opened = [];
  });
  afterAll(() => database.drop());

  async function open(options: Omit<SharedTestOptions, "url">) {
    const shared = await openSharedForTest({ url: database.url, ...options });
    opened.push(shared);
    return shared;
  }

  test("do ten thousand steps, each once, and keep no more of them than they are", {
    timeout: 120_000,
  }, async () => {
    const keys = new Set<string>();
    let calls = 0;
    const { engine, postgres } = await open({
      concurrency: 500,
      answer({ key }) {
        calls += 1;
        keys.add(key);
        return says({ ok: true });
      },
    });
    const steps = Array.from({ length: 10_000 }, (_, at) =>
      task(`s${at}`, at < 500 ? {} : { dependsOn: [`s${at - 500}`] }),
    );
    const big = submission(steps, { parallel: true, maxConcurrency: 500 });
    const before = process.memoryUsage().heapUsed;
    const id = await engine.submit(big);
    const { status } = await engine.waitFor(id, 110_000);
    expect([status, calls, keys.size]).toEqual(["succeeded", 10_000, 10_000]);
    const [size] = await postgres.query<{ log: number; snapshot: number }>(
      `SELECT (SELECT sum(length(events))::int FROM trestle.run_event JOIN trestle.run ON run.place = run_event.run
         WHERE run.id = $1) AS log, length(snapshot)::int AS snapshot FROM trestle.run WHERE id = $1`,
      [id],
    );
    // Some hundred characters a step, and one snapshot however often there was one.
    expect(size?.log).toBeLessThan(10_000 * 500);
    expect(size?.snapshot).toBeLessThan(10_000 * 500);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(500e6);
  });

  test("count what a run keeps, whoever does its steps", async () => {
    const part = "x".repeat(3_500_000);
    const answer = () => says({ part });
    const [one] = await Promise.all([open({ answer }), open({ answer })]);
    const id = await one.engine.submit(
      submission(["a", "b", "c", "d", "e"].map((name) => task(name))),
    );
    const { status, state } = await one.engine.waitFor(id, LONG);
    expect([status, state.steps.d?.status]).toEqual(["failed", "succeeded"]);
    expect(state.steps.e).toMatchObject({
      error: { message: expect.stringContaining("the steps would keep 17500055 characters") },
    });
  });

  test("cancel a run of a step with what waits for it, though nobody could tell it", async () => {
    const child = submission([{ id: "go", type: "wait", signal: "go" }]);
    const parent = submission([{ id: "sub", type: "workflow", workflow: "child" }]);
    const { engine, postgres, events } = await open({
      answer: () => says({}),
      workflows: { child },
    });
    const id = await engine.submit(parent);
    const childId = `${id}.sub.0`;
    await until("the child waits", () =>
      events.some(([run, { kind }]) => run === childId && kind === "waitStarted"),
    );
    // What is stored with the parent's end, by a process that is gone before it has told the child.
    await postgres.query(
      "INSERT INTO trestle.orphan (run, since) VALUES ($1, now() - interval '1 hour')",
      [childId],
    );
    expect((await waitForEnd(engine, childId)).status).toBe("cancelled");
    const left = () => postgres.query("SELECT 1 FROM trestle.orphan");
    while ((await left()).length > 0) await pause(20);
  });

  test("note whom a step that ends leaves behind in the same commit", async () => {
    const child = submission([{ id: "go", type: "wait", signal: "go" }]);
    const parent = submission([{ id: "sub", type: "workflow", workflow: "child" }]);
    const { engine, postgres, events } = await open({
      answer: () => says({}),
      workflows: { child },
    });
    await postgres.query("CREATE TABLE noted (run text)");
    await postgres.query(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO noted VALUES (NEW.run); RETURN NEW; END'`);
    await postgres.query(
      "CREATE TRIGGER note AFTER INSERT ON trestle.orphan FOR EACH ROW EXECUTE FUNCTION note()",
    );
    const id = await engine.submit(parent);
    await until("the child waits", () => events.some(([, { kind }]) => kind === "waitStarted"));
    await engine.tell(id, (_, at) => [{ kind: "cancelled", at }]);
    const noted = await postgres.query<{ run: string }>("SELECT run FROM noted");
    expect(noted.map(({ run }) => run)).toContain(`${id}.sub.0`);
    expect((await waitForEnd(engine, id)).status).toBe("cancelled");
  });
});

/** Beyond what it waits for: somebody else may end it. */
async function waitForEnd(
  engine: Awaited<ReturnType<typeof openSharedForTest>>["engine"],
  id: string,
) {
  for (;;) {
    const run = await engine.waitFor(id, LONG);
    if (run.endedAt !== undefined) return run;
    await pause(20);
  }
}

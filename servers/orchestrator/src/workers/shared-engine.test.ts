// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { setTimeout as pause } from "node:timers/promises";
import { TrestleError } from "@trestle/protocol";
import {
  createLocalDatabase,
  hasLocalPostgres,
  type LocalDatabase,
} from "@trestle/testkit/local-postgres";
import { until } from "@trestle/testkit/surroundings";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Called, says, submission, task } from "../engine/_engine.ts";
import { openSharedForTest, type SharedTestOptions } from "./_shared.ts";

const LONG = 30_000;
let database: LocalDatabase;
let opened: { close(): Promise<void> }[] = [];

describe.skipIf(!(await hasLocalPostgres()))("many engines on one Postgres", () => {
  beforeAll(async () => {
    database = await createLocalDatabase({ prefix: "trestle_shared" });
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

  test("do the steps of a run in the order of its graph, each once", async () => {
    const calls: Called[] = [];
    const answer = (called: Called) => {
      calls.push(called);
      return says({ by: called.tool });
    };
    const [one] = await Promise.all([open({ answer }), open({ answer }), open({ answer })]);
    const steps = [
      task("a"),
      task("b", { arguments: { from: "${results.a.by}" }, dependsOn: ["a"] }),
      task("c", { dependsOn: ["a"], forEach: [1, 2, 3] }),
    ];
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => one.engine.submit(submission(steps))),
    );
    for (const id of ids) {
      const { status, state } = await one.engine.waitFor(id, LONG);
      expect([status, state.steps.b]).toEqual([
        "succeeded",
        expect.objectContaining({ result: { by: "b" } }),
      ]);
    }
    expect(calls).toHaveLength(100);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(100);
  });

  test("leave steps to those that have places for them", async () => {
    const submitting = await open({ concurrency: 0, answer: () => says({ by: "nobody" }) });
    await submitting.postgres.query("SELECT pg_notify('trestle_news', 'nonsense')");
    const id = await submitting.engine.submit(submission([task("a")]));
    expect((await submitting.engine.waitFor(id, 50)).status).toBe("running");
    await open({ answer: () => says({ by: "worker" }) });
    expect(await submitting.engine.waitFor(id, LONG)).toMatchObject({
      status: "succeeded",
      output: { a: { by: "worker" } },
    });
  });

  test("try again what failed, after its time, and wait for time", async () => {
    let tries = 0;
    const { engine } = await open({
      answer: () => {
        tries += 1;
        if (tries < 3) throw new TrestleError("unavailable", "not yet");
        return says({ tries });
      },
    });
    const id = await engine.submit(
      submission([
        task("a", { retry: { attempts: 3, backoff: 20 } }),
        { id: "w", type: "wait", for: 50 },
      ]),
    );
    const { status, state } = await engine.waitFor(id, LONG);
    expect([status, tries]).toEqual(["succeeded", 3]);
    expect(state.steps.w).toMatchObject({ status: "succeeded" });
  });

  test("give a submission that comes twice one run", async () => {
    let calls = 0;
    const answer = () => {
      calls += 1;
      return says({});
    };
    const [one, two] = await Promise.all([open({ answer }), open({ answer })]);
    const once = { ...submission([task("a")]), runId: "order-7" };
    const ids = [one.engine.submit(once), two.engine.submit(once), one.engine.submit(once)];
    expect(await Promise.all(ids)).toEqual(["order-7", "order-7", "order-7"]);
    expect((await two.engine.waitFor("order-7", LONG)).status).toBe("succeeded");
    expect(calls).toBe(1);
  });

  test("tell the one that calls that it is to stop", async () => {
    let called = false;
    let aborted = false;
    await open({
      answer: ({ signal }) => {
        called = true;
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new Error("aborted"));
          });
        });
      },
    });
    const steering = await open({ concurrency: 0, answer: () => says({}) });
    const id = await steering.engine.submit(submission([task("a")]));
    await until("it is called", () => called);
    await steering.engine.tell(id, (_, at) => [{ kind: "cancelled", at }]);
    expect((await steering.engine.waitFor(id, LONG)).status).toBe("cancelled");
    expect(aborted).toBe(true);
  });

  test("cancel at once what nobody has begun", async () => {
    const { engine } = await open({ concurrency: 0, answer: () => says({}) });
    const id = await engine.submit(submission([task("a")]));
    await engine.tell(id, (_, at) => [{ kind: "cancelled", at }]);
    const { status, state } = await engine.waitFor(id, LONG);
    expect([status, state.steps.a?.status]).toEqual(["cancelled", "cancelled"]);
  });

  test("run workflows as steps, and hold no place meanwhile", async () => {
    const child = submission([task("inner", { arguments: { x: "${input.x}" } })], {
      input: { x: 0 },
    });
    const parent = submission([
      {
        id: "sub",
        type: "workflow",
        workflow: "child",
        arguments: { x: "${item}" },
        forEach: [1, 2],
      },
    ]);
    const { engine, postgres } = await open({
      concurrency: 1,
      answer: ({ args }) => says({ got: args.x ?? null }),
      workflows: { child },
    });
    const id = await engine.submit(parent);
    const { output } = await engine.waitFor(id, LONG);
    expect(output).toEqual({ sub: [{ inner: { got: 1 } }, { inner: { got: 2 } }] });
    expect(
      await postgres.query("SELECT * FROM trestle.task WHERE run LIKE $1", [`${id}%`]),
    ).toEqual([]);
  });

  test("do again, under the same key, what was at a worker that is gone, and refuse what it says late", async () => {
    const keys: string[] = [];
    let finish = () => {};
    const slow = await open({
      concurrency: 1,
      leaseMs: 30_000,
      answer: ({ key }) => {
        keys.push(key);
        return new Promise((resolve) => {
          finish = () => resolve(says({ by: "the late one" }));
        });
      },
    });
    const id = await slow.engine.submit(submission([task("a")]));
    await until("it is called", () => keys.length === 1);
    // As where it hangs for so long that its lease is over, and its call goes on.
    await slow.postgres.query("UPDATE trestle.task SET leased_until = now() - interval '1 hour'");
    const other = await open({
      answer: async ({ key }) => {
        keys.push(key);
        finish();
        await pause(50);
        return says({ by: "the other" });
      },
    });
    const { output } = await other.engine.waitFor(id, LONG);
    expect(output).toEqual({ a: { by: "the other" } });
    expect(keys).toEqual([`${id}/a/0`, `${id}/a/0`]);
  });

  test("give back what they are at when they are closed", async () => {
    const keys: string[] = [];
    const first = await open({
      concurrency: 1,
      answer: ({ key, signal }) => {
        keys.push(key);
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
    });
    const id = await first.engine.submit(submission([task("a")]));
    await until("it is called", () => keys.length === 1);
    const second = await open({
      answer: ({ key }) => {
        keys.push(key);
        return says({ by: "the second" });
      },
    });
    await first.engine.close();
    expect((await second.engine.waitFor(id, 10_000)).output).toEqual({ a: { by: "the second" } });
    expect(keys).toEqual([`${id}/a/0`, `${id}/a/0`]);
  });

  test("keep a large result once, beside the log, and hand it on whole", async () => {
    const text = "x".repeat(200_000);
    const got: unknown[] = [];
    const answer = ({ tool, args }: Called) => {
      if (tool === "b") got.push(args.text);
      return says(tool === "a" ? { text } : { ok: true });
    };
    const [{ engine, postgres }] = await Promise.all([open({ answer }), open({ answer })]);
    const steps = [task("a"), task("b", { arguments: { text: "${results.a.text}" } })];
    const id = await engine.submit(submission(steps));
    const { output } = await engine.waitFor(id, LONG);
    expect([output, got]).toEqual([{ a: { text }, b: { ok: true } }, [text]]);
    const [sizes] = await postgres.query(
      `SELECT (SELECT count(*)::int FROM trestle.blob WHERE run = $1) AS blobs,
        (SELECT sum(length(events))::int FROM trestle.run_event JOIN trestle.run ON run.place = run_event.run
         WHERE run.id = $1) AS log`,
      [id],
    );
    // The result, and the output, which has it inside.
    expect(sizes?.blobs).toBe(2);
    expect(sizes?.log).toBeLessThan(5_000);
  });

  test("go on by themselves where Redis is gone", async () => {
    const { engine } = await open({
      redis: "redis://127.0.0.1:1",
      answer: ({ tool }) => says({ by: tool }),
    });
    const id = await engine.submit(submission([task("a"), task("b", { dependsOn: ["a"] })]));
    expect((await engine.waitFor(id, LONG)).status).toBe("succeeded");
  });

  test("refuse what cannot run, and what nobody knows", async () => {
    const { engine } = await open({ answer: () => says({}) });
    await expect(engine.view("nobody")).rejects.toMatchObject({ code: "not_found" });
    await expect(engine.tell("nobody", () => [])).rejects.toMatchObject({ code: "not_found" });
    const good = submission([task("a")]);
    const plan = {
      ...good.plan,
      steps: good.plan.steps.map((step) => ({ ...step, dependsOn: ["x"] })),
    };
    await expect(engine.submit({ ...good, plan })).rejects.toMatchObject({ code: "invalid_input" });
  });
});

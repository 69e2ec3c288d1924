import { describe, expect, test } from "vitest";
import { type Aggregation, OWNER, type TaskRecord } from "../model.ts";
import type { NewTask } from "../requests.ts";
import { openState } from "./_decide.ts";
import { leave } from "./agents.ts";
import { decompose, submit } from "./submit.ts";
import { cancel, checked, complete, fail, handoff, renew, vote } from "./work.ts";

type Opened = ReturnType<typeof openState>;

const refused = (code: string, sentence: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(sentence) });

const add = ({ decide }: Opened, facts: Partial<NewTask> = {}, by = OWNER) =>
  decide((turn) => submit(turn, by, { title: "t", ...facts }));

describe("a task that is asked for by its name", () => {
  test("is given to whom it is for, in its turn, and else is said why not", () => {
    const swarm = openState({ strategy: "sequential" });
    const [one, two] = [swarm.join(), swarm.join({ capabilities: ["x"] })];
    const [a, b, c] = [add(swarm), add(swarm), add(swarm, { capabilities: ["x"] })];
    const waiting = add(swarm, { dependsOn: [a.id] });
    expect(() => swarm.claim(one, waiting.id)).toThrow(`${waiting.id} is waiting`);
    expect(() => swarm.claim(one, c.id)).toThrow(`${c.id}: it needs the capability "x"`);
    expect(swarm.claim(one, b.id)).toMatchObject({ id: b.id, lease: { agent: one.id } });
    expect(() => swarm.claim(two, b.id)).toThrow(`${b.id} is claimed by ${one.id}`);
    expect(() => swarm.claim(two, a.id)).toThrow("One task at a time");
  });

  test("is renewed under its fence, and under no other", () => {
    const swarm = openState();
    const one = swarm.join();
    const { id } = add(swarm);
    const { fence } = swarm.claim(one);
    expect(swarm.decide((turn) => renew(turn, one, id, fence)).lease?.beat).toBe(1);
    const spent = { tokens: 7 };
    swarm.decide((turn) => renew(turn, one, id, fence, spent));
    expect(swarm.task(id)).toMatchObject({ lease: { beat: 2 }, spent });
    expect(() => swarm.decide((turn) => renew(turn, one, id, fence + 1))).toThrow(
      refused("conflict", `You hold ${id} under fence ${fence}, not ${fence + 1}`),
    );
  });
});

test("a task is cancelled by its owner and by who submitted it, and once", () => {
  const swarm = openState();
  const [one, two] = [swarm.join(), swarm.join()];
  const { id } = add(swarm, {}, one.id);
  expect(() => swarm.decide((turn) => cancel(turn, two.id, id, "mine"))).toThrow(
    refused("denied", `submitted by ${one.id}`),
  );
  const cancelled = swarm.decide((turn) => cancel(turn, one.id, id, "no need"));
  expect(cancelled).toMatchObject({ status: "cancelled", reason: "no need" });
  expect(swarm.decide((turn) => cancel(turn, OWNER, id, "again"))).toEqual(cancelled);
});

test("a task that fails for good says so without a count, and is nobody's to be handed over", () => {
  const swarm = openState();
  const [one, two] = [swarm.join(), swarm.join()];
  const [a, b] = [add(swarm), add(swarm)];
  const first = swarm.claim(one);
  const request = { task: a.id, fence: first.fence };
  const failed = swarm.decide((turn) =>
    fail(turn, one, { ...request, reason: "no", retry: false }),
  );
  expect(failed).toMatchObject({ status: "failed", reason: "no" });
  const { fence } = swarm.claim(one);
  swarm.decide((turn) => leave(turn, two));
  const over = { task: b.id, fence, note: "n" };
  expect(() => swarm.decide((turn) => handoff(turn, one, { ...over, to: two.id }))).toThrow(
    refused("conflict", `${two.id} is not there any more`),
  );
  const back = swarm.decide((turn) => handoff(turn, one, over));
  expect(back).toMatchObject({ status: "ready", attempts: 0, handoff: { from: one.id } });
});

test("a verdict on what is not being checked any more changes nothing", () => {
  const swarm = openState();
  const one = swarm.join();
  const { id } = add(swarm, { check: { command: "tests" } });
  const { fence } = swarm.claim(one);
  swarm.decide((turn) => complete(turn, one, { task: id, fence, result: 1 }));
  swarm.decide((turn) => checked(turn, id, { passed: true, output: "", of: fence - 1 }));
  expect(swarm.task(id).status).toBe("checking");
  swarm.decide((turn) => cancel(turn, OWNER, id, "late"));
  swarm.decide((turn) => checked(turn, id, { passed: true, output: "", of: fence }));
  expect(swarm.task(id).status).toBe("cancelled");
});

test("work of who has left is counted for nobody, and its lease and result are as before", () => {
  const swarm = openState();
  const one = swarm.join();
  const [a, b] = [add(swarm, { check: { command: "tests" } }), add(swarm)];
  const { fence } = swarm.claim(one, a.id);
  swarm.decide((turn) => complete(turn, one, { task: a.id, fence, result: 1 }));
  swarm.claim(one, b.id);
  swarm.decide((turn) => turn.remove("agent", one.id));
  swarm.decide((turn) => checked(turn, a.id, { passed: true, output: "", of: fence }));
  expect(swarm.task(a.id)).toMatchObject({ status: "succeeded", result: 1 });
  expect(swarm.decide((turn) => cancel(turn, OWNER, b.id, "x")).status).toBe("cancelled");
  expect(swarm.state.claimed.size).toBe(0);
});

describe("what is submitted", () => {
  test("under the same key is the same task, for the same who submits it", () => {
    const swarm = openState();
    const one = swarm.join();
    const request = { title: "t", key: "k" };
    const first = swarm.decide((turn) => submit(turn, OWNER, request));
    expect(swarm.decide((turn) => submit(turn, OWNER, request))).toEqual(first);
    expect(swarm.decide((turn) => submit(turn, one.id, request)).id).not.toBe(first.id);
    swarm.decide((turn) => turn.remove("task", first.id));
    expect(swarm.decide((turn) => submit(turn, OWNER, request)).id).not.toBe(first.id);
  });

  const many = (count: number) => Array.from({ length: count }, () => ({ title: "p" }));
  test.each<[string, Partial<Parameters<typeof submit>[2]>, RegExp]>([
    ["more copies than agents", { copies: 65 }, /65 copies want as many agents; maxAgents is 64/],
    ["more copies than there may be", { copies: 300 }, /1 to 256 parts/],
    ["no copy", { copies: 0 }, /1 to 256 parts/],
    ["a quorum without a time", { copies: 2, aggregate: "veto", quorum: 1 }, /quorum wants voteMs/],
    [
      "too many dependencies",
      { dependsOn: Array.from({ length: 257 }, (_, at) => `t${at}`) },
      /at most 256 tasks/,
    ],
  ])("is refused with %s", (_what, facts, sentence) => {
    const swarm = openState();
    expect(() => swarm.decide((turn) => submit(turn, OWNER, { title: "t", ...facts }))).toThrow(
      refused("invalid_input", sentence),
    );
    expect(swarm.state.records.task.size).toBe(0);
  });

  test("is taken apart by its owner and who submitted it before it begins, then by who has it", () => {
    const swarm = openState();
    const [one, two] = [swarm.join(), swarm.join()];
    const { id } = add(swarm, {}, one.id);
    const parts = many(2);
    const split = (by: string, facts: object = {}) =>
      swarm.decide((turn) => decompose(turn, by, { task: id, parts, ...facts }));
    expect(() => split(two.id)).toThrow(refused("denied", `submitted by ${one.id}`));
    const { fence } = swarm.claim(two);
    expect(() => split(two.id)).toThrow(refused("invalid_input", "give its fence"));
    expect(() => split(OWNER)).toThrow(refused("conflict", `${id} is claimed`));
    expect(() => split(two.id, { fence, parts: [{ title: "p", dependsOn: ["@1"] }] })).toThrow(
      refused("invalid_input", "@1 is no part before this one"),
    );
    expect(() => split(two.id, { fence, parts: [] })).toThrow(refused("invalid_input", "1 to 256"));
    expect(swarm.task(id).status).toBe("claimed");
    const waiting = add(swarm, { dependsOn: [id] });
    const other = add(swarm, { dependsOn: [waiting.id, id] });
    const circle = [{ title: "p", dependsOn: [other.id] }];
    expect(() => split(two.id, { fence, parts: circle })).toThrow(
      refused("invalid_input", `${other.id} itself waits for ${id}`),
    );
    const root = add(swarm);
    const arms = [add(swarm, { dependsOn: [root.id] }), add(swarm, { dependsOn: [root.id] })];
    const free = add(swarm, { dependsOn: arms.map((arm) => arm.id) });
    const around = [{ title: "p" }, { title: "q", dependsOn: ["@1", free.id] }];
    const [, second = ""] = split(two.id, { fence, parts: around }).parts ?? [];
    expect(swarm.task(second)).toMatchObject({
      status: "waiting",
      dependsOn: [`t${free.seq + 1}`, free.id],
    });
    const early = swarm.decide((turn) => decompose(turn, OWNER, { task: waiting.id, parts }));
    expect(early.parts?.map((part) => swarm.task(part).status)).toEqual(["waiting", "waiting"]);
  });
});

describe("the parts of a task", () => {
  function split(aggregate: Aggregation, facts: object = {}) {
    const swarm = openState();
    const members = [swarm.join(), swarm.join()] as const;
    const request = { title: "q", copies: 2, aggregate, check: { command: "c" }, ...facts };
    const whole = swarm.decide((turn) => submit(turn, OWNER, { ...request, key: "whole" }));
    const [a = "", b = ""] = whole.parts ?? [];
    const end = (id: string, member: 0 | 1, result: unknown) => {
      const { fence } = swarm.claim(members[member], id);
      const done = { task: id, fence };
      if (result instanceof Error) {
        const { message: reason } = result;
        swarm.decide((turn) => fail(turn, members[member], { ...done, reason, retry: false }));
      } else {
        swarm.decide((turn) =>
          complete(turn, members[member], { ...done, result: result as never }),
        );
        swarm.decide((turn) => checked(turn, id, { passed: true, output: "", of: fence }));
      }
    };
    return { ...swarm, members, a, b, end, whole: (): TaskRecord => swarm.task(whole.id) };
  }

  test.each(["first", "judge"] as const)("%s: the first that succeeds ends the others", (how) => {
    const { a, b, end, whole, task } = split(how);
    end(a, 0, new Error("no luck"));
    expect(whole().status).toBe("split");
    end(b, 1, "good");
    expect(whole()).toMatchObject({ status: "succeeded", result: "good" });
    expect(task(a).check).toEqual({ command: "c" });
  });

  test("without any that succeeds, what became of each is said", () => {
    const { a, b, end, whole } = split("first");
    end(a, 0, new Error("no luck"));
    end(b, 1, new Error("no time"));
    expect(whole()).toMatchObject({
      status: "failed",
      reason: `No part of it succeeded; ${a}: no luck; ${b}: no time`,
    });
  });

  test("all: one failure fails it, and ends the rest", () => {
    const { a, b, end, whole, task } = split("all");
    end(a, 0, new Error("no luck"));
    expect(whole().reason).toBe(`A part of it did not succeed; ${a}: no luck`);
    expect(task(b)).toMatchObject({
      status: "cancelled",
      reason: `${whole().id} is failed without it`,
    });
  });

  test("weighted: a reject takes weight away, until nothing has more than half", () => {
    const swarm = split("weighted", { quorum: 1, voteMs: 1_000 });
    const judge = swarm.join({ weight: 3 });
    swarm.end(swarm.a, 0, "x");
    const early = { task: swarm.b, choice: "accept" } as const;
    expect(() => swarm.decide((turn) => vote(turn, judge, early))).toThrow(
      refused("conflict", `${swarm.b} is ready: there is no result`),
    );
    swarm.end(swarm.b, 1, "y");
    const cast = (task: string) =>
      swarm.decide((turn) => vote(turn, judge, { task, choice: "reject" }));
    cast(swarm.a);
    expect(swarm.whole().status).toBe("split");
    cast(swarm.b);
    expect(swarm.whole()).toMatchObject({
      status: "failed",
      reason: "No result has more than half of the weight",
    });
    expect(() => cast(swarm.a)).toThrow(refused("conflict", "is decided already: failed"));
  });

  test("veto: with all the votes and none against it, all results count", () => {
    const swarm = split("veto", { quorum: 1, voteMs: 1_000 });
    swarm.end(swarm.a, 0, "x");
    swarm.end(swarm.b, 1, "y");
    const judge = swarm.join();
    for (const task of [swarm.a, swarm.b])
      swarm.decide((turn) => vote(turn, judge, { task, choice: "accept" }));
    expect(swarm.whole()).toMatchObject({ status: "succeeded", result: ["x", "y"] });
    const plain = add(swarm);
    expect(() =>
      swarm.decide((turn) => vote(turn, judge, { task: plain.id, choice: "accept" })),
    ).toThrow(refused("invalid_input", "is no part of a task that is decided by votes"));
  });
});

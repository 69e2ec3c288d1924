import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  defineInitial,
  defineMethod,
  defineObjectClass,
  defineReader,
  toClasses,
} from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import { openCore, refOf, refused } from "./_core.ts";

const none = z.object({});
const anything = z.any();

/** Does all that a class should not do, after it wrote something. */
const clumsy = defineObjectClass({
  name: "clumsy",
  description: "Fails in many ways",
  initial: defineInitial({
    input: z.object({ fail: z.boolean().default(false) }),
    run({ storage }, { fail }) {
      storage.put("a", 1);
      if (fail) throw new ObjectError("conflict", "Not like this.");
    },
  }),
  methods: {
    ...Object.fromEntries(
      Object.entries<() => unknown>({
        refuses: () => {
          throw new ObjectError("conflict", "No.");
        },
        breaks: () => {
          throw new Error("secret detail");
        },
        promises: async () => 1,
        answersTooMuch: () => "x".repeat(600 * 1024),
        answersNothing: () => undefined,
      }).map(([name, end]) => [
        name,
        defineMethod({
          description: name,
          input: none,
          output: name === "promises" ? z.number() : anything,
          run(context) {
            context.storage.put("a", 2);
            context.broadcast({ told: true });
            context.alarm.set(context.now + 5);
            return end() as never;
          },
        }),
      ]),
    ),
    shouts: defineMethod({
      description: "Tells too much",
      input: none,
      output: anything,
      run({ storage, broadcast }) {
        storage.put("a", 2);
        broadcast("x".repeat(40 * 1024));
        broadcast("x".repeat(40 * 1024));
      },
    }),
    looks: defineReader({
      description: "Writes though it only reads",
      input: none,
      output: anything,
      run: ({ storage }) =>
        (storage as unknown as { put(key: string, v: number): void }).put("a", 2),
    }),
    same: defineMethod({
      description: "Writes what is there",
      input: none,
      output: anything,
      run: ({ storage }) => storage.put("a", 1),
    }),
    later: defineMethod({
      description: "Sets the alarm",
      input: z.object({ ms: z.number() }),
      output: anything,
      run: ({ alarm, now }, { ms }) => alarm.set(now + ms),
    }),
    peeks: defineReader({
      description: "Looks at all, and says nothing",
      input: none,
      output: anything,
      run: ({ storage }) => void storage.list(),
    }),
    storesNothing: defineMethod({
      description: "Stores what is no JSON",
      input: none,
      output: anything,
      run: ({ storage }) => storage.put("a", undefined as never),
    }),
    list: defineReader({
      description: "Lists keys",
      input: z.object({
        prefix: z.string().optional(),
        start: z.string().optional(),
        limit: z.number().optional(),
      }),
      output: anything,
      run: ({ storage }, range) => storage.list(range as object).map(([key]) => key),
    }),
    fill: defineMethod({
      description: "Puts keys",
      input: z.object({ keys: z.array(z.string()) }),
      output: anything,
      run({ storage }, { keys }) {
        for (const key of keys) storage.put(key, true);
      },
    }),
  },
  state: ({ storage }) => ({ a: storage.get("a") ?? null }),
  onAlarm({ storage }) {
    storage.put("a", 3);
    throw new Error("the alarm fails");
  },
});

describe("a turn", () => {
  test.each(["refuses", "breaks", "promises", "answersTooMuch", "shouts", "looks"])(
    "that %s changes nothing",
    (method) => {
      const { core, initialize, call, state } = openCore([clumsy]);
      initialize("clumsy/a");
      expect(() => call("clumsy/a", method)).toThrow();
      expect(state("clumsy/a")).toEqual({ a: 1 });
      expect(core.alarms(10)).toEqual([]);
      expect(core.events(refOf("clumsy/a"), { since: 0, limit: 10 })).toMatchObject({ seq: 1 });
    },
  );

  test("that changes nothing takes no number, and is told to nobody", () => {
    const { core, initialize } = openCore([clumsy]);
    initialize("clumsy/a");
    const turn = core.call(refOf("clumsy/a"), { method: "same", key: "k" }, "ada");
    expect(turn).toMatchObject({ answer: { seq: 1, changed: false } });
    expect(turn.event).toBeUndefined();
  });

  test("that answers nothing answers null, and one that stores nothing fails", () => {
    const { initialize, call } = openCore([clumsy]);
    initialize("clumsy/a");
    expect(call("clumsy/a", "answersNothing")).toBeNull();
    expect(call("clumsy/a", "peeks")).toBeNull();
    expect(() => call("clumsy/a", "later", { ms: 0.5 })).toThrow("is no time for an alarm");
    expect(() => call("clumsy/a", "storesNothing")).toThrow("is no JSON");
  });

  test("that begins an object and is refused leaves none", () => {
    const { core, initialize } = openCore([clumsy]);
    expect(() => initialize("clumsy/a", { fail: true })).toThrow(refused("conflict"));
    expect(core.list({ limit: 10 })).toEqual({ objects: [] });
    expect(core.snapshot(refOf("clumsy/a"))).toEqual({ seq: 0, exists: false, state: null });
  });
});

describe("storage", () => {
  test("lists keys in order, from where it is told and as many", () => {
    const { initialize, call } = openCore([clumsy]);
    initialize("clumsy/a");
    call("clumsy/a", "fill", { keys: ["b:2", "b:1", "b:é", "c", "b:10"] });
    const list = (range: object) => call("clumsy/a", "list", range);
    expect(list({})).toEqual(["a", "b:1", "b:10", "b:2", "b:é", "c"]);
    expect(list({ prefix: "b:" })).toEqual(["b:1", "b:10", "b:2", "b:é"]);
    expect(list({ prefix: "b:", start: "b:2", limit: 1 })).toEqual(["b:2"]);
    expect(() => call("clumsy/a", "fill", { keys: [""] })).toThrow(refused("invalid_input"));
    expect(() => call("clumsy/a", "fill", { keys: ["x".repeat(600)] })).toThrow(
      refused("invalid_input"),
    );
  });

  test("counts what an object has, also as it is replaced and deleted", () => {
    const { initialize, call } = openCore([], { objectBytes: 300 });
    initialize("kv/a");
    const value = "x".repeat(150);
    call("kv/a", "put", { key: "one", value });
    for (let round = 0; round < 20; round += 1) call("kv/a", "put", { key: "one", value });
    expect(() => call("kv/a", "put", { key: "two", value })).toThrow(refused("too_large"));
    call("kv/a", "delete", { key: "one" });
    call("kv/a", "put", { key: "two", value });
  });
});

describe("keys", () => {
  test("a call that changed nothing may be done under its key later", () => {
    const { core, initialize } = openCore();
    initialize("counter/a", { max: 0 });
    const ref = refOf("counter/a");
    const again = { method: "increment", key: "k" };
    expect(() => core.call(ref, again, "ada")).toThrow(refused("conflict"));
    core.call(ref, { method: "decrement" }, "ada");
    expect(core.call(ref, again, "ada").answer).toMatchObject({ repeated: false });
    expect(core.call(ref, again, "ada").answer).toMatchObject({ repeated: true });
  });

  test("equal arguments are one call, however their names are ordered", () => {
    const { core, initialize } = openCore();
    initialize("kv/a");
    const ref = refOf("kv/a");
    const put = (args: Record<string, never>) =>
      core.call(ref, { method: "put", key: "k", args }, "ada");
    put({ key: "a", value: { x: 1, y: [1] } } as never);
    expect(put({ value: { y: [1], x: 1 }, key: "a" } as never).answer.repeated).toBe(true);
    expect(() => put({ key: "a", value: { x: 1, y: ["1"] } } as never)).toThrow(
      refused("conflict"),
    );
  });

  const openCounter = (limits: object) => {
    const opened = openCore([], limits);
    opened.initialize("counter/a");
    const increment = (key?: string) => {
      const request = { method: "increment", ...(key === undefined ? {} : { key }) };
      return opened.core.call(refOf("counter/a"), request, "ada").answer;
    };
    return { ...opened, increment };
  };

  test("answers are kept for so many turns", () => {
    const { increment } = openCounter({ keptAnswers: 300 });
    increment("early");
    for (let turn = 0; turn < 299; turn += 1) increment(`k${turn}`);
    expect(increment("early").repeated).toBe(true);
    increment("one more");
    expect(increment("early").repeated).toBe(false);
  });

  test("answers are kept for so long", () => {
    const { increment, clock } = openCounter({ keptAnswersMs: 1_000 });
    increment("early");
    clock.advance(900);
    for (let turn = 0; turn < 300; turn += 1) increment(`k${turn}`);
    expect(increment("early").repeated).toBe(true);
    clock.advance(900);
    for (let turn = 0; turn < 300; turn += 1) increment(`m${turn}`);
    expect(increment("early").repeated).toBe(false);
    expect(increment("k299").repeated).toBe(true);
  });
});

describe("alarms", () => {
  test("one that fails changes nothing, and rings again later", () => {
    const { core, clock, initialize, call, ring, state } = openCore([clumsy]);
    initialize("clumsy/a");
    call("clumsy/a", "later", { ms: 10 });
    expect(ring("clumsy/a")).toBeUndefined();
    clock.advance(10);
    expect(() => ring("clumsy/a")).toThrow("the alarm fails");
    expect(state("clumsy/a")).toEqual({ a: 1 });
    expect(core.alarms(5)).toEqual([{ ref: refOf("clumsy/a"), at: clock.now() + 60_000 }]);
  });

  test("come in order of their times, over all objects", () => {
    const { core, clock, initialize, call } = openCore([clumsy]);
    for (const [name, ms] of [
      ["late", 30],
      ["soon", 10],
      ["then", 20],
    ] as const) {
      initialize(`clumsy/${name}`);
      call(`clumsy/${name}`, "later", { ms });
    }
    const at = clock.now();
    expect(core.alarms(2).map((each) => [each.ref.id, each.at - at])).toEqual([
      ["soon", 10],
      ["then", 20],
    ]);
    core.delete(refOf("clumsy/soon"), {}, "ada");
    expect(core.alarms(1)[0]?.ref.id).toBe("then");
  });
});

describe("classes", () => {
  test.each([
    ["a name with capitals", { name: "Counter" }, /small letters/],
    ["no methods", { methods: {} }, /no method/],
    ["a method with another name", { methods: { Do_it: clumsy.methods.same } }, /camelCase/],
    [
      "a method without schemas",
      { methods: { doIt: { ...clumsy.methods.same, input: {} } } },
      /zod/,
    ],
  ])("one with %s is refused", (_, change, message) => {
    expect(() => defineObjectClass({ ...clumsy, ...change } as never)).toThrow(message);
  });

  test("two of one name are refused", () => {
    expect(() => toClasses([clumsy, clumsy])).toThrow(/another class/);
  });
});

import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startLocalHost } from "./_local-host.ts";
import { CONTEXT, mountServer } from "./_mount.ts";

vi.setConfig({ testTimeout: 30_000 });

const ELICITS = {
  ...CONTEXT,
  client: { ...CONTEXT.client, capabilities: { elicitation: { form: {} } } },
};

describe("objects of a home, for two processes", () => {
  let home: string;
  let first: ReturnType<typeof mountServer>;
  let second: ReturnType<typeof mountServer>;
  const told: unknown[] = [];

  beforeEach(() => {
    home = temporaryFolder();
    told.length = 0;
    const settings = { OBJECTS_DATA_DIR: join(home, "objects") };
    first = mountServer(home, settings, {
      publish: (topic, payload) => void told.push([topic, payload.seq]),
    });
    second = mountServer(home, settings);
  });
  afterEach(async () => {
    await second.close();
    await first.close();
  });

  test("are the same, are told on the feed, and go on when the first ends", async () => {
    const visits = { class: "counter", id: "visits" };
    await first.call("object_initialize", visits);
    await second.call("object_call", { ...visits, method: "increment" });
    expect(told).toEqual([
      ["object:counter/visits", 1],
      ["object:counter/visits", 2],
    ]);
    expect(await first.call("object_get", visits)).toMatchObject({ seq: 2, state: { value: 1 } });
    await first.close();
    await second.call("object_call", { ...visits, method: "increment" });
    expect(await second.call("object_history", { ...visits, limit: 2 })).toMatchObject({
      seq: 3,
      events: [
        { seq: 2, method: "increment", caller: "local" },
        { seq: 3, events: [{ value: 2 }] },
      ],
    });
  });

  test("tell whoever subscribed to one of every change, wherever it was made", async () => {
    const updated: string[] = [];
    const stop = second.instance.subscribe((event) => {
      if (event.kind === "resourceUpdated") updated.push(event.uri);
    });
    const uri = "object://kv/settings";
    await second.instance.request("resources/subscribe", { uri }, CONTEXT);
    await first.call("object_initialize", { class: "kv", id: "settings" });
    await until("the update", () => updated.length > 0);
    expect(updated[0]).toBe(uri);
    const { contents } = (await second.instance.request("resources/read", { uri }, CONTEXT)) as {
      contents: { text: string }[];
    };
    expect(JSON.parse(contents[0]?.text ?? "")).toMatchObject({ seq: 1, state: {} });
    stop();
  });

  test("are called in one go, each for itself and in order", async () => {
    const one = { class: "counter", id: "one" };
    await first.call("object_initialize", one);
    const calls = [
      { ...one, method: "increment", args: { by: 3 } },
      { ...one, method: "explode" },
      { class: "counter", id: "two", method: "increment" },
      { ...one, method: "decrement" },
    ];
    expect(await second.call("object_batch_call", { calls })).toMatchObject({
      ...{ succeeded: 2, failed: 2 },
      results: [
        { ok: true, seq: 2, result: { value: 3 } },
        { ok: false, error: { code: "not_found" } },
        { ok: false, error: { code: "not_found" } },
        { ok: true, seq: 3, result: { value: 2 } },
      ],
    });
  });

  test("are deleted only when the user agreed, or by name where nobody can be asked", async () => {
    const kv = { class: "kv", id: "a" };
    await first.call("object_initialize", kv);
    await expect(first.call("object_delete", kv)).rejects.toThrow(/confirm: .*kv\/a/);
    const asked = await first.ask("object_delete", { ...kv, confirm: "kv/a" }, ELICITS);
    expect(asked).toMatchObject({
      inputRequests: { consent: { params: { message: expect.stringContaining("kv/a") } } },
    });
    expect(await first.call("object_list", {})).toMatchObject({ objects: [kv] });
    await expect(first.call("object_delete", { ...kv, id: "b" })).rejects.toThrow(/no kv/);
    expect(await first.call("object_delete", { ...kv, confirm: "kv/a" })).toMatchObject({
      deleted: true,
    });
    expect(await first.call("object_list", {})).toEqual({ objects: [] });
  });

  test("are described with their methods, and only those that are there", async () => {
    const { classes } = await first.call("object_describe_class", {});
    expect((classes as JsonObject[]).map(({ name }) => name)).toEqual([
      ...["counter", "document", "kv", "lock", "presence", "queue"],
    ]);
    await expect(first.call("object_describe_class", { class: "car" })).rejects.toThrow(/counter/);
  });
});

const module = join(import.meta.dirname, "fixtures/vote-class.ts");

describe("the operator's own classes", () => {
  test("are there beside the others, with their methods and nothing else", async () => {
    const home = temporaryFolder();
    const mounted = mountServer(home, { OBJECTS_CLASSES: module });
    const vote = { class: "vote", id: "lunch" };
    await mounted.call("object_initialize", { ...vote, args: { options: ["soup", "salad"] } });
    const call = (args: JsonObject) =>
      mounted.call("object_call", { ...vote, method: "cast", args });
    expect(await call({ option: "soup" })).toMatchObject({ result: { votes: 1 } });
    await expect(call({ option: "cake" })).rejects.toThrow(/no option cake/);
    expect(await mounted.call("object_get", vote)).toMatchObject({
      seq: 2,
      state: { soup: 1, salad: 0 },
    });
    await mounted.close();
  });

  test.each([
    ["./vote-class.ts", /no absolute path/],
    ["/nowhere/at-all.ts", /cannot be loaded/],
    [import.meta.dirname.concat("/_mount.ts"), /exports no list/],
    [`${module},${module}`, /another class of that name/],
  ])("%s cannot be used, and it says why", async (classes, why) => {
    const mounted = mountServer(temporaryFolder(), { OBJECTS_CLASSES: classes });
    await expect(mounted.call("object_list", {})).rejects.toThrow(why);
    await mounted.close();
  });
});

test("the objects of another host are used as those of a folder", async () => {
  const host = await startLocalHost();
  const home = temporaryFolder();
  const mounted = mountServer(home, { OBJECTS_URL: host.url, OBJECTS_TOKEN: host.token });
  const refused = mountServer(home, { OBJECTS_URL: host.url, OBJECTS_TOKEN: "nothing" });
  try {
    const visits = { class: "counter", id: "visits" };
    const updated: string[] = [];
    mounted.instance.subscribe((event) => {
      if (event.kind === "resourceUpdated") updated.push(event.uri);
    });
    await mounted.call("object_initialize", visits);
    const uri = "object://counter/visits";
    await mounted.instance.request("resources/subscribe", { uri }, CONTEXT);
    await mounted.call("object_call", { ...visits, method: "increment" });
    await until("the update", () => updated.includes(uri));
    expect(await mounted.call("object_history", visits)).toMatchObject({
      events: [{ caller: "tester" }, { caller: "tester", method: "increment" }],
    });
    await expect(mounted.call("object_call", { ...visits, method: "explode" })).rejects.toThrow(
      /no method/,
    );
    expect(await mounted.call("object_list", {})).toMatchObject({ objects: [visits] });
    await expect(refused.call("object_get", visits)).rejects.toThrow(/token/);
  } finally {
    await mounted.close();
    await refused.close();
    await host.close();
  }
});

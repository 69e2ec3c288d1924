import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@trestle/testkit/surroundings";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytes } from "../object-store/_object-store-parts.ts";
import { openFolderStore } from "../object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { applyLifecycle, type LifecycleWork } from "./apply-lifecycle.ts";
import { type Aging, planLifecycle } from "./plan-lifecycle.ts";
import { lifecyclePolicy } from "./policy.ts";
import { readLifecyclePolicy, writeLifecyclePolicy } from "./policy-file.ts";

const random = seededRandom();
const DAY = 86_400_000;
const NOW = Date.parse("2026-06-01T00:00:00Z");

const record = (id: string, days: number, more: Partial<Aging> = {}): Aging => ({
  of: "diagnoses",
  id,
  touched: NOW - days * DAY,
  ...more,
});
const policyOf = (policy: object) => lifecyclePolicy.parse(policy);
const plan = (records: readonly Aging[], policy: object) =>
  planLifecycle(records, policyOf(policy), NOW);
const old = { name: "old", of: "diagnoses", after: "90d", action: "delete" };

describe("a plan", () => {
  test("takes what is older than its rule says, to the millisecond", async () => {
    const records = [record("a", 90), record("b", 91), record("c", 1)];
    const { steps, seen } = await plan(records, { rules: [old] });
    expect(seen).toBe(3);
    expect(steps).toMatchObject([{ action: "delete", id: "b", rule: "old" }]);
  });

  test("the first rule that fits decides", async () => {
    const rules = [
      { ...old, name: "keep good ones", action: "archive", where: { hasFix: true } },
      old,
    ].map((rule) => ({ ...rule, name: rule.name.replaceAll(" ", "-") }));
    const { steps } = await plan([record("a", 100, { confidence: 0.9 }), record("b", 100)], {
      rules,
    });
    expect(steps.map(({ id, action }) => [id, action])).toEqual([
      ["a", "archive"],
      ["b", "delete"],
    ]);
  });

  test.each([
    [{ context: "api*" }, ["api"]],
    [{ context: "*" }, ["api", "bad", "none", "web"]],
    [{ severity: ["low"] }, ["web"]],
    [{ maxConfidence: 0.3 }, ["bad", "none"]],
    [{ hasFix: false }, ["none"]],
    [{ hasFix: true, maxConfidence: 0.3 }, ["bad"]],
  ])("where %j", async (where, ids) => {
    const records = [
      record("api", 100, { context: "API/login", confidence: 0.9 }),
      record("web", 100, { context: "web", severity: "low", confidence: 0.5 }),
      record("bad", 100, { confidence: 0.1 }),
      record("none", 100),
    ];
    const { steps } = await plan(records, { rules: [{ ...old, where }] });
    expect(steps.map(({ id }) => id)).toEqual(ids);
  });

  test("nothing on hold goes, until the hold ends", async () => {
    const holds = [
      { name: "case-1", reason: "a lawsuit", ids: ["a"] },
      { name: "case-2", reason: "an audit", where: { context: "billing*" } },
      { name: "over", reason: "ended", ids: ["d"], until: "2026-05-01T00:00:00Z" },
      { name: "of-audits", reason: "other records", of: "audits", where: {} },
    ];
    const records = [
      record("a", 100),
      record("b", 100, { context: "billing/eu" }),
      record("d", 100),
    ];
    const { steps, held } = await plan(records, { rules: [old], holds });
    expect(steps.map(({ id }) => id)).toEqual(["d"]);
    expect(held).toEqual({ "case-1": 1, "case-2": 1 });
  });

  test("nothing younger than the policy keeps goes, whatever a rule says", async () => {
    const rules = [{ ...old, after: "1d" }];
    const { steps, tooYoung } = await plan([record("a", 20), record("b", 40)], {
      rules,
      keepAtLeast: "30d",
    });
    expect(steps.map(({ id }) => id)).toEqual(["b"]);
    expect(tooYoung).toBe(1);
  });

  test("its digest stands for its steps, in whatever order records come", async () => {
    const records = Array.from({ length: 50 }, (_, n) => record(`r${n}`, 80 + random.below(30)));
    const one = await plan(records, { rules: [old] });
    const other = await plan(records.toReversed(), { rules: [old] });
    expect(other).toEqual(one);
    const without = records.filter(({ id }) => id !== one.steps[0]?.id);
    expect((await plan(without, { rules: [old] })).digest).not.toBe(one.digest);
  });
});

describe("applying a plan", () => {
  function world(records: readonly Aging[]) {
    const there = new Map(records.map((one) => [one.id, one]));
    const archived: string[] = [];
    const work: LifecycleWork = {
      look: async (_, id) => there.get(id),
      remove: async (_, id) => {
        if (id === "fails") throw new Error("the disk is full");
        there.delete(id);
      },
      archive: async ({ id }) => {
        archived.push(id);
        there.delete(id);
      },
    };
    return { there, archived, work };
  }

  test("does what was planned, leaves what changed since, and goes on after a failure", async () => {
    const records = ["a", "fails", "gone", "met", "held"].map((id) => record(id, 100));
    const { there, work } = world(records);
    const rules = [old];
    const planned = await plan(records, { rules });
    there.delete("gone");
    there.set("met", record("met", 0));
    const policy = policyOf({ rules, holds: [{ name: "new", reason: "since", ids: ["held"] }] });
    const result = await applyLifecycle(planned, work, {
      digest: planned.digest,
      policy,
      now: NOW,
    });
    expect(result).toEqual({
      deleted: 1,
      archived: 0,
      skipped: 3,
      failed: [{ id: "fails", message: "the disk is full" }],
    });
    expect([...there.keys()]).toEqual(["fails", "met", "held"]);
  });

  test("of another digest does nothing", async () => {
    const records = [record("a", 100)];
    const { there, work } = world(records);
    const planned = await plan(records, { rules: [old] });
    const options = { digest: "0123456789abcdef", policy: policyOf({}), now: NOW };
    await expect(applyLifecycle(planned, work, options)).rejects.toThrow(/look at the new plan/);
    expect(there.size).toBe(1);
  });
});

describe("the policy in the bucket", () => {
  let folder: string;
  let store: ObjectStore;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "trestle-lifecycle-"));
    store = await openFolderStore({ path: folder });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is empty at first, is written over the one that was read only", async () => {
    const first = await readLifecyclePolicy(store);
    expect(first.policy).toEqual({ rules: [], holds: [] });
    const policy = policyOf({ rules: [old] });
    const kept = await writeLifecyclePolicy(store, { ...first, policy });
    expect(await readLifecyclePolicy(store)).toEqual(kept);
    await expect(writeLifecyclePolicy(store, { ...first, policy })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("that cannot be read lets nothing go, and says why", async () => {
    await store.put("mcp/policies/lifecycle.json", bytes('{"rules":[{"name":"x"}]}'));
    await expect(readLifecyclePolicy(store)).rejects.toThrow(
      /nothing is deleted while nobody knows/,
    );
  });

  test.each([
    [{ rules: [{ ...old, after: "soon" }] }, /must be a span/],
    [{ rules: [old, old] }, /same name/],
    [{ holds: [{ name: "h", reason: "r" }] }, /names neither ids nor where/],
    [{ rules: [{ ...old, wher: {} }] }, /wher/],
  ])("refuses %j", (policy, message) => {
    expect(() => policyOf(policy)).toThrow(message);
  });
});

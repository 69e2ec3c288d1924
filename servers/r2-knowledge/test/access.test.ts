import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { type Crowd, diagnosis, LOCAL_OPERATOR, mountCrowd, setPolicy } from "./_as.ts";

/** Two teams that know nothing of each other, in one knowledge. */
const TEAMS = {
  bindings: [
    LOCAL_OPERATOR,
    { role: "curator", principals: ["key:shop"], resources: ["*/shop/*", "*/shop%2F*/*"] },
    { role: "contributor", principals: ["key:pay"], resources: ["*/pay/*"] },
    { role: "reader", principals: ["key:all"] },
  ],
  statements: [
    {
      ...{ id: "no-critical", effect: "deny", actions: ["*"], resources: ["*"] },
      ...{ principals: ["key:all"], conditions: { attributes: { severity: "critical" } } },
    },
  ],
};

const ids: Record<string, string> = {};
let crowd: Crowd;

async function store(name: string, more: JsonObject) {
  const { id } = await crowd.local.get("store_diagnosis", diagnosis(`pool ${name} broke`, more));
  ids[name] = String(id);
}

beforeEach(async () => {
  crowd = mountCrowd({ profile: "all" });
  await store("till", { context: "shop", fix: "restart the till" });
  await store("cart", { context: "Shop/Cart", severity: "critical" });
  await store("card", { context: "pay", fix: "renew the card key", severity: "critical" });
  await store("none", {});
  await crowd.local.get("record_audit", {
    ...{ errorType: "E", errorMessage: "pool refund broke", context: "pay" },
  });
  await setPolicy(crowd, TEAMS);
});

const everythingTold = async (name: string) => {
  const session = crowd.as(name);
  const asked = await Promise.all([
    session.call("search_knowledge", { query: "pool broke restart renew" }),
    session.call("list_diagnoses"),
    session.call("find_similar_errors", { name: "Error", message: "pool card broke" }),
    session.call("learn_topic", { topic: "pool broke" }),
    session.call("list_patterns"),
    session.call("search_audits", { query: "refund" }),
    session.call("get_metrics", { type: ["errors", "growth", "learning"], since: "24h" }),
    session.call("export_knowledge"),
    session.call("transform_records"),
    session.ask("resources/read", { uri: "knowledge://diagnoses" }),
    session.ask("resources/read", { uri: "knowledge://contexts/pay" }),
    session.ask("prompts/get", { name: "summarise_topic", arguments: { topic: "pool broke" } }),
    session.ask("prompts/get", { name: "diagnose", arguments: { error: "pool card broke" } }),
    session.ask("completion/complete", {
      ref: { type: "ref/resource", uri: "knowledge://contexts/{context}" },
      argument: { name: "context", value: "" },
    }),
  ]);
  return JSON.stringify(asked);
};

describe("what is not allowed is as if it were not there", () => {
  test("in searches, lists, figures, exports, resources, prompts and completions", async () => {
    const shop = await everythingTold("shop");
    expect(shop).toContain(ids.till);
    expect(shop).toContain(ids.cart);
    for (const secret of [ids.card, ids.none, "renew", "refund", '"pay"'])
      expect(shop).not.toContain(secret);
    const { structuredContent: found } = await crowd
      .as("shop")
      .call("search_knowledge", { query: "pool broke" });
    expect(found).toMatchObject({ total: 2, facets: { context: { shop: 1 } } });
    const { growth, errors } = await crowd.as("shop").get("get_metrics", { since: "24h" });
    expect(growth).toMatchObject({ total: 2 });
    expect(errors).not.toHaveProperty("byContext.pay");
  });

  test("by severity where a rule denies that, whatever else allows", async () => {
    const { total } = await crowd.as("all").get("list_diagnoses");
    expect(total).toBe(2);
    expect(await crowd.as("all").refusal("get_diagnosis", { id: ids.card ?? "" })).toMatch(
      /^There is no diagnosis/,
    );
  });

  test("in the words for an id that was guessed", async () => {
    const pay = crowd.as("pay");
    const missing = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const id = ids.till ?? "";
    for (const [tool, args] of [
      ["get_diagnosis", {}],
      ["update_diagnosis", { version: 1, fix: "mine" }],
      ["edit_diagnosis", { version: 1, changes: { fix: "mine" } }],
      ["record_outcome", { worked: true }],
    ] as const) {
      const [real, made] = [id, missing].map((each) => pay.refusal(tool, { id: each, ...args }));
      expect((await real)?.replaceAll(id, missing)).toBe(await made);
    }
    const shop = crowd.as("shop");
    expect(await shop.refusal("delete_diagnosis", { id: ids.card ?? "" })).toMatch(/^There is no/);
    const read = (uri: string) => pay.ask("resources/read", { uri }).catch(String);
    expect(String(await read(`knowledge://diagnoses/${id}`)).replaceAll(id, missing)).toBe(
      await read(`knowledge://diagnoses/${missing}`),
    );
  });

  test("to whoever stores the same: nothing is merged with it, and its id is not told", async () => {
    const asked = diagnosis("pool till broke", { fix: "restart the till", context: "pay" });
    const stored = await crowd.as("pay").get("store_diagnosis", asked);
    expect(stored.id).not.toBe(ids.till);
    expect(JSON.stringify(stored)).not.toContain(ids.till);
  });

  test("behind the place in a list that another one got", async () => {
    const page = await crowd.local.get("list_diagnoses", { limit: 1 });
    const rest = await crowd.as("shop").get("list_diagnoses", { after: String(page.next) });
    expect(JSON.stringify(rest)).not.toMatch(`${ids.card}|${ids.none}`);
    expect(rest.total).toBe(2);
  });
});

describe("names", () => {
  test("that look the same are the same, and none reaches into another's place", async () => {
    const pay = crowd.as("pay");
    const isTaken = async (context: string) =>
      !(await pay.call("store_diagnosis", diagnosis(`named ${context}`, { context }))).isError;
    for (const context of ["pay", "PAY", " pay\u200b ", "ｐａｙ", "p\u00aday"])
      expect(await isTaken(context), JSON.stringify(context)).toBe(true);
    const others = ["pay/../shop", "pay/shop", "*", "pay*", "%70ay", "~", "shop", "p y", "рау"];
    for (const context of others)
      expect(await isTaken(context), JSON.stringify(context)).toBe(false);
  });

  test("nothing is moved into a context that is another's, nor changed by its own author's role", async () => {
    const pay = crowd.as("pay");
    const { id = "" } = await pay.get("store_diagnosis", diagnosis("movable", { context: "pay" }));
    const moved = await pay.refusal("update_diagnosis", { id, version: 1, context: "shop" });
    expect(moved).toMatch(/key:pay may not do knowledge:update to diagnosis\/shop\//);
    expect(await pay.refusal("delete_diagnosis", { id })).toContain("knowledge:delete");
    expect(await pay.get("get_diagnosis", { id })).toMatchObject({ version: 1 });
  });

  test("of many, those are stored that are allowed, and the others say why", async () => {
    const diagnoses = ["pay", "shop", "pay"].map((context, n) =>
      diagnosis(`many ${"abc"[n]}`, { context }),
    );
    const { items } = (await crowd.as("pay").get("store_diagnoses", { diagnoses })) as unknown as {
      items: { status: string; id?: string; message?: string }[];
    };
    expect(items.map(({ status }) => status)).toEqual(["stored", "failed", "stored"]);
    expect(items[1]?.message).toContain("diagnosis/shop/~");
  });
});

test("nobody gets around it by what is done to the whole", async () => {
  const shop = crowd.as("shop");
  for (const [tool, args] of [
    ["create_backup", {}],
    ["list_backups", {}],
    ["restore_backup", { confirm: "all knowledge" }],
    ["prune_backups", { last: 1, confirm: "backups" }],
    ["sync_knowledge", {}],
    ["plan_lifecycle", {}],
    ["apply_lifecycle", { digest: "x", confirm: "x" }],
    ["set_lifecycle_policy", { policy: { holds: [] } }],
    ["get_cost_report", {}],
    ["get_metrics", { type: "r2-storage" }],
    ["list_webhooks", {}],
    ["get_access_policy", {}],
    ["set_access_policy", { policy: {}, version: 1, confirm: "access policy" }],
    ["search_audit_log", {}],
    ["verify_audit_log", {}],
    ["check_access", { action: "knowledge:read", principal: { kind: "local", id: "local" } }],
  ] as [string, JsonObject][])
    expect(await shop.refusal(tool, args), tool).toMatch(/key:shop may not do|is configured/);
});

test("a decision explains itself, and a policy that locks its author out is not taken", async () => {
  const asked = { action: "knowledge:search", resource: "diagnosis/pay/x" };
  expect(await crowd.as("pay").get("check_access", asked)).toMatchObject({
    ...{ allowed: true, principal: "key:pay", why: expect.stringContaining("role contributor") },
    names: ["key:pay", "role:contributor"],
  });
  expect(
    await crowd.local.get("check_access", {
      ...{ ...asked, severity: "Critical", principal: { kind: "key", id: "all" } },
    }),
  ).toMatchObject({ allowed: false, why: expect.stringContaining("(no-critical)") });
  const { version = 0 } = await crowd.local.get("get_access_policy");
  const set = { version, confirm: "access policy" };
  expect(
    await crowd.local.refusal("set_access_policy", { ...set, policy: { bindings: [] } }),
  ).toContain("could not change it again");
  expect(
    await crowd.local.refusal("set_access_policy", {
      ...set,
      policy: { statements: [{ effect: "deny", actions: ["knowledge:serach"], resources: ["*"] }] },
    }),
  ).toContain('"knowledge:serach", which is no action');
  expect(
    await crowd.local.refusal("set_access_policy", { ...set, version: 0, policy: TEAMS }),
  ).toContain("Somebody changed the access policy");
});

test("a policy that can not be read allows nothing, to nobody", async () => {
  const own = mountCrowd({ profile: "all" });
  const { id = "" } = await own.local.get("store_diagnosis", diagnosis("kept"));
  const path = join(own.dataDir, "knowledge", "mcp", "policies", "access.json");
  await setPolicy(own, { bindings: [LOCAL_OPERATOR] });
  const good = await readFile(path, "utf8");
  for (const bad of ["{", "{}", good.replace("operator", "opperator"), good.replace("1", "99")]) {
    await writeFile(path, bad);
    const other = mountCrowd({ profile: "all" }, { dataDir: own.dataDir });
    for (const tool of ["search_knowledge", "get_diagnosis"] as const)
      expect(
        await other.local.refusal(tool, tool === "get_diagnosis" ? { id } : { query: "kept" }),
      ).toMatch(/access\.json .* can not be read, and nothing is allowed.*policy set FILE/s);
  }
  await writeFile(path, good);
  const healed = mountCrowd({}, { dataDir: own.dataDir });
  expect(await healed.local.get("get_diagnosis", { id })).toMatchObject({ version: 1 });
});

test("without a policy this machine does everything, keys ask and tell, strangers nothing", async () => {
  const own = mountCrowd({ profile: "all" });
  const { id = "" } = await own.as("any").get("store_diagnosis", diagnosis("first"));
  await own.as("any").get("update_diagnosis", { id, version: 1, fix: "mend" });
  expect(await own.as("any").refusal("delete_diagnosis", { id })).toContain("knowledge:delete");
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  const answer = await own.instance.request(
    "tools/call",
    { name: "search_knowledge", arguments: { query: "first" } },
    {
      ...{ principal: { id: "local", kind: "anonymous" }, client },
      signal: new AbortController().signal,
    },
  );
  expect(answer).toMatchObject({ isError: true });
  await own.local.get("delete_diagnosis", { id });
});

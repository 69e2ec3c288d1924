import type { JsonObject } from "@trestle/protocol";
import { manualClock } from "@trestle/testkit/surroundings";
import { beforeEach, expect, test } from "vitest";
import { type Crowd, diagnosis, LOCAL_OPERATOR, mountCrowd, setPolicy } from "./_as.ts";

const DAY = 86_400_000;
const POLICY = {
  teams: { payments: ["key:pay*"], audit: ["key:auditor"] },
  bindings: [
    LOCAL_OPERATOR,
    { role: "curator", principals: ["key:shop"], resources: ["*/shop/*"] },
    { role: "contributor", principals: ["team:payments", "key:pay*"], resources: ["*/pay/*"] },
  ],
  statements: [
    {
      ...{ effect: "deny", actions: ["*"], principals: ["key:pay-intern"] },
      ...{ resources: ["*"], conditions: { attributes: { severity: "critical" } } },
    },
  ],
};

let crowd: Crowd;
const clock = manualClock(Date.UTC(2026, 5, 1));

beforeEach(async () => {
  crowd = mountCrowd({ profile: "all", KNOWLEDGE_REFRESH_MS: "0" }, { clock });
  for (const [message, context, severity] of [
    ["till", "shop", "low"],
    ["door", "shop", "critical"],
    ["card", "pay", "low"],
    ["boss", "board", "low"],
  ] as const)
    await crowd.local.get("store_diagnosis", diagnosis(`${message} broke`, { context, severity }));
  await setPolicy(crowd, POLICY);
});

const seenBy = async (name: string) => {
  const { diagnoses } = await crowd.as(name).get("list_diagnoses");
  return (diagnoses as { error: string }[]).map(({ error }) => error.split(" ")[1]).toSorted();
};
const give = (name: string, args: object) =>
  crowd.as(name).get("share_collection", { with: ["team:payments"], ...args } as never);

test("what is shared is seen and nothing else, until it is revoked or expires", async () => {
  expect(await seenBy("pay1")).toEqual(["card"]);
  const given = await give("shop", { collection: { contexts: ["Shop"] }, expires: "7d" });
  expect(given).toMatchObject({
    diagnoses: 2,
    share: { version: 1, right: "read", by: "key:shop" },
  });
  expect(await seenBy("pay1")).toEqual(["card", "door", "till"]);
  expect(await seenBy("shop")).toEqual(["door", "till"]);
  await expect(seenBy("auditor")).rejects.toThrow("No statement or share allows it anywhere");
  // A rule that denies wins over what was given.
  expect(await seenBy("pay-intern")).toEqual(["card", "till"]);
  clock.advance(7 * DAY);
  expect(await seenBy("pay1")).toEqual(["card"]);

  const { share } = (await give("shop", { collection: { severities: ["critical"] } })) as never;
  const { id } = share as { id: string };
  expect(await seenBy("pay1")).toEqual(["card", "door"]);
  expect(await crowd.as("pay1").refusal("revoke_share", { id })).toContain("There is no share");
  expect(await crowd.as("shop").get("revoke_share", { id })).toMatchObject({
    ...{ version: 2, revoked: { by: "key:shop" } },
  });
  expect(await seenBy("pay1")).toEqual(["card"]);
  const { shares } = await crowd.as("pay1").get("list_shares");
  expect(shares).toMatchObject([{ version: 1 }, { version: 2 }]);
});

test("nobody gives more than they have, also not what they had", async () => {
  await give("shop", { collection: { contexts: ["*"] } });
  expect(await seenBy("pay1")).toEqual(["card", "door", "till"]);
  // What was given is not given on.
  expect(
    await crowd.as("pay1").refusal("share_collection", {
      ...{ with: ["team:audit"], collection: { contexts: ["shop"] } },
    }),
  ).toContain("knowledge:share");
  const [operator, , ...rest] = POLICY.bindings;
  await setPolicy(crowd, { ...POLICY, bindings: [operator, ...rest] as never });
  expect(await seenBy("pay1")).toEqual(["card"]);
});

test("to contribute is to store and update there, and no more", async () => {
  const { share } = (await give("shop", {
    ...{ collection: { contexts: ["shop"] }, right: "contribute" },
  })) as { share: { id: string } };
  const pay = crowd.as("pay1");
  const { id = "" } = await pay.get("store_diagnosis", diagnosis("new", { context: "shop" }));
  await pay.get("update_diagnosis", { id, version: 1, fix: "mend" });
  expect(await pay.refusal("delete_diagnosis", { id })).toContain("knowledge:delete");
  expect(await pay.refusal("update_diagnosis", { id, version: 2, context: "board" })).toContain(
    "diagnosis/board/",
  );
  const { text } = await crowd.local.get("export_knowledge");
  expect(text).toContain('"fix":"mend"');
  await crowd.local.get("revoke_share", { id: share.id });
  expect(await pay.refusal("get_diagnosis", { id })).toMatch(/^There is no diagnosis/);
});

test("nothing is shared with whoever may come, for ever, or with nobody", async () => {
  const shop = crowd.as("shop");
  const asked = { collection: { contexts: ["shop"] }, with: ["team:payments"] };
  for (const [args, why] of [
    [{ ...asked, with: ["key:*"] }, "is nobody"],
    [{ ...asked, with: ["team:later"] }, "teams? of the access policy \\(team:payments"],
    [{ ...asked, with: ["role:made-up"] }, "is nobody"],
    [{ ...asked, expires: "900d" }, "within the next 366 days"],
    [{ ...asked, expires: "2020-01-01" }, "within the next 366 days"],
    [{ ...asked, collection: {} }, "at least one of contexts"],
  ] as [JsonObject, string][])
    expect(await shop.refusal("share_collection", args)).toMatch(new RegExp(why));
  expect(await crowd.local.get("list_shares")).toEqual({ shares: [] });
});

test("the log tells who did it, who was refused, and nothing of what records say", async () => {
  const shop = crowd.as("shop");
  const secret = "sk-live-51H8xyzABCDEFGHIJKLMN";
  const { id = "" } = await shop.get(
    "store_diagnosis",
    diagnosis(`token ${secret}`, { context: "shop", fix: "hidden words" }),
  );
  const refused = crowd.as("pay1").refusal("get_diagnosis", { id });
  expect(await refused).toContain("There is no diagnosis");
  clock.advance(2_000);
  await expect
    .poll(async () => (await crowd.local.get("search_audit_log", { id })).deeds)
    .toMatchObject([
      { principal: "key:pay1", outcome: "denied", action: "knowledge:read" },
      {
        ...{ principal: "key:shop", outcome: "allowed", action: "knowledge:store" },
        ...{ via: "store_diagnosis", resource: "diagnosis/shop/~", ids: [id] },
      },
    ]);
  const { deeds } = await crowd.local.get("search_audit_log");
  expect(JSON.stringify(deeds)).not.toMatch(`${secret}|hidden words|token`);
  expect(await crowd.local.get("verify_audit_log")).toMatchObject({ ok: true, chains: 1 });
});

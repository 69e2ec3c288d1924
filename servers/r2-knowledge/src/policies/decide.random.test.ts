import type { JsonObject } from "@trestle/protocol";
import { seededRandom } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { LedgerLine } from "../ledger/fold.ts";
import { type RecordFacts, recordFacts } from "../records/record-facts.ts";
import { createSearchIndex } from "../search/search-index.ts";
import type { Share } from "../sharing/share.ts";
import { parseAccessPolicy } from "./access-policy.ts";
import { type AccessRules, createDecider } from "./decide.ts";
import { createRights } from "./rights.ts";

const random = seededRandom();
const NOW = 1_000;
const CALLER = { id: "key:a", kind: "key" } as const;
const CONTEXTS = ["shop", "Shop", "shop/till", "pay"] as const;
const TEAMS = ["red", "blue"] as const;
const SEVERITIES = ["low", "high"] as const;

const isTrue = () => random.below(2) === 0;
const someId = () => random.pick(["~ä", "a b", `d${random.below(12)}`]);

function someRecord(id: string) {
  const many = Array.from({ length: 28 + random.below(4) }, (_, at) => [`fact${at}`, "x"]);
  return {
    id,
    ...(isTrue() && { context: random.pick(CONTEXTS) }),
    ...(isTrue() && { severity: random.pick(SEVERITIES) }),
    metadata: {
      ...(isTrue() && { team: random.pick(TEAMS) }),
      ...(isTrue() && { version: String(random.below(3)) }),
      ...(random.below(6) === 0 && Object.fromEntries(many)),
    },
  };
}

function someStatement(): JsonObject {
  const resource = random.pick(["*", "*/shop/*", "*/shop*/*", `*/*/${someId()}`, "*/*/d1*"]);
  const attributes = random.pick<JsonObject | undefined>([
    undefined,
    { severity: random.pick(SEVERITIES) },
    { "metadata.team": random.pick(TEAMS) },
  ]);
  return {
    ...{ actions: ["*"], principals: [random.pick(["key:a", "key:b"])], resources: [resource] },
    effect: random.pick(["allow", "allow", "deny"]),
    ...(attributes && { conditions: { attributes } }),
  };
}

function someRules(): AccessRules {
  const share = {
    ...{ id: "s", version: 1, with: ["key:a"], right: "read", by: { id: "key:b", kind: "key" } },
    collection: random.pick([
      { contexts: ["shop*"] },
      { ids: [someId(), someId()] },
      { metadata: { team: random.pick(TEAMS) } },
    ]),
    ...{ created: new Date(0).toISOString(), expires: new Date(NOW + 1).toISOString() },
  } as unknown as Share;
  const statements = Array.from({ length: 1 + random.below(4) }, someStatement);
  return { policy: parseAccessPolicy({ statements }), shares: isTrue() ? [share] : [] };
}

test("a search finds what each record on its own may be found by, whatever the rules look at", () => {
  for (let round = 0; round < random.rounds(100); round += 1) {
    const ids = ["~ä", "a b", ...Array.from({ length: 24 }, (_, at) => `d${at}`)];
    const records = ids.map(someRecord);
    const index = createSearchIndex();
    index.apply(
      records.map(
        ({ id, ...entry }): LedgerLine => ({ kind: "put", id, version: 1, at: 1, entry }),
      ),
    );
    const rules = someRules();
    const filter = createRights(createDecider(rules, CALLER, NOW), "key:a", {});
    const permits = filter.filter("knowledge:search");
    const ask = (facts: Omit<RecordFacts, "kind">) =>
      permits?.({ kind: "diagnosis", ...facts }) ?? true;
    const { hits } = index.search({
      filters: { permits: ask, permitsBy: permits?.looksAt },
      limit: 100,
    });
    const allowed = records.filter(
      (record) =>
        createDecider(rules, CALLER, NOW).onRecord(
          "knowledge:search",
          recordFacts("diagnosis", record),
        ).allowed,
    );
    expect(hits.map(({ id }) => id).toSorted(), JSON.stringify(rules)).toEqual(
      allowed.map(({ id }) => id).toSorted(),
    );
  }
});

test("a refusal names the record that it is about, whatever was refused before", () => {
  const facts = Array.from({ length: 40 }, (_, at) => [`fact${at}`, "x"]);
  const denies = { conditions: { attributes: { "metadata.team": "red" } }, effect: "deny" };
  const allows = { principals: ["key:b"], effect: "allow" };
  for (const rule of [denies, allows]) {
    const statement = { actions: ["*"], resources: ["*"], ...rule };
    const policy = parseAccessPolicy({ statements: [statement] } as JsonObject);
    const rights = createRights(createDecider({ policy, shares: [] }, CALLER, NOW), "key:a", {});
    for (const id of ["secret", "own"]) {
      const metadata = { team: "red", ...Object.fromEntries(facts) };
      const record = recordFacts("diagnosis", { id, context: "shop", metadata });
      const need = () => rights.need("knowledge:read", record);
      expect(need).toThrow(new RegExp(`shop/${id}`));
      if (id === "own") expect(need).not.toThrow(/secret/);
    }
  }
});

test("a rule is asked once for all records that it cannot tell apart", () => {
  const index = createSearchIndex();
  const lines = Array.from({ length: 600 }, (_, at): LedgerLine => {
    const entry = { context: random.pick(CONTEXTS), metadata: { at: String(at), team: "red" } };
    return { kind: "put", id: `d${at}`, version: 1, at, entry };
  });
  index.apply(lines);
  let asked = 0;
  const permits = () => {
    asked += 1;
    return true;
  };
  const by = (permitsBy: { ids: readonly string[]; metadata: readonly string[] }) => {
    asked = 0;
    expect(index.search({ filters: { permits, permitsBy } }).total).toBe(600);
    return asked;
  };
  expect(by({ ids: [], metadata: ["team"] })).toBe(CONTEXTS.length);
  expect(by({ ids: ["d5"], metadata: [] })).toBeLessThanOrEqual(CONTEXTS.length + 1);
  expect(by({ ids: [], metadata: ["at"] })).toBe(600);
});

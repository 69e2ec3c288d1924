import { type SeededRandom, seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import {
  evaluatePolicies,
  type PolicyDocument,
  type PolicyRequest,
  parsePolicy,
  type Statement,
} from "../src/index.ts";

const request: PolicyRequest = {
  principal: "key:1",
  action: "tool:call",
  resource: "database:query",
  time: Date.parse("2026-03-04T12:30:00Z"),
  ip: "10.1.2.3",
  attributes: { environment: "test", amount: 3 },
};

const allowAll: Statement = { effect: "allow", actions: ["*"], resources: ["*"] };

function decide(statement: Partial<Statement>, changes: Partial<PolicyRequest> = {}): boolean {
  const documents = [{ id: "one", statements: [{ ...allowAll, ...statement }] }];
  return evaluatePolicies(documents, { ...request, ...changes }).allowed;
}

test("what no statement allows is denied, and the answer says so", () => {
  expect(evaluatePolicies([], request)).toEqual({
    allowed: false,
    explanation: "No statement allows key:1 to tool:call on database:query.",
  });
});

test("a deny wins wherever it stands, and is named", () => {
  const deny: Statement = {
    id: "no-queries",
    effect: "deny",
    actions: ["tool:*"],
    resources: ["database:*"],
  };
  const documents = [
    { id: "base", statements: [allowAll] },
    { id: "night", statements: [allowAll, deny] },
    { id: "more", statements: [allowAll] },
  ];
  expect(evaluatePolicies(documents, request)).toEqual({
    allowed: false,
    statement: { document: "night", index: 1, id: "no-queries" },
    explanation: "Statement 1 (no-queries) of night denies key:1 to tool:call on database:query.",
  });
});

describe("conditions", () => {
  test.each([
    [["10.0.0.0/8"], "10.1.2.3", true],
    [["10.0.0.0/8"], "11.1.2.3", false],
    [["10.1.2.3"], "10.1.2.3", true],
    [["192.168.0.0/16", "10.1.2.0/24"], "::ffff:10.1.2.3", true],
    [["2001:db8::/32"], "2001:DB8:0::1", true],
    [["2001:db8::/32"], "2001:db9::1", false],
    [["0.0.0.0/0"], "not an address", false],
  ])("address %j takes %s: %s", (ip, from, expected) => {
    expect(decide({ conditions: { ip } }, { ip: from })).toBe(expected);
  });

  test("an unknown address counts against the request", () => {
    const documents: PolicyDocument[] = [
      { id: "one", statements: [{ ...allowAll, conditions: { ip: ["0.0.0.0/0"] } }] },
    ];
    const { ip: _, ...local } = request;
    expect(evaluatePolicies(documents, local).allowed).toBe(false);
    const deny: Statement = { ...allowAll, effect: "deny", conditions: { ip: ["10.0.0.0/8"] } };
    expect(evaluatePolicies([{ id: "two", statements: [allowAll, deny] }], local).allowed).toBe(
      false,
    );
  });

  test.each([
    [{ from: "2026-03-04T12:30:00Z" }, true],
    [{ from: "2026-03-04T12:30:01Z" }, false],
    [{ until: "2026-03-04T12:30:00Z" }, false],
    [{ daily: { from: "8", until: "18:00" } }, false], // what cannot be read allows nothing
    [{ from: "2026-03-04T00:00:00Z", until: "2026-03-05T00:00:00Z" }, true],
    [{ daily: { from: "08:00", until: "18:00" } }, true],
    [{ daily: { from: "12:31", until: "18:00" } }, false],
    [{ daily: { from: "18:00", until: "08:00" } }, false],
    [{ daily: { from: "22:00", until: "12:31" } }, true],
  ])("time %j: %s", (time, expected) => {
    expect(decide({ conditions: { time } })).toBe(expected);
  });

  test.each([
    [{ environment: "test" }, true],
    [{ environment: ["production", "test"] }, true],
    [{ environment: "test", amount: 4 }, false],
    [{ amount: "3" }, false],
    [{ missing: "x" }, false],
    [{ constructor: "x" }, false],
  ])("attributes %j: %s", (attributes, expected) => {
    expect(decide({ conditions: { attributes } })).toBe(expected);
  });

  test("a request without attributes has none of those that are wanted", () => {
    const { attributes: _, ...bare } = request;
    const conditions = { attributes: { environment: "test" } };
    const documents = [{ id: "one", statements: [{ ...allowAll, conditions }] }];
    expect(evaluatePolicies(documents, bare).allowed).toBe(false);
  });
});

test("the decision is the one that the rules define, in any order of statements", () => {
  const random = seededRandom();
  for (let round = random.rounds(3_000); round > 0; round -= 1) {
    const documents = Array.from({ length: random.below(3) }, (_, index) => ({
      id: `d${index}`,
      statements: Array.from({ length: random.below(4) }, () => anyStatement(random)),
    }));
    const asked = {
      ...request,
      action: random.pick(["a", "ab"]),
      resource: random.pick(["x", "y"]),
    };
    const applying = documents
      .flatMap(({ statements }) => statements)
      .filter((each) => alone(each, asked));
    const expected =
      applying.length > 0 && applying.every((statement) => statement.effect === "allow");
    const shuffled = documents.map((each) => ({
      ...each,
      statements: each.statements.toReversed(),
    }));
    expect(evaluatePolicies(documents, asked).allowed).toBe(expected);
    expect(evaluatePolicies(shuffled.toReversed(), asked).allowed).toBe(expected);
    // One more deny never opens anything, one more allow never closes anything.
    const deny: Statement = { ...anyStatement(random), effect: "deny" };
    if (evaluatePolicies([...documents, { id: "+", statements: [deny] }], asked).allowed) {
      expect(expected).toBe(true);
    }
  }
});

/** The statement as an allow, asked alone. */
function alone(statement: Statement, asked: PolicyRequest): boolean {
  const documents: PolicyDocument[] = [
    { id: "s", statements: [{ ...statement, effect: "allow" }] },
  ];
  return evaluatePolicies(documents, asked).allowed;
}

function anyStatement(random: SeededRandom): Statement {
  return {
    effect: random.pick(["allow", "allow", "deny"]),
    actions: [random.pick(["a", "*", "a*", "ab"])],
    resources: [random.pick(["x", "*", "y", "z*"])],
    ...(random.next() < 0.3 ? { principals: [random.pick(["key:*", "local"])] } : {}),
    ...(random.next() < 0.3 ? { conditions: { ip: [random.pick(["10.0.0.0/8", "::/0"])] } } : {}),
  };
}

test("a document that can be read is taken as it is", () => {
  const document = { id: "d", statements: [{ ...allowAll, conditions: { ip: ["::1"] } }] };
  expect(parsePolicy(document)).toEqual(document);
});

test.each([
  [[], "policy"],
  [{ id: "d" }, "statements"],
  [{ id: "d", statements: [{ ...allowAll, effect: "Allow" }] }, "statements[0].effect"],
  [{ id: "d", statements: [{ ...allowAll, action: ["x"] }] }, "statements[0].action"],
  [{ id: "d", statements: [{ ...allowAll, actions: [] }] }, "statements[0].actions"],
  [{ id: "d", statements: [{ ...allowAll, resources: [1] }] }, "statements[0].resources[0]"],
  [
    { id: "d", statements: [{ ...allowAll, conditions: { ips: ["::1"] } }] },
    "statements[0].conditions.ips",
  ],
  [
    { id: "d", statements: [{ ...allowAll, conditions: { ip: ["10.0.0.0/33"] } }] },
    "statements[0].conditions.ip[0]",
  ],
  [
    {
      id: "d",
      statements: [{ ...allowAll, conditions: { time: { daily: { from: "8", until: "9" } } } }],
    },
    "statements[0].conditions.time.daily.from",
  ],
  [
    { id: "d", statements: [{ ...allowAll, conditions: { attributes: { a: {} } } }] },
    "statements[0].conditions.attributes.a",
  ],
])("the document %j is refused, naming %s", (document, field) => {
  expect(() => parsePolicy(document)).toThrow(
    expect.objectContaining({ code: "invalid_input", details: { field } }),
  );
});

import { describe, expect, test } from "vitest";
import { parsePolicy } from "../src/index.ts";

const statement = { effect: "allow", actions: ["call"], resources: ["*"] };
const withConditions = (conditions: unknown) => ({
  id: "p",
  statements: [{ ...statement, conditions }],
});

test.each<[string, unknown, string]>([
  ["nothing", null, "policy is not an object"],
  ["a list", [], "policy is not an object"],
  ["an unknown key", { id: "p", statement: [] }, "policy.statement is unknown"],
  ["no id", { statements: [statement] }, "id is not a text"],
  ["no statements", { id: "p", statements: [] }, "statements is not a list of some"],
  ["a statement that is none", { id: "p", statements: [7] }, "statements[0] is not an object"],
  [
    "an effect of its own",
    { id: "p", statements: [{ ...statement, effect: "maybe" }] },
    'statements[0].effect is not "allow" or "deny"',
  ],
  [
    "an empty id of a statement",
    { id: "p", statements: [{ ...statement, id: "" }] },
    "statements[0].id is not a text",
  ],
  [
    "principals that are none",
    { id: "p", statements: [{ ...statement, principals: [1] }] },
    "statements[0].principals[0] is not a text",
  ],
  ["a misspelt condition", withConditions({ ips: ["::1"] }), "conditions.ips is unknown"],
  ["a bad address", withConditions({ ip: ["::1", "10.0.0.0/33"] }), "ip[1] is no address"],
  ["no address", withConditions({ ip: ["here"] }), "ip[0] is no address"],
  ["no length", withConditions({ ip: ["10.0.0.0/x"] }), "ip[0] is no address"],
  ["a bad moment", withConditions({ time: { from: "soon" } }), "time.from is no ISO 8601 time"],
  [
    "a bad hour",
    withConditions({ time: { daily: { from: "25:00", until: "1" } } }),
    "is not HH:MM",
  ],
  ["an hour without end", withConditions({ time: { daily: { from: "08:00" } } }), "daily.until"],
  ["attributes that are none", withConditions({ attributes: [] }), "attributes is not an object"],
  ["an attribute that is an object", withConditions({ attributes: { a: {} } }), "attributes.a is"],
  ["an attribute of no value", withConditions({ attributes: { a: [] } }), "attributes.a is"],
])("a policy with %s is refused by the name of the field", (_what, policy, problem) => {
  expect(() => parsePolicy(policy)).toThrow(problem);
  expect(() => parsePolicy(policy)).toThrow(expect.objectContaining({ code: "invalid_input" }));
});

test.each([
  ["no conditions", { id: "p", statements: [statement] }],
  ["a beginning alone", withConditions({ time: { from: "2026-01-01T00:00:00Z" } })],
])("a policy with %s is taken as it is", (_what, policy) => {
  expect(parsePolicy(policy)).toEqual(policy);
});

test("a policy that is right is taken as it is, and cannot be changed from outside", () => {
  const policy = {
    id: "p",
    statements: [
      {
        ...statement,
        id: "s",
        principals: ["key:*"],
        conditions: {
          ip: ["10.0.0.0/8", "::1"],
          time: {
            from: "2026-01-01T00:00:00Z",
            until: "2026-02-01T00:00:00Z",
            daily: { from: "08:00", until: "18:00" },
          },
          attributes: { team: ["a", "b"], level: 3, gone: null },
        },
      },
    ],
  };
  const parsed = parsePolicy(policy);
  expect(parsed).toEqual(policy);
  policy.statements.length = 0;
  expect(parsed.statements).toHaveLength(1);
});

describe("with a vocabulary", () => {
  const vocabulary = {
    actions: ["tool:call", "tool:list"],
    attributes: { access: ["read", "write"], "label.*": "any" },
  } as const;
  const rule = (changes: object) => ({
    id: "p",
    statements: [{ effect: "deny", actions: ["tool:call"], resources: ["*"], ...changes }],
  });

  test.each<[string, object, string]>([
    ["an action", { actions: ["tool:call", "tool:cal"] }, 'actions[1] is "tool:cal", which is no'],
    ["an attribute", { conditions: { attributes: { acces: "write" } } }, "acces is no attribute"],
    [
      "a value",
      { conditions: { attributes: { access: ["read", "wriet"] } } },
      'access is "wriet", which it never is; it is one of read, write',
    ],
  ])("a rule is refused that could never apply for %s", (_what, changes, problem) => {
    expect(() => parsePolicy(rule(changes), vocabulary)).toThrow(problem);
    expect(parsePolicy(rule(changes))).toEqual(rule(changes));
  });

  test("a rule is taken that may apply", () => {
    const attributes = { access: "write", "label.team": [1, "x"] };
    const policy = rule({ actions: ["tool:*"], conditions: { attributes } });
    expect(parsePolicy(policy, vocabulary)).toEqual(policy);
  });
});

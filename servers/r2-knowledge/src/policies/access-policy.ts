import { type PolicyDocument, parsePolicy, type Statement } from "@trestle/access";
import { messageOf, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { ACTIONS, ROLES } from "./actions.ts";
import { resourcePattern } from "./resources.ts";

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be lower-case letters and digits");
const texts = z.array(z.string().min(1).max(500)).min(1).max(1_000);
const json = z.record(z.string(), z.unknown());

/** Who may do what. Whatever nothing allows is denied, and a statement that denies wins. */
export const accessPolicy = z.strictObject({
  roles: z
    .record(name, z.strictObject({ actions: texts }))
    .default({})
    .describe("Roles of one's own, beside reader, contributor, curator and operator"),
  teams: z
    .record(name, texts)
    .default({})
    .describe("Principals by team: rules and shares name it team:payments"),
  bindings: z
    .array(
      z.strictObject({
        role: name,
        principals: texts,
        resources: texts.default(["*"]),
        conditions: json.optional(),
      }),
    )
    .max(1_000)
    .default([])
    .describe("Who has which role, and where: everywhere unless resources are named"),
  statements: z
    .array(json)
    .max(1_000)
    .default([])
    .describe("{ id, effect: allow or deny, actions, resources, principals, conditions }"),
});
export type AccessPolicy = z.output<typeof accessPolicy>;

/**
 * Without a policy: whoever uses this machine does everything, who came in by a key or a token of the host
 * asks and tells, and whoever said not who they are does nothing.
 */
export const DEFAULT_POLICY: AccessPolicy = {
  roles: {},
  teams: {},
  bindings: [
    { role: "operator", principals: ["local", "admin"], resources: ["*"] },
    { role: "contributor", principals: ["key:*", "subject:*"], resources: ["*"] },
  ],
  statements: [],
};

/** Checks a policy in full. Throws `invalid_input` naming what is wrong: half a rule is none. */
export function parseAccessPolicy(value: unknown): AccessPolicy {
  const parsed = accessPolicy.safeParse(value);
  if (!parsed.success) {
    throw new TrestleError(
      "invalid_input",
      `This is no access policy.\n${z.prettifyError(parsed.error)}`,
    );
  }
  toDocuments(parsed.data);
  return parsed.data;
}

/** The policy as statements. Throws `invalid_input`. */
export function toDocuments(policy: AccessPolicy): PolicyDocument[] {
  const bound = policy.bindings.map((binding, index): PolicyDocument => {
    const { role, principals, resources, conditions } = binding;
    const statement = {
      ...{ effect: "allow", actions: actionsOf(policy, role, index), resources, principals },
      ...(conditions === undefined ? {} : { conditions }),
    };
    return checked(`role ${role} (bindings[${index}])`, [statement]);
  });
  if (policy.statements.length === 0) return bound;
  return [...bound, checked("statements", policy.statements)];
}

/** The actions of a role; its own policy names it, or every policy has it. */
function actionsOf({ roles }: AccessPolicy, role: string, index: number): readonly string[] {
  const own = Object.hasOwn(roles, role) ? roles[role]?.actions : undefined;
  const found = Object.hasOwn(ROLES, role) ? ROLES[role] : own;
  if (found && !(own && Object.hasOwn(ROLES, role))) return found;
  const known = [...Object.keys(ROLES), ...Object.keys(roles)].join(", ");
  const why = own ? "is a role that every policy has, and can not be another" : "is no role";
  throw bad(`bindings[${index}].role`, `"${role}" ${why}; roles are ${known}`);
}

function checked(id: string, statements: readonly unknown[]): PolicyDocument {
  let document: PolicyDocument;
  try {
    document = parsePolicy({ id, statements }, VOCABULARY);
  } catch (error) {
    throw new TrestleError("invalid_input", `${id}: ${messageOf(error)}`, { cause: error });
  }
  return { id, statements: document.statements.map(normal) };
}

const VOCABULARY = {
  actions: ACTIONS,
  attributes: { severity: "any", "metadata.*": "any" },
} as const;

/** In the form in which it is compared. */
function normal(statement: Statement): Statement {
  const { conditions } = statement;
  const attributes = Object.entries(conditions?.attributes ?? {}).map(([key, value]) => {
    const values = [value].flat().map((each) => String(each));
    return [key, key === "severity" ? values.map((each) => each.toLowerCase()) : values];
  });
  return {
    ...statement,
    resources: statement.resources.map(resourcePattern),
    ...(conditions && {
      conditions: {
        ...conditions,
        ...(conditions.attributes && { attributes: Object.fromEntries(attributes) }),
      },
    }),
  };
}

function bad(where: string, what: string): TrestleError {
  return new TrestleError("invalid_input", `${where}: ${what}.`, { details: { field: where } });
}

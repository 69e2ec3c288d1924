import { confirmArgument, confirmDeed, defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { accessPolicy } from "../policies/access-policy.ts";
import type { State } from "../state.ts";
import { CHANGES, READS } from "./hints.ts";

/** Who may do what: small tools on one thing, that share shapes. */

const none = z.object({});

const policyShape = z.object({
  version: z.int().describe("0 while none is kept, and the default holds"),
  isDefault: z.boolean(),
  policy: accessPolicy,
});

export const getAccessPolicy = defineTool<typeof none, typeof policyShape, State>({
  name: "get_access_policy",
  title: "Get the access policy",
  description: "Gives the policy that says who may do what with which records.",
  profile: "all",
  input: none,
  output: policyShape,
  hints: READS,
  async run(_, { state, signal }) {
    const { version, isDefault, policy } = await state.access.policy({ signal });
    return { version, isDefault, policy };
  },
});

const setInput = z.object({
  policy: accessPolicy.describe("The whole policy: roles, teams, bindings and statements"),
  version: z.int().min(0).describe("Of the policy that you read and changed"),
  confirm: confirmArgument,
});
const setOutput = z.object({ version: z.int() });

export const setAccessPolicy = defineTool<typeof setInput, typeof setOutput, State>({
  name: "set_access_policy",
  title: "Set the access policy",
  description:
    "Replaces the policy that says who may do what, for everybody; the user is asked. Refused where you could not change it again. check_access tells what a policy does.",
  profile: "all",
  input: setInput,
  output: setOutput,
  hints: CHANGES,
  async run({ policy, version, confirm }, context) {
    const { state, signal } = context;
    const action = "Replace the access policy, which says who may do what, for everybody.";
    const question = confirmDeed(context, { object: "access policy", action }, confirm);
    if (question) return question;
    const kept = await state.access.setPolicy(policy, { version, signal });
    return { version: kept.version };
  },
});

const checkInput = z.object({
  action: z.string().min(1).max(100).describe("Such as knowledge:search or knowledge:delete"),
  resource: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe("A record, as diagnosis/<context>/<id>, the id as you like; store by default"),
  severity: z.string().max(50).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  principal: z
    .object({
      kind: z.enum(["local", "key", "subject", "admin", "anonymous"]),
      id: z.string().min(1).max(500),
    })
    .optional()
    .describe("Somebody else; you where left out"),
});
const checkOutput = z.object({
  allowed: z.boolean(),
  why: z.string().describe("The rule that decided"),
  principal: z.string(),
  names: z.array(z.string()).describe("All names that rules may mean it by"),
  resource: z.string(),
});

export const checkAccess = defineTool<typeof checkInput, typeof checkOutput, State>({
  name: "check_access",
  title: "Check access",
  description: "Tells whether somebody may do something with a record or the whole, and why.",
  profile: "all",
  input: checkInput,
  output: checkOutput,
  hints: READS,
  async run({ resource = "store", ...asked }, { state, signal }) {
    const answer = await state.access.check({ resource, ...asked }, { signal });
    return { ...answer, names: [...answer.names] };
  },
});

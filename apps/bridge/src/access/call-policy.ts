import { type PolicyDocument, parsePolicy } from "@trestle/access";
import type { Principal } from "@trestle/protocol";

/** One action for every tool; whether it only reads is an attribute, as are its server and its name. */
export const CALL_ACTION = "tool:call";

const KINDS: readonly Principal["kind"][] = ["local", "key", "subject", "admin", "anonymous"];

const VOCABULARY = {
  actions: [CALL_ACTION],
  attributes: { server: "any", tool: "any", kind: KINDS, access: ["read", "write"] },
} as const;

/** Checks a policy document for calls. Throws `invalid_input` naming the field that is wrong. */
export function parseCallPolicy(value: unknown): PolicyDocument {
  return parsePolicy(value, VOCABULARY);
}

import { allows, evaluatePolicies, type PolicyDocument, parseScope } from "@trestle/access";
import type { ToolHints } from "@trestle/policy";
import { type Clock, messageOf, type Principal, TrestleError } from "@trestle/protocol";
import type { OAuthRules } from "../oauth-login/oauth-login.ts";
import { CALL_ACTION, parseCallPolicy } from "./call-policy.ts";

/** What the configuration says of access. */
export interface AccessConfig {
  readonly http: {
    /** A key that every HTTP caller may present, besides those of the key store. */
    readonly key?: string | undefined;
    readonly publicUrl?: string | undefined;
    readonly host?: string | undefined;
    readonly port?: number | undefined;
  };
  readonly access?: AccessRules | undefined;
}

export interface AccessRules {
  /** What callers without a key, on this machine, may do. Absent: everything. */
  readonly localScopes?: readonly string[] | undefined;
  /** What the holder of `http.key` may do. Absent: everything. */
  readonly keyScopes?: readonly string[] | undefined;
  /** With any document, a call needs a statement that allows it; one that denies it wins. */
  readonly policies?: readonly unknown[] | undefined;
  /** Whose access tokens are let in, and where people log in. */
  readonly oauth?: OAuthRules | undefined;
}

/** Whoever presents the home's admin credential, and the durable work that was begun so. */
export const ADMIN_ID = "admin";

/** The tool that a principal wants to call. */
export interface CallTarget {
  readonly server: string;
  readonly tool: string;
  readonly hints: Pick<ToolHints, "readOnly">;
}

/** Who may call what, by the configuration as it stood when this was made. */
export interface Rules {
  /** Do any rules look at where a caller comes from? */
  readonly wantsAddress: boolean;
  /** May the principal call whatever there is? */
  isUnbounded(principal: Principal): boolean;
  allows(principal: Principal, target: CallTarget): boolean;
}

/** Throws `invalid_config` naming a scope or a field of a policy document that is wrong. */
export function createRules({ access = {} }: AccessConfig, clock: Clock): Rules {
  const { localScopes } = access;
  const documents = readRules(access);
  const covered = createCovered();

  return {
    wantsAddress: documents.length > 0,
    isUnbounded({ id, kind, scopes }) {
      if (scopes !== undefined) return false;
      if (id === ADMIN_ID) return true;
      return documents.length === 0 && (kind !== "local" || localScopes === undefined);
    },
    allows(principal, target) {
      if (!covered(principal.scopes, target)) return false;
      if (principal.id === ADMIN_ID) return true;
      if (principal.kind === "local" && !covered(localScopes, target)) return false;
      return documents.length === 0 || isPermitted(documents, principal, target, clock.now());
    },
  };
}

function readRules({ localScopes = [], keyScopes = [], policies = [] }: AccessRules) {
  try {
    for (const scope of [...localScopes, ...keyScopes]) parseScope(scope);
    return policies.map(parseCallPolicy);
  } catch (error) {
    throw new TrestleError("invalid_config", `access: ${messageOf(error)}`, { cause: error });
  }
}

function isPermitted(
  documents: readonly PolicyDocument[],
  { id, kind, address }: Principal,
  { server, tool, hints }: CallTarget,
  time: number,
): boolean {
  const { allowed } = evaluatePolicies(documents, {
    principal: id,
    action: CALL_ACTION,
    resource: `${server}:${tool}`,
    time,
    ...(address === undefined ? {} : { ip: address }),
    attributes: { server, tool, kind, access: hints.readOnly ? "read" : "write" },
  });
  return allowed;
}

/** Scopes are the same list for every call of one principal: each tool is looked up in it once. */
function createCovered(): (scopes: readonly string[] | undefined, target: CallTarget) => boolean {
  const known = new WeakMap<readonly string[], Map<string, boolean>>();
  return (scopes, { server, tool, hints: { readOnly } }) => {
    if (scopes === undefined) return true;
    const verdicts = known.get(scopes) ?? new Map<string, boolean>();
    if (verdicts.size === 0) known.set(scopes, verdicts);
    const key = `${readOnly ? "r" : "w"}${server}\n${tool}`;
    let verdict = verdicts.get(key);
    if (verdict === undefined) {
      verdict = allows(scopes, { server, tool, readOnly });
      if (verdicts.size < MAX_VERDICTS) verdicts.set(key, verdict);
    }
    return verdict;
  };
}

/** More tools than any bridge has. */
const MAX_VERDICTS = 10_000;

import { type Clock, matchesGlob, TrestleError } from "@trestle/protocol";
import type { WriterHead } from "../audit-log/entry.ts";
import type { LocalHeads } from "../audit-log/local-heads.ts";
import {
  type LoggedDeed,
  type LogQuery,
  type LogVerdict,
  searchLog,
  verifyLog,
} from "../audit-log/read-log.ts";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
import { type AccessPolicy, parseAccessPolicy } from "../policies/access-policy.ts";
import { ACTIONS, type Action, STORE_ACTIONS } from "../policies/actions.ts";
import { createDecider, type Verdict } from "../policies/decide.ts";
import type { Gate } from "../policies/gate.ts";
import type { KeptRules, PolicyObject } from "../policies/policy-object.ts";
import { namesOf, principalName, type Who } from "../policies/principals.ts";
import { parseResource, resourceOf, STORE } from "../policies/resources.ts";
import type { Ids } from "../records/ids.ts";
import type { Share } from "../sharing/share.ts";
import {
  listShares,
  revokeShare,
  type ShareAsked,
  type Shared,
  shareCollection,
} from "../sharing/shares.ts";

/** Who may do what, what was shared, and who did what. */
export interface Access {
  policy(call?: CallOptions): Promise<KeptRules>;
  /** Replaces the policy; shares stay. Throws `conflict` where it is no longer the version named. */
  setPolicy(policy: unknown, options?: SetPolicyOptions): Promise<KeptRules>;
  /** What the rules say, and why. Others than oneself may be asked about by those who may read the policy. */
  check(asked: AccessAsked, call?: CallOptions): Promise<AccessAnswer>;
  share(asked: ShareAsked, call?: CallOptions): Promise<Shared>;
  shares(call?: CallOptions): Promise<readonly Share[]>;
  revoke(id: string, call?: CallOptions): Promise<Share>;
  searchLog(query?: LogQuery): Promise<readonly LoggedDeed[]>;
  verifyLog(
    options?: CallOptions & { readonly heads?: readonly WriterHead[] },
  ): Promise<LogVerdict>;
}

export interface SetPolicyOptions extends CallOptions {
  readonly version?: number | undefined;
}

export interface AccessAsked {
  /** The caller where left out. */
  readonly principal?: Who | undefined;
  readonly action: string;
  /** `store`, or a record: `diagnosis/<context>/<id>`, of which the id may be left out. */
  readonly resource: string;
  readonly severity?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface AccessAnswer extends Verdict {
  readonly principal: string;
  /** All names by which rules may mean it: its own, its teams, its roles. */
  readonly names: readonly string[];
  readonly resource: string;
}

export interface AccessParts {
  readonly store: ObjectStore;
  readonly rules: PolicyObject;
  readonly heads: LocalHeads;
  readonly knowledge: KnowledgeStore;
  readonly clock: Pick<Clock, "now">;
  readonly ids: Ids;
  /** Whether the caller holds the keys of the store: such a one mends what is broken. */
  readonly isOwner: boolean;
}

export function createAccess(parts: AccessParts, gate: Gate): Access {
  const { rules, store, heads, isOwner } = parts;
  return {
    policy: (call) =>
      gate.pass({ action: "knowledge:read-policy" }, (rights) => {
        rights.needStore("knowledge:read-policy");
        return rules.read(call);
      }),
    setPolicy: (given, options = {}) =>
      gate.pass({ action: "knowledge:set-policy", told: toldVersion }, (rights) => {
        rights.needStore("knowledge:set-policy");
        const policy = parseAccessPolicy(given);
        if (!isOwner) refuseLockOut(parts, gate, policy);
        return rules.change(() => ({ policy }), { ...options, mend: isOwner });
      }),
    check: (asked, call) =>
      gate.pass({ action: "knowledge:read-policy" }, async (rights) => {
        const { principal = gate.caller.principal } = asked;
        if (principalName(principal) !== principalName(gate.caller.principal))
          rights.needStore("knowledge:read-policy");
        return checkAccess(await rules.read(call), principal, asked, parts.clock.now());
      }),
    share: (asked, call) =>
      gate.pass(
        { action: "knowledge:share", told: ({ share }) => ({ ids: [share.id] }) },
        (rights) => shareCollection(parts, { ...asked, by: gate.caller.principal, rights }, call),
      ),
    shares: (call) =>
      gate.pass({ action: "knowledge:read-policy" }, (rights) =>
        listShares(parts, { who: gate.caller.principal, rights }, call),
      ),
    revoke: (id, call) =>
      gate.pass({ action: "knowledge:share", ids: [id] }, (rights) =>
        revokeShare(parts, { id, who: gate.caller.principal, rights }, call),
      ),
    searchLog: (query = {}) =>
      gate.pass({ action: "knowledge:audit-log" }, (rights) => {
        rights.needStore("knowledge:audit-log");
        return searchLog(store, query);
      }),
    verifyLog: (options) =>
      gate.pass({ action: "knowledge:audit-log" }, (rights) => {
        rights.needStore("knowledge:audit-log");
        return verifyLog(store, heads, options);
      }),
  };
}

const toldVersion = ({ version }: KeptRules) => ({ facts: { version } });

/** Throws `denied` for a policy that whoever sets it could never change again. */
function refuseLockOut({ clock }: AccessParts, { caller }: Gate, policy: AccessPolicy): void {
  const decider = createDecider({ policy, shares: [] }, caller.principal, clock.now());
  const { allowed, why } = decider.onStore("knowledge:set-policy");
  if (allowed) return;
  throw new TrestleError(
    "denied",
    `By that policy you could not change it again, and nothing was changed. ${why} Whoever holds the keys of the store may set it: trestle-knowledge policy set FILE.`,
  );
}

/** @throws TrestleError `invalid_input` for an action or a resource that is none */
function checkAccess(rules: KeptRules, who: Who, asked: AccessAsked, now: number): AccessAnswer {
  const action = ACTIONS.find((each) => each === asked.action);
  if (!action) {
    const near = ACTIONS.filter((each) => matchesGlob(`*${asked.action}*`, each));
    const known = near.length > 0 ? near : ACTIONS;
    throw new TrestleError(
      "invalid_input",
      `"${asked.action}" is no action. Actions are ${known.join(", ")}.`,
    );
  }
  const decider = createDecider(rules, who, now);
  const principal = principalName(who);
  const names = [...namesOf(rules.policy, who)];
  if (isStoreAction(action))
    return { principal, names, resource: STORE, ...decider.onStore(action) };
  const { severity, metadata = {} } = asked;
  const record = { ...parseResource(asked.resource), severity, metadata };
  return { principal, names, resource: resourceOf(record), ...decider.onRecord(action, record) };
}

const isStoreAction = (action: Action): action is (typeof STORE_ACTIONS)[number] =>
  (STORE_ACTIONS as readonly string[]).includes(action);

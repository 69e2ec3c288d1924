import { evaluatePolicies, type PolicyDocument, type Statement } from "@trestle/access";
import { matchesGlob, type Principal } from "@trestle/protocol";
import { type LooksAt, MOST_FACTS, type RecordFacts } from "../records/record-facts.ts";
import { grantsAction, isActive, isIn, type Share } from "../sharing/share.ts";
import { type AccessPolicy, toDocuments } from "./access-policy.ts";
import { type Action, type RecordAction, type StoreAction, WHOLESALE } from "./actions.ts";
import { isMeant, namesOf, principalName } from "./principals.ts";
import { namedIds, resourceOf, STORE } from "./resources.ts";

/** What everybody's rights are made of. */
export interface AccessRules {
  readonly policy: AccessPolicy;
  readonly shares: readonly Share[];
}

export interface Verdict {
  readonly allowed: boolean;
  /** One sentence: which rule, or that there is none. */
  readonly why: string;
}

/** What one principal may do, by the rules as they stood when this was made. */
export interface Decider {
  onRecord(action: RecordAction, record: RecordFacts): Verdict;
  /** The same without its reason, for many records. */
  allows(action: RecordAction, record: RecordFacts): boolean;
  onStore(action: StoreAction): Verdict;
  /** `all` where no record can be refused, `none` where none can be allowed. */
  reach(action: RecordAction): "all" | "some" | "none";
  /** What `allows` depends on. */
  readonly looksAt: LooksAt;
}

type Caller = Pick<Principal, "id" | "kind" | "address">;

/** @param now milliseconds since 1970 */
export function createDecider(rules: AccessRules, caller: Caller, now: number): Decider {
  const own = createOwnDecider(rules.policy, caller, now);
  const names = namesOf(rules.policy, caller);
  const granted = rules.shares
    .filter((share) => isActive(share, now) && share.with.some((name) => names.has(name)))
    .map((share) => ({
      share,
      // Nobody gives what they have not: looked at now, by what the giver may do now.
      giver: createOwnDecider(rules.policy, share.by as Caller, now),
    }));

  function onRecord(action: RecordAction, record: RecordFacts): Verdict {
    const verdict = own.onRecord(action, record);
    if (verdict.allowed || verdict.isRefusal) return verdict;
    const by = granted.find(
      ({ share, giver }) =>
        grantsAction(share, action) &&
        isIn(share.collection, record) &&
        giver.onRecord("knowledge:share", record).allowed &&
        giver.onRecord(action, record).allowed,
    );
    if (!by) return verdict;
    const { id, by: giver } = by.share;
    return { allowed: true, why: `The share ${id} of ${principalName(giver)} allows it.` };
  }

  const looksAt = all([
    own.looksAt,
    ...granted.flatMap(({ share, giver }) => [namedBy(share), giver.looksAt]),
  ]);
  return {
    looksAt,
    onRecord,
    allows: remembered((action, record) => onRecord(action, record).allowed, looksAt),
    onStore: own.onStore,
    reach(action) {
      const reach = own.reach(action);
      if (reach !== "none") return reach;
      return granted.some(({ share }) => grantsAction(share, action)) ? "some" : "none";
    },
  };
}

function namedBy({ collection }: Share): LooksAt {
  return { ids: collection.ids ?? [], metadata: Object.keys(collection.metadata ?? {}) };
}

function all(each: readonly LooksAt[]): LooksAt {
  const ids = each.map((looksAt) => looksAt.ids);
  return {
    ids: ids.includes("all") ? "all" : [...new Set(ids.flat())],
    metadata: [...new Set(each.flatMap(({ metadata }) => metadata))],
  };
}

/** Many records are alike in all that rules look at. Reasons are not remembered: they name their record. */
function remembered(decide: Decider["allows"], looksAt: LooksAt): Decider["allows"] {
  const known = new Map<string, boolean>();
  const named = looksAt.ids === "all" ? undefined : new Set(looksAt.ids);
  return (action, record) => {
    const { kind, id, context, severity, metadata } = record;
    const told = [
      named === undefined || named.has(id) ? id : id === "",
      looksAt.metadata.length > 0 ? metadata : undefined,
    ];
    const key = JSON.stringify([action, kind, context, severity, ...told]);
    const found = known.get(key) ?? decide(action, record);
    known.set(key, found);
    return found;
  };
}

interface OwnVerdict extends Verdict {
  /** A rule says no: that wins over every share. */
  readonly isRefusal: boolean;
}

interface OwnDecider extends Omit<Decider, "onRecord" | "allows"> {
  onRecord(action: RecordAction, record: RecordFacts): OwnVerdict;
}

/** By the policy alone. */
function createOwnDecider(policy: AccessPolicy, caller: Caller, now: number): OwnDecider {
  const names = namesOf(policy, caller);
  const documents = toDocuments(policy).map(
    ({ id, statements }): PolicyDocument => ({
      id,
      statements: statements.flatMap(({ principals, ...statement }) =>
        principals === undefined || isMeant(principals, names) ? [statement] : [],
      ),
    }),
  );
  const statements = documents.flatMap((document) => document.statements);
  const about = (action: Action) =>
    statements.filter(({ actions }) => actions.some((each) => matchesGlob(each, action)));
  const refusals = statements.filter(({ effect }) => effect === "deny");
  const refusesByMetadata = refusals.some((statement) => metadataKeys(statement).length > 0);

  function decide(action: Action, resource: string, attributes: Record<string, string>) {
    const { address } = caller;
    const { allowed, statement, explanation } = evaluatePolicies(documents, {
      ...{ principal: principalName(caller), action, resource, time: now, attributes },
      ...(address === undefined ? {} : { ip: address }),
    });
    return { allowed, why: explanation, isRefusal: !allowed && statement !== undefined };
  }

  return {
    looksAt: {
      ids: namedIds(statements.flatMap(({ resources }) => resources)),
      metadata: statements.flatMap(metadataKeys),
    },
    onRecord(action, record) {
      const resource = resourceOf(record);
      if (refusesByMetadata && Object.keys(record.metadata).length >= MOST_FACTS) {
        const why = `${resource} has more metadata than rules look at, and a rule denies by metadata.`;
        return { allowed: false, why, isRefusal: true };
      }
      return decide(action, resource, attributesOf(record));
    },
    onStore(action) {
      if (refusals.length === 0 || !WHOLESALE.includes(action)) return decide(action, STORE, {});
      const why = `${action} is done to all records, and a rule denies ${principalName(caller)} a part of it.`;
      return { allowed: false, why };
    },
    reach(action) {
      const fitting = about(action);
      if (!fitting.some(({ effect }) => effect === "allow")) return "none";
      const isOpen = fitting.some(
        ({ effect, resources, conditions }) =>
          effect === "allow" && resources.includes("*") && conditions === undefined,
      );
      return isOpen && fitting.every(({ effect }) => effect === "allow") ? "all" : "some";
    },
  };
}

const METADATA = "metadata.";

function metadataKeys({ conditions }: Omit<Statement, "principals">): string[] {
  return Object.keys(conditions?.attributes ?? {})
    .filter((key) => key.startsWith(METADATA))
    .map((key) => key.slice(METADATA.length));
}

function attributesOf({ severity, metadata }: RecordFacts): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(metadata).map(([key, value]) => [METADATA + key, value])),
    ...(severity === undefined ? {} : { severity: severity.toLowerCase() }),
  };
}

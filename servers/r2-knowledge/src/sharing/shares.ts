import { type Clock, TrestleError } from "@trestle/protocol";
import type { KnowledgeStore } from "../knowledge/knowledge-store.ts";
import { parseSpan } from "../knowledge/since.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { AccessPolicy } from "../policies/access-policy.ts";
import { ROLES } from "../policies/actions.ts";
import type { PolicyObject } from "../policies/policy-object.ts";
import { namesOf, principalName, type Who } from "../policies/principals.ts";
import type { Rights } from "../policies/rights.ts";
import type { Ids } from "../records/ids.ts";
import { type Collection, isIn, type Share } from "./share.ts";

export interface ShareAsked {
  readonly title?: string | undefined;
  readonly collection: Collection;
  readonly with: readonly string[];
  readonly right: Share["right"];
  /** A span such as `30d`, or a date; 90 days where left out. */
  readonly expires?: string | undefined;
}

export interface Shared {
  readonly share: Share;
  /** How many diagnoses are in it now. */
  readonly diagnoses: number;
}

export interface SharesParts {
  readonly rules: PolicyObject;
  readonly knowledge: KnowledgeStore;
  readonly clock: Pick<Clock, "now">;
  readonly ids: Ids;
}

const DAY_MS = 86_400_000;
const USUAL_MS = 90 * DAY_MS;
const LONGEST_MS = 366 * DAY_MS;

/** Lets others have what is in the collection, as far as the giver may share and do it themselves at that time. */
export async function shareCollection(
  { rules, knowledge, clock, ids }: SharesParts,
  { rights, by, ...asked }: ShareAsked & { readonly by: Who; readonly rights: Rights },
  { signal }: CallOptions = {},
): Promise<Shared> {
  const mine = rights.permits("knowledge:share");
  const now = clock.now();
  const share: Share = {
    id: ids.next(),
    version: 1,
    ...(asked.title === undefined ? {} : { title: asked.title }),
    ...{ collection: asked.collection, with: [...asked.with], right: asked.right },
    by: { id: by.id, kind: by.kind },
    created: new Date(now).toISOString(),
    expires: new Date(endOf(asked.expires, now)).toISOString(),
  };
  await rules.change(
    ({ policy, shares }) => {
      for (const name of share.with) checkName(name, policy);
      return { shares: [...shares, share] };
    },
    { signal },
  );
  const { total } = await knowledge.list({
    limit: 1,
    permits: (record) => isIn(share.collection, record) && (mine?.(record) ?? true),
    signal,
  });
  return { share, diagnoses: total };
}

/** What one gave or got; those who may read the policy see all. */
export async function listShares(
  { rules }: SharesParts,
  { who, rights }: { readonly who: Who; readonly rights: Rights },
  call?: CallOptions,
): Promise<readonly Share[]> {
  const { policy, shares } = await rules.read(call);
  if (rights.canStore("knowledge:read-policy")) return shares;
  const names = namesOf(policy, who);
  return shares.filter((share) => isBy(share, who) || share.with.some((name) => names.has(name)));
}

/** Ends it at once. The record of it stays. Throws `not_found`. */
export async function revokeShare(
  { rules, clock }: SharesParts,
  { id, who, rights }: { readonly id: string; readonly who: Who; readonly rights: Rights },
  { signal }: CallOptions = {},
): Promise<Share> {
  let revoked: Share | undefined;
  await rules.change(
    ({ shares }) => {
      const found = shares.find((share) => share.id === id);
      const isTheirs = found && (isBy(found, who) || rights.canStore("knowledge:set-policy"));
      if (!isTheirs) throw noSuchShare(id);
      const at = new Date(clock.now()).toISOString();
      const end = found.revoked ?? { at, by: principalName(who) };
      revoked = { ...found, version: found.version + (found.revoked ? 0 : 1), revoked: end };
      return { shares: shares.map((share) => (share === found ? (revoked ?? share) : share)) };
    },
    { signal },
  );
  if (!revoked) throw noSuchShare(id);
  return revoked;
}

const isBy = ({ by }: Share, who: Who) => principalName(by) === principalName(who);

function noSuchShare(id: string): TrestleError {
  return new TrestleError(
    "not_found",
    `There is no share ${id} of yours: list_shares shows yours.`,
  );
}

function endOf(text: string | undefined, now: number): number {
  if (text === undefined) return now + USUAL_MS;
  const isDate = /^\d{4}-/.test(text.trim());
  const end = isDate ? Date.parse(text.trim()) : now + parseSpan(text, "expires");
  if (Number.isFinite(end) && end > now && end <= now + LONGEST_MS) return end;
  throw new TrestleError(
    "invalid_input",
    `expires must be a span or a date within the next 366 days (30d, 2027-01-31), not "${text.slice(0, 100)}".`,
  );
}

/** A name that nobody has would be taken by whoever gets it later. Throws `invalid_input`. */
function checkName(name: string, { teams, roles }: AccessPolicy): void {
  const [, kind = "", rest = ""] = /^(team|role|key|subject):([^*]+)$/.exec(name) ?? [];
  const isKnown =
    (kind === "team" && Object.hasOwn(teams, rest)) ||
    (kind === "role" && (Object.hasOwn(ROLES, rest) || Object.hasOwn(roles, rest))) ||
    (kind === "key" || kind === "subject" ? rest !== "" : false);
  if (isKnown || name === "local") return;
  const known = Object.keys(teams).map((team) => `team:${team}`);
  throw new TrestleError(
    "invalid_input",
    `"${name}" is nobody that something can be shared with: name a key (key:abc), a subject (subject:ana), a role (role:reader), or a team of the access policy (${known.join(", ") || "it has none yet"}).`,
  );
}

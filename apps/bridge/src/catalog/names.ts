import { createHash } from "node:crypto";

/** What every host accepts in a tool's name. */
const ALLOWED = /[^A-Za-z0-9_-]/g;
const HASH_LENGTH = 6;

export type PrefixMode = "always" | "on-collision" | "never";

export interface NameRules {
  readonly prefix: PrefixMode;
  /** Longest exposed name, in characters. */
  readonly maxLength: number;
}

/** One thing to be named: who offers it, and what that upstream calls it. */
export interface Named {
  readonly server: string;
  readonly name: string;
  /** Prefixed whatever the rules say. */
  readonly alwaysPrefixed?: boolean;
}

/**
 * Gives each item a name that every host accepts and that is the same after a restart: it depends on the
 * set of items, never on their order of arrival. Names are kept in a map and never parsed back. A name that
 * several would get is that of the one which is called so exactly, or nobody's: the others carry a hash of
 * their own, so that a tool that comes or goes never gives another's name a new meaning.
 */
export function exposeNames<Item extends Named>(
  items: readonly Item[],
  rules: NameRules,
): Map<string, Item> {
  const sorted = items.toSorted((a, b) => compare(a.server, b.server) || compare(a.name, b.name));
  const shared = rules.prefix === "on-collision" ? namesOfSeveral(sorted) : new Set<string>();
  const isPrefixed = ({ name, alwaysPrefixed }: Item): boolean =>
    rules.prefix === "always" || alwaysPrefixed === true || shared.has(safe(name));
  const wantedBy = (item: Item): string =>
    isPrefixed(item) ? `${item.server}__${item.name}` : item.name;
  // Those that carry their server's name come first, the bridge's own before all: nobody can take that away.
  const rank = (item: Item): number =>
    item.alwaysPrefixed === true ? 0 : isPrefixed(item) ? 1 : 2;
  const ranked = sorted.toSorted((a, b) => rank(a) - rank(b));
  const nameOf = new Map<Item, string>();
  for (const [name, claimants] of Map.groupBy(ranked, (item) => fit(wantedBy(item), rules))) {
    const [first] = claimants;
    const owner =
      claimants.length === 1 ? first : claimants.find((item) => wantedBy(item) === name);
    if (owner) nameOf.set(owner, name);
  }
  const taken = new Set(nameOf.values());
  for (const item of ranked) {
    if (nameOf.has(item)) continue;
    let name = withHash(item, wantedBy(item), 0, rules);
    for (let round = 1; taken.has(name); round += 1) {
      name = withHash(item, wantedBy(item), round, rules);
    }
    taken.add(name);
    nameOf.set(item, name);
  }
  return new Map(sorted.map((item) => [nameOf.get(item) ?? item.name, item]));
}

/** What was done to a name so that every host accepts it; nothing where it is as its server has it. */
export function renamingOf(
  { server, name }: Named,
  exposed: string,
  maxLength: number,
): string | undefined {
  if (exposed === name || exposed === `${server}__${name}`) return undefined;
  const whole = exposed.startsWith(`${server}__`) ? `${server}__${name}` : name;
  const why =
    safe(whole) !== whole
      ? "has characters that hosts refuse"
      : whole.length > maxLength
        ? `is longer than ${maxLength} characters`
        : "is that of another tool, too";
  return `the name ${JSON.stringify(name.slice(0, 80))} ${why}: it is offered as "${exposed}"`;
}

function namesOfSeveral(items: readonly Named[]): Set<string> {
  const seen = new Map<string, string>();
  const several = new Set<string>();
  for (const { server, name } of items) {
    const owner = seen.get(safe(name));
    if (owner !== undefined && owner !== server) several.add(safe(name));
    seen.set(safe(name), server);
  }
  return several;
}

function fit(wanted: string, { maxLength }: NameRules): string {
  const name = safe(wanted);
  return name.length <= maxLength ? name : marked(wanted, wanted, maxLength);
}

function withHash(
  { server, name }: Named,
  wanted: string,
  round: number,
  { maxLength }: NameRules,
): string {
  return marked(wanted, `${server}\n${name}\n${round}`, maxLength);
}

function marked(wanted: string, source: string, maxLength: number): string {
  const hash = createHash("sha256").update(source).digest("hex").slice(0, HASH_LENGTH);
  return `${safe(wanted).slice(0, maxLength - HASH_LENGTH - 1)}_${hash}`;
}

/** An upstream may even give a tool no name at all. */
function safe(name: string): string {
  return name.replaceAll(ALLOWED, "_") || "_";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

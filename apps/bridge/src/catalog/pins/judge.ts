import type { JsonObject } from "@trestle/protocol";
import { itemsOf, keyOf, type PinItem, type PinKind, type PinnedLists } from "./items.ts";
import { definitionOf, type Pin, type ServerPins } from "./lock-text.ts";
import type { Finding } from "./scan.ts";

/** `off` looks at nothing, `warn` serves and reports, `block` keeps the approved list, `quarantine` takes it out. */
export type PinMode = "off" | "warn" | "block" | "quarantine";

export interface PinRules {
  readonly mode: PinMode;
  /** `block`: what has findings is withheld until somebody approves it, whatever the mode. */
  readonly scan: "off" | "warn" | "block";
}

/**
 * `changed`: other than it was pinned; `new`: of a server that is pinned; `suspect`: as it was first seen,
 * with findings that nobody has approved; `unverified`: what was approved cannot be read.
 */
export type PinState = "changed" | "new" | "suspect" | "unverified";

/** A definition that waits for somebody to approve it. */
export interface Waiting extends PinItem {
  readonly state: PinState;
  readonly findings: readonly Finding[];
  /** As it was pinned, where that is kept. */
  readonly before?: JsonObject;
  readonly isWithheld: boolean;
}

/** Why a tool or prompt is not called, and whether it stays in the lists as it was approved. */
export interface Withheld {
  readonly reason: string;
  readonly isListed: boolean;
}

/** One server's definitions beside its pins. */
export interface Judged {
  /** To be served in the place of the server's own. */
  readonly lists: PinnedLists;
  readonly withheldTools: ReadonlyMap<string, Withheld>;
  readonly withheldPrompts: ReadonlyMap<string, Withheld>;
  readonly waiting: readonly Waiting[];
  /** Pinned, and no longer offered. */
  readonly gone: readonly Pick<PinItem, "kind" | "name">[];
  readonly pinned: number;
}

export interface JudgeParts {
  readonly server: string;
  readonly rules: PinRules;
  /** Of this server; nothing where what was approved cannot be read. */
  readonly pins: ServerPins | undefined;
  /** What is found in a definition that nobody has approved. */
  readonly findingsOf: (item: PinItem) => readonly Finding[];
  /** What it has to do with tools of other servers. */
  readonly shadowsOf: (item: PinItem) => readonly Finding[];
}

export function judge(lists: PinnedLists, parts: JudgeParts): Judged {
  const { pins, server } = parts;
  const items = itemsOf(lists);
  const waiting = items.flatMap((item) => waitingOf(item, pins?.get(keyOf(item)), parts));
  const withheld = waiting.filter(({ isWithheld }) => isWithheld);
  const stays = (each: Waiting): boolean =>
    parts.rules.mode === "block" && each.before !== undefined;
  const of = (kind: PinKind): ReadonlyMap<string, Withheld> =>
    new Map(
      withheld
        .filter((each) => each.kind === kind)
        .map((each) => [each.name, { reason: reasonOf(each, server), isListed: stays(each) }]),
    );
  const offered = new Set(items.map(keyOf));
  const gone = [...(pins?.keys() ?? [])].filter((key) => !offered.has(key)).map(itemNamed);
  return {
    lists: withheld.length === 0 ? lists : servedOf(lists, withheld, stays),
    withheldTools: of("tool"),
    withheldPrompts: of("prompt"),
    waiting,
    gone,
    pinned: pins?.size ?? 0,
  };
}

function waitingOf(item: PinItem, pin: Pin | undefined, parts: JudgeParts): Waiting[] {
  const { rules, pins } = parts;
  const isKnown = pin?.hash === item.hash;
  if (isKnown && pin.approved) return [];
  const findings = rules.scan === "off" ? [] : findingsIn(item, isKnown ? pin : undefined, parts);
  // Rules of finding change, and so do the other servers; what is not found any more waits for nobody.
  if (isKnown && findings.length === 0) return [];
  const state = pins === undefined ? "unverified" : isKnown ? "suspect" : pin ? "changed" : "new";
  const isUnapproved = state !== "suspect" && rules.mode !== "warn";
  const isWithheld = isUnapproved || (rules.scan === "block" && findings.length > 0);
  const before = pin && !isKnown ? definitionOf(pin) : undefined;
  return [{ ...item, state, findings, isWithheld, ...(before && { before }) }];
}

/** A definition that was clean when it was pinned is so by itself; beside what servers came since it may not be. */
function findingsIn(
  item: PinItem,
  pin: Pin | undefined,
  { findingsOf, shadowsOf }: JudgeParts,
): readonly Finding[] {
  const wasClean = pin !== undefined && pin.findings === undefined && pin.unscanned !== true;
  return wasClean ? shadowsOf(item) : [...findingsOf(item), ...shadowsOf(item)];
}

/**
 * What is withheld stands as it was approved, or with no more than its name, under which it is refused:
 * none of its words reaches anybody.
 */
function servedOf(
  { tools, prompts, instructions }: PinnedLists,
  withheld: readonly Waiting[],
  stays: (each: Waiting) => boolean,
): PinnedLists {
  const stand = new Map(
    withheld.map((each) => {
      const bare: JsonObject = each.kind === "instructions" ? {} : { name: each.name };
      return [keyOf(each), (stays(each) && each.before) || bare] as const;
    }),
  );
  const served = (kind: PinKind) => (definition: JsonObject) =>
    stand.get(keyOf({ kind, name: String(definition.name) })) ?? definition;
  const words = stand.get(keyOf({ kind: "instructions", name: "instructions" }));
  const said = words ? words.instructions : instructions;
  return {
    tools: tools.map(served("tool")),
    prompts: prompts.map(served("prompt")),
    ...(typeof said === "string" ? { instructions: said } : {}),
  };
}

/** Whom a call is refused may be a model: a name that could be a sentence is not told either. */
const PLAIN_NAME = /^[\w./:-]{1,64}$/;

function reasonOf({ kind, name, state }: Waiting, server: string): string {
  const isPlain = PLAIN_NAME.test(name);
  const place = isPlain ? `${server}.${name}` : server;
  const what = isPlain ? `The ${kind} ${place}` : `This ${kind} of ${server}`;
  const how = {
    changed: "was changed by its server since it was approved",
    new: "was added by its server, and nobody has approved it",
    suspect:
      "holds what looks like hidden instructions, or like a tool of another server, and nobody has approved it",
    unverified: "cannot be compared with what was approved",
  }[state];
  const next =
    state === "unverified"
      ? "Mend the lock file: `trestle doctor` says what is wrong with it."
      : `Whoever runs the bridge sees it with \`trestle pins diff ${place}\` and lets it be used with \`trestle pins approve ${place}\`.`;
  return `${what} ${how}: it is not used. ${next}`;
}

function itemNamed(key: string): Pick<PinItem, "kind" | "name"> {
  const at = key.indexOf(" ");
  return { kind: key.slice(0, at) as PinKind, name: key.slice(at + 1) };
}

import { type JsonObject, matchesGlob, TrestleError } from "@trestle/protocol";

/** Something that happened. */
export interface HubEvent {
  /** One sequence for all topics of a hub: it only grows, and numbers may be left out. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly topic: string;
  readonly payload: JsonObject;
  /** Who told it, where it is not the hub's owner. */
  readonly source?: string;
  /** Where it happened, of several that share their events. */
  readonly replica?: string;
}

/** Numbers that a subscriber will never see, both ends included; from 0 where nobody knows how many. */
export interface HubGap {
  readonly from: number;
  readonly to: number;
}

export type HubMessage =
  | { readonly kind: "event"; readonly event: HubEvent }
  | { readonly kind: "gap"; readonly gap: HubGap };

/** Where a message stands in the sequence. */
export function seqOf(message: HubMessage): number {
  return message.kind === "event" ? message.event.seq : message.gap.to;
}

const MAX_PATTERNS = 100;
const MAX_PATTERN_LENGTH = 256;

/**
 * Which topics are wanted: patterns in which `*` stands for any run of characters. Throws
 * `invalid_input` for what is no list of patterns.
 */
export function createTopicFilter(patterns: readonly unknown[]): (topic: string) => boolean {
  const isGood = (pattern: unknown): pattern is string =>
    typeof pattern === "string" && pattern !== "" && pattern.length <= MAX_PATTERN_LENGTH;
  const good = patterns.filter(isGood);
  if (good.length !== patterns.length || good.length === 0 || good.length > MAX_PATTERNS) {
    throw new TrestleError(
      "invalid_input",
      `topics must be 1 to ${MAX_PATTERNS} texts of at most ${MAX_PATTERN_LENGTH} characters; "*" is every topic.`,
    );
  }
  const known = new Map<string, boolean>();
  return (topic) => {
    const verdict = known.get(topic) ?? good.some((pattern) => matchesGlob(pattern, topic));
    // The same few topics are asked for again and again, some of them with every call.
    if (known.size < MAX_KNOWN) known.set(topic, verdict);
    return verdict;
  };
}

const MAX_KNOWN = 1_000;

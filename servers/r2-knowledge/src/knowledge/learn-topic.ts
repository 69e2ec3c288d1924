import { conflictsOf, gapsOf, type TopicItem } from "../learning/topic.ts";
import type { Found, SimilarOptions, Topic } from "./knowledge-store.ts";
import type { Meter } from "./meter.ts";
import type { Parts } from "./parts.ts";
import { MOST_RANKED, searchDiagnoses } from "./search-diagnoses.ts";

/** What fits a topic less than so much of the best is about something else. */
const LEAST_SHARE = 0.5;

/** What is known about a subject: the best of it, where it contradicts itself, and what nobody knows yet. */
export async function learnTopic(
  parts: Parts & { readonly meter: Meter },
  topic: string,
  { limit = 10, ...options }: SimilarOptions = {},
): Promise<Topic> {
  const { hits, facets } = await searchDiagnoses(parts, {
    ...options,
    text: topic,
    limit: MOST_RANKED,
  });
  const text = ({ explanation }: Found) => explanation.parts[0]?.value ?? 0;
  const best = Math.max(0, ...hits.map(text));
  const about = hits.filter((hit) => text(hit) >= best * LEAST_SHARE);
  const items = about.map((hit) => toItem(parts, hit));
  return {
    topic,
    total: about.length,
    best: about.slice(0, limit),
    conflicts: conflictsOf(items),
    gaps: gapsOf(items, parts.clock.now()),
    facets,
  };
}

function toItem({ indexes }: Parts, found: Found): TopicItem {
  const { id, name, message, fix, context, confidence, at } = found;
  const error = [name, message.slice(0, 120)].filter((text) => text !== "").join(": ");
  const { fingerprint } = indexes.diagnoses.rows.get(id) ?? {};
  return { id, error, fingerprint, fix, context, confidence, at };
}

import { stemOf } from "./words.ts";

/** What a request wants done, and what a tool does, in a few kinds. A word may be of several. */
const ACTIONS: readonly string[] = [
  // Reads.
  "open get list read show describe retrieve fetch view find search query count inspect explain check look see display tell info details status stats history logs analyze discover verify wait log print snapshot screenshot audit",
  // Makes.
  "create add new make insert register provision post write put save store upload push start set build generate open send reply comment append submit install begin need give remember attach publish",
  // Changes.
  "update edit modify change set patch rename move replace configure put write alter adjust tweak upgrade scale switch overwrite rollout apply toggle resize merge call",
  // Removes.
  "delete remove drop clear destroy erase forget uninstall cleanup wipe discard rid tidy teardown detach unbind cancel",
  // Does.
  "run execute call invoke trigger start deploy launch evaluate exec perform do eval kick crawl scrape extract apply resume ship record begin simulate click press type fill drag hover",
  // Ends.
  "stop end close cancel finish pause disconnect quit terminate halt hang done release",
];

/** A request that begins so asks for something to be told. */
const QUESTION =
  /^(?:what|which|who|whose|where|when|why|how|is|are|was|were|did|does|do|has|have|any|show|list|give me|tell me)\b/i;

const READS = 1;

const kindsByStem = new Map<string, number>();
for (const [kind, words] of ACTIONS.entries()) {
  for (const stem of words.split(" ").map(stemOf)) {
    kindsByStem.set(stem, (kindsByStem.get(stem) ?? 0) | (1 << kind));
  }
}

/** The kinds of the first word that has any, as bits; 0 for none. */
export function kindsOf(stems: readonly string[]): number {
  for (const stem of stems) {
    const found = kindsByStem.get(stem);
    if (found !== undefined) return found;
  }
  return 0;
}

/** What a request wants, as bits. */
export function wantedKinds(request: string, stems: readonly string[]): number {
  return QUESTION.test(request.trim()) ? READS : kindsOf(stems);
}

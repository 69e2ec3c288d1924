import type { ReplyPart, TrackedRecord } from "../model/record.ts";
import { createRecent } from "../transcripts/recent.ts";
import { coverage, subjectTokens } from "./subject.ts";
import { type Moment, type OpenTaskRule, remembered } from "./task-rule.ts";
import { type Unfinished, unfinishedWords } from "./unfinished-words.ts";

const MOST_OPEN = 50;
/** The end of a long reply says what is left. */
const MAX_REPLY = 20_000;
/** Of a subject's words, in a sentence that says that something is done. */
const LEAST_COVERAGE = 0.6;
const DONE =
  /\b(?:done|fixed|implemented|added|updated|completed?|finished|resolved|now (?:works?|pass(?:es)?|handles?)|pass(?:es|ing)?|wrote|written|removed|merged|deployed|covered)\b|✅/i;
/** Everything that was open is done. */
const ALL_DONE =
  /\ball (?:is )?done\b|\b(?:all|everything)(?: [\w-]+){0,4} (?:is|are|has been|have been) (?:now )?(?:done|complete[d]?|finished|implemented)\b|\bthe (?:entire|whole) [^.\n]{0,80} is (?:now )?(?:done|complete|finished)\b/i;
const GO_ON =
  /^(?:(?:yes|yep|ok(?:ay)?|sure|please|great|good|perfect|thanks)[,.! ]*)*(?:continue|go ahead|go on|proceed|carry on|keep going|do (?:it|that|them|so|all)|finish (?:it|that|them|the rest)|fix (?:it|that|them|those))\b/i;

/** What the last reply said, until it is sure that it was the last. */
interface Waiting {
  readonly recordId: string;
  readonly found: readonly Unfinished[];
  /** Words of sentences that say that something is done. */
  readonly done: readonly string[];
  readonly isAllDone: boolean;
}

/**
 * What the last reply of a turn says is unfinished. It is done when a later one says so, and superseded when a person
 * said to go on and the next last reply names it no longer.
 */
export const lastWords: OpenTaskRule = (memory) => {
  const open = createRecent<string>(MOST_OPEN, remembered(memory, "open"));
  let waiting = memory.waiting as Waiting | undefined;
  let isGoingOn = memory.isGoingOn === true;

  function endTurn({ record, tasks }: Moment, last: Waiting): void {
    const shownBy = last.recordId === record.id ? {} : { shownBy: last.recordId };
    const named = new Set<string>();
    for (const { subject, status, confidence } of last.found) {
      const id = tasks.identify(subject);
      named.add(id);
      if (open.get(id) !== undefined) continue;
      open.set(id, subject);
      tasks.say(id, { source: "unfinished-words", subject, status, confidence, ...shownBy });
    }
    for (const [id, subject] of open.entries()) {
      if (named.has(id)) continue;
      const isDone =
        last.isAllDone ||
        last.done.some(
          (words) => coverage(subjectTokens(subject), subjectTokens(words)) >= LEAST_COVERAGE,
        );
      if (!isDone && !isGoingOn) continue;
      open.delete(id);
      const status = isDone ? "done" : "superseded";
      tasks.say(id, {
        source: "unfinished-words",
        status,
        confidence: isDone ? 0.7 : 0.5,
        ...shownBy,
      });
    }
    isGoingOn = false;
  }

  return {
    take: (moment) => {
      const { record, endsTurn } = moment;
      const replies = record.parts.filter(
        (part) => part.kind === "reply" && part.thinking !== true,
      );
      if (replies.length > 0) waiting = readReplies(record, replies as ReplyPart[]);
      if (endsTurn && waiting !== undefined) {
        endTurn(moment, waiting);
        waiting = undefined;
      }
      const prompt = record.parts.find(({ kind }) => kind === "prompt");
      if (prompt?.kind === "prompt") isGoingOn = GO_ON.test(prompt.text.trim());
    },
    memory: () =>
      waiting === undefined && !isGoingOn && open.entries().length === 0
        ? undefined
        : { waiting, isGoingOn, open: open.entries() },
  };
};

function readReplies({ id }: TrackedRecord, replies: readonly ReplyPart[]): Waiting {
  const text = replies
    .map((reply) => reply.text)
    .join("\n")
    .slice(-MAX_REPLY);
  const done = text.split(/\n|(?<=[.!?])\s/).filter((sentence) => DONE.test(sentence));
  const found = unfinishedWords(text);
  return {
    recordId: id,
    found,
    done: done.slice(0, 40).map((each) => each.slice(0, 300)),
    isAllDone: found.length === 0 && ALL_DONE.test(text),
  };
}

import { cleanSubject } from "./subject.ts";
import type { OpenTaskRule } from "./task-rule.ts";

interface Asked {
  readonly recordId: string;
  readonly subject: string;
  /** Something was said to it, and not interrupted. */
  readonly isAnswered: boolean;
}

/** Says thanks, or yes, and wants nothing. */
const NO_REQUEST =
  /^(?:thanks?(?: you)?|great|perfect|nice|cool|awesome|good(?: job)?|ok(?:ay)?|yes|no|hi|hello|bye|this is (?:really |very )?(?:helpful|great))\b[^?]{0,40}$/i;

/** Says what its speaker is at, without a question and without trouble. */
const REPORT = /^\w{2,}ing\b(?!.*(?:\?|\b(?:not|n't|fail|error|broken|wrong|cannot|can't)))/i;

/** A request that nobody answered before the session ended; answered later, it is done. */
export const unansweredRequests: OpenTaskRule = (memory) => {
  let asked = memory.asked as Asked | undefined;
  let left = memory.left as string | undefined;

  return {
    take: ({ record, endsTurn, endsSession, tasks }) => {
      for (const part of record.parts) {
        if (part.kind === "prompt") asked = askedBy(record.id, part.text);
        if (asked === undefined) continue;
        if (part.kind === "reply" && part.thinking !== true) asked = { ...asked, isAnswered: true };
        const isFault =
          part.kind === "notice" && (part.notice === "interrupted" || part.notice === "api_error");
        if (isFault) asked = { ...asked, isAnswered: false };
      }
      if (!endsTurn || record.parts.some(({ kind }) => kind === "prompt")) return;
      if (endsSession && asked !== undefined && !asked.isAnswered) {
        const { subject, recordId } = asked;
        left = tasks.identify(subject);
        tasks.say(left, {
          source: "unanswered-request",
          subject,
          status: "open",
          confidence: 0.8,
          shownBy: recordId,
        });
      } else if (!endsSession && left !== undefined) {
        tasks.say(left, { source: "unanswered-request", status: "done", confidence: 0.6 });
        left = undefined;
      }
      asked = undefined;
    },
    memory: () => (asked === undefined && left === undefined ? undefined : { asked, left }),
  };
};

function askedBy(recordId: string, text: string): Asked | undefined {
  const sentences = text.split(/\n|(?<=[.!?])\s/).map((each) => each.trim());
  const wishes = sentences.filter(
    (each) => each !== "" && !NO_REQUEST.test(each) && !REPORT.test(each),
  );
  const request = wishes.find((each) => each.endsWith("?")) ?? wishes[0];
  if (request === undefined) return undefined;
  return { recordId, subject: cleanSubject(request), isAnswered: false };
}

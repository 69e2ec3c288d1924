import { cleanSubject } from "./subject.ts";

/** Something that a text says is not done. */
export interface Unfinished {
  readonly subject: string;
  readonly status: "open" | "blocked";
  readonly confidence: number;
}

const MOST = 20;
const BULLET = /^\s{0,6}(?:[-*+•]|\d{1,2}[.)])\s+(.+)$/;
const UNTICKED = /^\s{0,6}(?:[-*+]|\d{1,2}[.)])\s+\[ \]\s+(.+)$/;
const TICKED = /\[[xX]\]|[✅✓✔☑]|~~|\((?:done|complete[d]?)\)|:?\s(?:done|completed)\.?$/i;
/** A line that says that what follows is not done. */
const HEADING =
  /^(?:#{1,6}\s+|\*\*|__)?\s*(?:[^\p{L}\p{N}#*]{1,3}\s*)?(?:what(?:'s| is| still)? (?:left|remains|missing)|(?:the )?remaining(?: work| tasks?| items?| steps?| issues?| points?)?(?: (?:is|are))?|still (?:to do|open|missing|pending|left|needed)|left to do|to-?dos?|to do|not (?:yet )?(?:done|implemented|finished|covered|tested|fixed)(?: yet)?|open (?:items|points|tasks|work)|outstanding(?: work| items| tasks| issues)?|unfinished(?: work)?|pending(?: work| tasks?| items?)?|follow[- ]?ups?(?: needed| required)?|(?:things |what )?I (?:did not|didn't|have not|haven't)(?: \w+){0,5})\s*(?:\([^)]{0,40}\))?\s*:?\s*(?:\*\*|__)?\s*:?\s*$/iu;
/** The same, with what is left on the line itself. */
const INLINE =
  /^(?:\*\*)?(?:remaining|left to do|still (?:to do|open|missing)|to-?do|todo|not (?:yet )?done|outstanding)(?:\*\*)?:(?:\*\*)?\s+(.{4,})$/i;
const WORK =
  "(?:implement|add|test|run|verif|finish|fix|updat|writ|complet|cover|handl|migrat|check|reproduc|address|wir|document|commit|push|deploy|merg|connect|port|convert|clean|refactor|investigat|validat|remov|replac|install|configur|build|creat|resolv)\\w*";
const SENTENCES: readonly {
  readonly pattern: RegExp;
  readonly status: "open" | "blocked";
  readonly confidence: number;
}[] = [
  {
    pattern:
      /\b(?:blocked (?:by|on)|waiting (?:for|on) (?:your|the|a|an|access|approval|credentials))\b/i,
    status: "blocked",
    confidence: 0.7,
  },
  {
    pattern: new RegExp(
      `\\b(?:I|we) (?:still (?:need|have) to|have yet to|(?:have not|haven't|did not|didn't|could not|couldn't|was not able to|wasn't able to|were unable to|was unable to)(?: yet| fully| manage to| get to| be able to)*) ${WORK}`,
      "i",
    ),
    status: "open",
    confidence: 0.8,
  },
  {
    pattern: new RegExp(
      `\\b(?:still (?:needs?|has|have)|remains?|is yet|are yet|has yet|have yet) to be ${WORK}`,
      "i",
    ),
    status: "open",
    confidence: 0.8,
  },
  {
    pattern: new RegExp(
      `\\b(?:is|are|was|were|has|have) (?:still )?(?:not (?:yet )?(?:been )?|n't (?:yet )?(?:been )?)${WORK.replace("\\w*", "(?:ed|ten|t)?\\w*")}(?: yet)?\\b.*\\byet\\b|\\bnot yet (?:been )?${WORK}`,
      "i",
    ),
    status: "open",
    confidence: 0.75,
  },
  {
    pattern:
      /\b(?:tests?|build|checks?|cases?|suite)\b[^.]{0,60}\bstill (?:fail|failing|fails|broken|red)\b|\bstill failing\b/i,
    status: "open",
    confidence: 0.8,
  },
  {
    pattern:
      /\bleft (?:as (?:a )?)?TODOs?\b|\b(?:stubbed out|left (?:it |this |that )?unfinished|remains unfinished|(?:is|are) still missing)\b/i,
    status: "open",
    confidence: 0.75,
  },
];
/** Says that nothing is left, that it only may be, or asks. */
const HARMLESS =
  /\b(?:no longer|nothing|none|no (?:remaining|outstanding|open)|not needed|no need|on purpose|intentional(?:ly)?|as (?:expected|requested|you asked)|before (?:this|my) (?:change|fix)|previously|used to|would (?:be|have)|could (?:also|be)|might|if you|if we|unless|whether|earlier|originally|was(?:n't| not) yet)\b|\?\s*$|^(?:if|when|once|should)\b/i;

/** What the last words of an agent say is not done: unticked boxes, lists under such a heading, and sentences. */
export function unfinishedWords(text: string): readonly Unfinished[] {
  const found = new Map<string, Unfinished>();
  let isListed = false;
  for (const line of proseLines(text)) {
    const bullet = BULLET.exec(line)?.[1];
    const box = UNTICKED.exec(line)?.[1];
    if (line.trim() === "") continue;
    if (bullet === undefined) isListed = HEADING.test(line.trim());
    if (isListed && bullet === undefined) continue;
    const item = box ?? (isListed ? bullet : undefined);
    const all =
      item === undefined
        ? spoken(bullet ?? line)
        : TICKED.test(item)
          ? []
          : [open(item, box === undefined ? 0.8 : 0.9)];
    for (const each of all) {
      if (each.subject.length >= 4 && found.size < MOST)
        found.set(each.subject.toLowerCase(), each);
    }
  }
  return [...found.values()];
}

function open(item: string, confidence: number): Unfinished {
  return { subject: cleanSubject(item), status: "open", confidence };
}

function spoken(line: string): readonly Unfinished[] {
  const inline = INLINE.exec(line.trim())?.[1];
  if (inline !== undefined && !HARMLESS.test(inline)) return [open(inline, 0.75)];
  return line.split(/(?<=[.!?])\s+(?=[A-Z`*"])/).flatMap((sentence): Unfinished[] => {
    if (HARMLESS.test(sentence.trim())) return [];
    const rule = SENTENCES.find(({ pattern }) => pattern.test(sentence));
    if (rule === undefined) return [];
    const { status, confidence } = rule;
    return [{ subject: cleanSubject(sentence), status, confidence }];
  });
}

/** Without code, quotations and tables, and of very long lines the begin. */
function proseLines(text: string): readonly string[] {
  let isCode = false;
  return text.split("\n").flatMap((line) => {
    if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode;
    if (isCode || /^\s*(?:```|~~~|>|\|)/.test(line)) return [];
    return [line.slice(0, 1_000)];
  });
}

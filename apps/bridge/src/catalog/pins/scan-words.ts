import { around, type TextFinding, withoutUnseen } from "./scan-characters.ts";

/** Finds words that tell a model what to do instead of telling what a tool does. */

interface WordRule {
  readonly rule: string;
  /** Takes time in proportion to the text, whatever stands in it: strangers write it. */
  readonly pattern: { readonly source: string; exec(text: string): Found | null };
}

interface Found {
  readonly index: number;
  readonly 0: string;
}

const THINGS =
  "(?:instructions?|prompts?|rules?|guidelines?|directives?|messages?|constraints?|safety (?:rules|guidelines)|restrictions?)";
const PEOPLE =
  "(?:the |your |this |any )?(?:users?|humans?|person|people|operators?|developers?|anyone)";
const KEPT =
  "(?:system prompt|conversation(?: history)?|chat (?:history|logs?)|message history|private keys?|ssh keys?|credentials|api keys?|passwords?|access tokens?|env(?:ironment)? variables)";
const SECRET_FILES =
  "(?:~\\/\\.(?:ssh|aws|gnupg|kube|docker|netrc|npmrc|cursor|claude|config\\/gcloud)\\b|\\bid_(?:rsa|ed25519|ecdsa|dsa)\\b|\\/etc\\/(?:passwd|shadow)\\b|\\bmcp\\.json\\b|\\bclaude_desktop_config\\.json\\b|(?<![\\w.])\\.env\\b)";

const RULES: readonly WordRule[] = [
  {
    rule: "asks to set other instructions aside",
    pattern: new RegExp(
      `\\b(?:ignore|disregard|forget|override|bypass|do not follow|don't follow)\\b(?: (?:all|any|every|each|of|the|your|my|these|those|other|previous|prior|preceding|above|earlier|existing|former|system|original|previously given)){1,6} ${THINGS}\\b`,
    ),
  },
  {
    rule: "asks to keep something from the user",
    pattern: new RegExp(
      `\\b(?:do not|don't|never|must not|should not|without|avoid)\\b (?:ever )?(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|reveal(?:ing)?|show(?:ing)?|notify(?:ing)?|disclos(?:e|ing)|alert(?:ing)?|let(?:ting)?|explain(?:ing)?)\\b(?: (?:this|it|that|these|any of this|anything|about|the|to|tool|call|step|action|file|details?|content|of)){0,6} ${PEOPLE}\\b(?! (?:ids?|names?|inputs?|data|passwords?|email)\\b)`,
    ),
  },
  {
    rule: "asks to keep something from the user",
    pattern: new RegExp(
      `\\b(?:keep|hide|conceal)\\b (?:this|it|that|these|them)\\b.{0,20}\\b(?:from ${PEOPLE}|secret|hidden|confidential)\\b`,
    ),
  },
  {
    rule: "asks for files that hold secrets",
    pattern: new RegExp(
      `\\b(?:read|open|cat|load|fetch|include|send|pass|provide|append|attach|copy|upload|contents? of)\\b[^.]{0,60}${SECRET_FILES}`,
    ),
  },
  {
    rule: "asks to hand on what is confidential",
    pattern: new RegExp(
      `\\b(?:send|forward|upload|post|transmit|leak|exfiltrate|pass|include|put|append|embed|copy)\\b (?:also |the |your |all |any |whole |entire |full |complete |current |previous ){1,4}${KEPT}\\b`,
    ),
  },
  {
    rule: "is dressed as a message of the system",
    pattern:
      /<\/?(?:important|system|secrets?|hidden|instructions?|critical|assistant|admin|override|system[-_ ]?prompt)\s*>|\[\/?(?:inst|system)\]|<\|(?:im_start|im_end|system|endoftext)\|>|<<sys>>|(?:^|\n) ?#{0,4} ?(?:system|assistant) ?(?:prompt|message|note)? ?:\s*\S/,
  },
  { rule: "hides text in a comment", pattern: { source: "", exec: firstComment } },
  {
    rule: "makes the model put this before other tools",
    pattern:
      /\b(?:before|instead of|whenever|when) (?:you )?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?) (?:any|every|all|each) (?:of the )?(?:other )?tools?\b/,
  },
  { rule: "holds a long encoded text", pattern: /[a-z0-9+/]{160,}={0,2}/ },
];

/** As `/<!--.{8,}?-->/s`, which would look for the end from every beginning. */
function firstComment(text: string): Found | null {
  const index = text.indexOf("<!--");
  const end = index === -1 ? -1 : text.indexOf("-->", index + 12);
  return end === -1 ? null : { index, 0: text.slice(index, end + 3) };
}

export function findWords(text: string): TextFinding[] {
  // Short texts cannot say so much.
  if (text.length < 12) return [];
  const read = withoutUnseen(text).normalize("NFKC").replaceAll("’", "'").toLowerCase();
  const flat = read.replace(/[^\S\n]+/g, " ");
  const line = flat.replace(/\s+/g, " ");
  return RULES.flatMap(({ rule, pattern }) => {
    const subject = pattern.source.includes("\\n") ? flat : line;
    const match = pattern.exec(subject);
    return match ? [{ rule, excerpt: around(subject, match.index, match[0].length) }] : [];
  });
}

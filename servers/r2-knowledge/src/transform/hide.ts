import type { Redact } from "../records/redact.ts";
import { isRow, type Row, valueAt, withValue } from "./paths.ts";
import type { HiddenKind, Step } from "./steps.ts";

const HIDDEN = "[redacted]";

type RedactStep = Extract<Step, { redact: unknown }>["redact"];

/** What each kind looks like. None can look back far: the time is that of one reading. */
const KINDS: Readonly<Record<Exclude<HiddenKind, "secrets">, RegExp>> = {
  emails: /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g,
  addresses:
    /\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}(?![\w:])/gi,
  urls: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)\]}]+/gi,
  paths: /\b[a-z]:\\[^\s"'<>|:;,)]*|(?<![\w.#:/])(?:~|\.{1,2})?\/[\w.@%+~$-]+(?:\/[\w.@%+~$-]+)+/gi,
  ids: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9A-HJKMNP-TV-Z]{26}\b/gi,
};

/** Addresses of the web hold hosts and paths: they go first. */
const ORDER = ["urls", "emails", "addresses", "paths", "ids"] as const;

/** Hides fields, kinds of text and words in whatever text a row holds, however deep. */
export function createHider(
  { fields = [], kinds = [], texts = [] }: RedactStep,
  redact: Redact,
): (row: Row) => Row {
  const patterns = ORDER.filter((kind) => kinds.includes(kind)).map((kind) => KINDS[kind]);
  // The longest first, so that a word within another leaves nothing of it.
  const words = [...texts].sort((one, other) => other.length - one.length);
  const hasSecrets = kinds.includes("secrets");

  function hideText(text: string): string {
    let hidden = text;
    for (const pattern of patterns) hidden = hidden.replace(pattern, HIDDEN);
    for (const word of words) hidden = replaceFolded(hidden, word);
    return hidden;
  }

  function hideAll(value: unknown): unknown {
    if (typeof value === "string") return hideText(value);
    if (Array.isArray(value)) return value.map(hideAll);
    if (!isRow(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, hideAll(of)]));
  }

  return (row) => {
    const bare = fields.reduce(
      (now, at) => (valueAt(now, at) === undefined ? now : withValue(now, at, HIDDEN)),
      row,
    );
    const safe = hasSecrets ? redact(bare) : bare;
    return patterns.length + words.length === 0 ? safe : (hideAll(safe) as Row);
  };
}

/** Whatever its case. */
function replaceFolded(text: string, word: string): string {
  const escaped = word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return text.replace(new RegExp(escaped, "giu"), HIDDEN);
}

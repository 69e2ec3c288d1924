import { type HostText, parseHostText } from "./host-text.ts";
import { lineDiff } from "./line-diff.ts";
import { redact } from "./redact.ts";
import { hiddenValues } from "./secrets.ts";

/** A text as it was and as it is to be. */
export interface Difference {
  readonly format: "json" | "toml";
  readonly before: string;
  readonly after: string;
  /** Both as values; nothing where a text is empty. */
  readonly documents: readonly [before: unknown, after: unknown];
}

export function difference(before: string, after: string, where: HostText): Difference {
  const { format } = where;
  return {
    format,
    before,
    after,
    documents: [parseHostText(before, where), parseHostText(after, where)],
  };
}

/** Programs write files in one line, of which a person could not see what changes. */
const MAX_LINE = 160;

/** Its lines as a person reads them, `-`, `+` or a blank before each, without what nobody may be shown. */
export function shownLines({ format, documents, ...texts }: Difference): string[] {
  const hidden = hiddenValues(documents);
  const isLong =
    format === "json" && texts.before.split("\n").some(({ length }) => length > MAX_LINE);
  const [before = "", after = ""] = isLong
    ? documents.map((document) => JSON.stringify(document, null, 2))
    : [texts.before, texts.after];
  const lines = lineDiff(redact(before, format, hidden), redact(after, format, hidden));
  return lines.length === 0 && before !== after ? ["  (only in values that are not shown)"] : lines;
}

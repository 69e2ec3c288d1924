declare const SAFE: unique symbol;

/** Markup that may stand in a page as it is: only `html` makes it. */
export interface Markup {
  readonly text: string;
  readonly [SAFE]: true;
}

type Value = string | number | Markup | undefined | readonly Value[];

/**
 * Markup of a template. Whatever is put in is text and nothing else: records are written by anybody who can write to
 * the bucket, and a page that shows them must not run, load or hide a thing they say.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const text = parts.reduce((all, part, at) => all + toText(values[at - 1]) + part);
  return { text } as Markup;
}

function toText(value: Value): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeText(value);
  return Array.isArray(value) ? value.map(toText).join("") : (value as Markup).text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;" },
  ...{ '"': "&quot;", "'": "&#39;", "`": "&#96;" },
};

/** Control characters, and those that turn the direction of what stands around them or are not seen at all. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}]/gu;

function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(UNSEEN, "\uFFFD")
    .replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? "");
}

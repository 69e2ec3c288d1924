import { visible } from "./visible.ts";

/** Finds characters that a person does not see and a model reads. */

export interface TextFinding {
  readonly rule: string;
  /** The place, with everything in it made visible. */
  readonly excerpt: string;
}

/** The flag of a part of a country is a black flag, tags, and the tag that ends it. */
const FLAG = /\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{2,6}\u{E007F}/gu;
const TAGS = /[\u{E0000}-\u{E007F}]+/gu;
/** One selector after a character is a matter of style; several in a row carry bytes. */
const SELECTORS = /\p{Variation_Selector}{2,}/u;
const UNSEEN =
  /[\u00AD\u115F\u1160\u17B4\u17B5\u180E\u200B\u2060-\u2064\u206A-\u206F\u3164\uFFA0\uFFF9-\uFFFB]|\u034F|(?<!^)\uFEFF/u;
const JOINER = /(.)?[\u200C\u200D]/gsu;
/** What joiners shape: emoji, and letters of scripts that are written joined. */
const JOINED = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Variation_Selector}\p{L}\p{M}]/u;
const NEVER_JOINED = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}]/u;
const BIDI = /[\u202A-\u202E\u2066-\u2069]/u;
const MARKS = /[\u061C\u200E\u200F]/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;
const CONTROLS = /[^\P{Cc}\t\n\r]/u;
/** Most texts have none of these. */
const PLAIN = /^[\t\n\r\x20-\x7E]*$/;

export function findCharacters(text: string): TextFinding[] {
  if (PLAIN.test(text)) return [];
  const withoutFlags = text.replace(FLAG, "");
  const [tags] = withoutFlags.match(TAGS) ?? [];
  const found = (rule: string, match: { readonly index: number } | null | undefined) =>
    match ? [{ rule, excerpt: around(withoutFlags, match.index) }] : [];
  return [
    ...(tags ? [{ rule: "invisible text", excerpt: spelledOut(tags) }] : []),
    ...found("invisible text", SELECTORS.exec(withoutFlags)),
    ...found("invisible text", UNSEEN.exec(withoutFlags)),
    ...found("invisible text", looseJoiner(withoutFlags)),
    ...found("text that changes its direction", BIDI.exec(withoutFlags)),
    ...found(
      "text that changes its direction",
      RIGHT_TO_LEFT.test(withoutFlags) ? null : MARKS.exec(withoutFlags),
    ),
    ...found("control characters", CONTROLS.exec(withoutFlags)),
  ];
}

/** What a model reads: without what is between the letters to keep words from being found. */
export function withoutUnseen(text: string): string {
  return text
    .replace(TAGS, (tags) => spelledOut(tags))
    .replace(/[\p{Cf}\p{Variation_Selector}]|\u034F/gu, "");
}

/** Tags are ASCII that no font shows. */
function spelledOut(tags: string): string {
  return [...tags]
    .map((tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000))
    .filter((character) => character >= " " && character <= "~")
    .join("");
}

function looseJoiner(text: string): { readonly index: number } | undefined {
  return text
    .matchAll(JOINER)
    .find(([, before = ""]) => !JOINED.test(before) || NEVER_JOINED.test(before));
}

const AROUND = 30;

export function around(text: string, index: number, length = 1): string {
  const from = Math.max(0, index - AROUND);
  const to = Math.min(text.length, index + length + AROUND);
  const [start, end] = [from > 0 ? "…" : "", to < text.length ? "…" : ""];
  return `${start}${visible(text.slice(from, to).replace(/\s+/g, " ").trim())}${end}`;
}

/** A word of a text, folded: lower case, without marks. It stands at `start`, `end` in the text. */
export interface Word {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const WORD = /[\p{L}\p{N}\p{Co}\p{M}]+/gu;
const MARKS = /\p{M}/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: everything that has no marks
const ASCII = /^[\x00-\x7f]*$/;

/** Words as FTS5's `unicode61` finds them, so that both kinds of store find the same. */
export function* wordsOf(text: string): Generator<Word> {
  for (const found of text.matchAll(WORD)) {
    const word = foldWord(found[0]);
    if (word !== "") yield { word, start: found.index, end: found.index + found[0].length };
  }
}

function foldWord(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.normalize("NFD").replace(MARKS, "").toLowerCase();
}

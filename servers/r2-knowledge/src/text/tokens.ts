/** What a character is to a word. */
const OTHER = 0;
const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
/** Scripts that put no blanks between words: each character stands for itself. */
const IDEOGRAPH = 4;

const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z]/.test(character)) return LOWER;
  if (/[A-Z]/.test(character)) return UPPER;
  return /\d/.test(character) ? DIGIT : OTHER;
});

const HAS_MORE_THAN_ASCII = /[^\0-\x7f]/;
const MARKS = /\p{M}+/gu;
/** A longer one is data: base64, a hash. Its beginning tells it from others. */
const LONGEST = 32;
/** `utf8` and `s3` are one word, `server12` is two. */
const LONGEST_MIXED = 4;

/**
 * The words of a text in lower case, in their order. `camelCase`, `snake_case`, `a/path` and `HTTPServer12` are
 * taken apart; identities that mix letters and digits are left whole; accents are dropped.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  forEachWord(text, (word) => words.push(word));
  return words;
}

/** As `wordsOf`, and where each stands in the text: from `start` up to before `end`. */
export function forEachWord(
  text: string,
  visit: (word: string, start: number, end: number) => void,
): void {
  let start = 0;
  let changes = 0;
  let last = OTHER;
  // What is between two characters that belong to no word is cut where its kind changes.
  for (let at = 0; at <= text.length; at += 1) {
    const kind = at === text.length ? OTHER : kindAt(text, at);
    if (kind === OTHER || kind === IDEOGRAPH) {
      if (last !== OTHER) splitRun(text, start, at, changes, visit);
      if (kind === IDEOGRAPH) visit(text[at] ?? "", at, at + 1);
      last = OTHER;
      continue;
    }
    if (last === OTHER) {
      start = at;
      changes = 0;
    } else if ((kind === DIGIT) !== (last === DIGIT)) changes += 1;
    last = kind;
  }
}

function splitRun(
  text: string,
  start: number,
  end: number,
  changes: number,
  visit: (word: string, start: number, end: number) => void,
): void {
  const isIdentity = changes >= 2 || (changes === 1 && end - start <= LONGEST_MIXED);
  let from = start;
  if (!isIdentity) {
    for (let at = start + 1; at < end; at += 1) {
      const kind = kindAt(text, at);
      const before = kindAt(text, at - 1);
      const isNew =
        (kind === DIGIT) !== (before === DIGIT) ||
        (kind === UPPER && before === LOWER) ||
        // `HTTPServer`: the last of several capitals begins the next word.
        (kind === UPPER && at + 1 < end && kindAt(text, at + 1) === LOWER);
      if (!isNew) continue;
      visit(plain(text, from, at), from, at);
      from = at;
    }
  }
  visit(plain(text, from, end), from, end);
}

function plain(text: string, start: number, end: number): string {
  const word = text.slice(start, Math.min(end, start + LONGEST)).toLowerCase();
  if (!HAS_MORE_THAN_ASCII.test(word)) return word;
  return word.normalize("NFKD").replace(MARKS, "").normalize("NFC");
}

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 128) return ASCII[code] ?? OTHER;
  if ((code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7af)) return IDEOGRAPH;
  const character = text[at] ?? "";
  if (/\p{N}/u.test(character)) return DIGIT;
  if (/\p{Lu}/u.test(character)) return UPPER;
  return /[\p{L}\p{M}]/u.test(character) ? LOWER : OTHER;
}

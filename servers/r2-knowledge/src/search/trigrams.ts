/** The end of a word, 26 letters, 10 digits, and four for all other characters. */
const ALPHABET = 41;
/** Numbers below this one stand for trigrams. */
export const TRIGRAMS = ALPHABET ** 3;

const LETTER = 1;
const DIGIT = 27;
const OTHER = 37;

/** The three characters beginning before each one of a word, its ends among them: `_no`, `not`, `ot_`. */
export function trigramsOf(length: number, unitAt: (at: number) => number): number[] {
  const found: number[] = [];
  let first = 0;
  let second = length > 0 ? characterOf(unitAt(0)) : 0;
  for (let at = 1; at <= length; at += 1) {
    const third = at < length ? characterOf(unitAt(at)) : 0;
    found.push((first * ALPHABET + second) * ALPHABET + third);
    first = second;
    second = third;
  }
  return found;
}

function characterOf(unit: number): number {
  if (unit >= 97 && unit <= 122) return LETTER + unit - 97;
  if (unit >= 48 && unit <= 57) return DIGIT + unit - 48;
  return OTHER + (unit % (ALPHABET - OTHER));
}

/** A name as it looks at a glance, and in how many places it looks like something that it is not. */
export interface Glance {
  readonly shape: string;
  readonly disguises: number;
}

/** Letters of other scripts that fonts draw as Latin ones. */
const FOREIGN = "аαɑьсϲԁеҽɡһіιıјκкӏмпոоοօрρԛгѕтτυսνѵԝхχуγᴢ";
const LATIN = "aaabccdeeghiiijkklmnnoooppqrsttuuvvwxxyyz";

/** What can be taken for another letter, once capitals are gone. */
const TAKEN_FOR: readonly (readonly [pattern: RegExp, letter: string])[] = [
  [/[^ -~]/gu, ""],
  [/[1|]/g, "l"],
  [/0/g, "o"],
  [/rn/g, "m"],
  [/vv/g, "w"],
  [/([a-z])\1+/g, "$1"],
];

const PLAIN = /^[a-z2-9_-]*$/;
const DOUBTFUL = /rn|vv|([a-z])\1/;

/** Two names of one shape are taken for one another; the one of more disguises is likely the one that was made for it. */
export function glanceAt(name: string): Glance {
  if (PLAIN.test(name) && !DOUBTFUL.test(name)) return { shape: name, disguises: 0 };
  const composed = name.normalize("NFKC");
  let disguises = composed === name ? 0 : 1;
  // A capital I among small letters stands for a small L; where there are other capitals it may begin a word.
  const capital = /[A-HJ-Z]/.test(composed) ? /(?<=[a-z])I(?=[a-z]|$)/g : /I/g;
  let shape = composed.replace(capital, () => {
    disguises += 1;
    return "l";
  });
  shape = shape.toLowerCase();
  for (const [pattern, letter] of TAKEN_FOR) {
    shape = shape.replace(pattern, (found, first: unknown) => {
      disguises += 1;
      if (letter === "") return LATIN[FOREIGN.indexOf(found)] ?? found;
      return letter === "$1" ? String(first) : letter;
    });
  }
  return { shape, disguises };
}

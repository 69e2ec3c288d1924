/** What stands for a parameter. */
export const MASK = "#";

/** Longer texts are masked up to here: nobody writes a template of that size. */
const LONGEST = 4_000;

/**
 * What differs between two runs that fail in the same way, the more telling first: of several that begin
 * at one place the first is taken. None of them can look back, so that the time is that of one reading.
 */
const PARAMETERS = [
  // Addresses of the web, of mail, of the network.
  String.raw`[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)\]}]+`,
  String.raw`[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+`,
  String.raw`\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?:\/\d+)?\b`,
  String.raw`(?<![\w:])(?=[a-f:]*\d)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])`,
  String.raw`\b(?=[a-z0-9-]*[a-z])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}:\d{2,5}\b`,
  // Identities and times.
  String.raw`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`,
  String.raw`\b\d{4}-\d{2}-\d{2}(?:[t ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?`,
  String.raw`\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\b`,
  // What is quoted; an apostrophe inside a word is none.
  String.raw`"[^"\n]{0,300}"`,
  "`[^`\\n]{0,300}`",
  String.raw`(?<![\w])'[^'\n]{0,300}'(?!\w)`,
  // Paths: of Windows, from the root or from here, with a folder and a file.
  String.raw`\b[a-z]:\\[^\s"'<>|:;,)]*`,
  String.raw`(?<![\w.#])(?:~|\.{1,2})?\/[\w.@%+~$-]+(?:\/[\w.@%+~$-]*)*(?::\d+)*`,
  String.raw`\b[\w.@-]+(?:\/[\w.@-]+)+\.\w{1,8}(?::\d+)*`,
  // Numbers: of machines, in identities, and with a unit.
  String.raw`\b0x[0-9a-f]+\b`,
  String.raw`@[0-9a-f]{5,16}\b`,
  String.raw`\b(?=[a-f]*\d)[0-9a-f]{7,}\b`,
  String.raw`[-+]?(?<![a-z])\d[\d_,.:]*(?:[a-z%]{1,3}\b)?`,
  String.raw`\d+`,
];
const PARAMETER = new RegExp(PARAMETERS.join("|"), "gi");
const MASKS_IN_A_ROW = /#(?:[\s_.,:/=-]*#)+/g;

/**
 * The template of a message: numbers, identities, paths, addresses, times and what is quoted become `#`,
 * several in a row one. `Timeout of 500 ms for "a"` and `Timeout of 20 ms for "b"` are the same then.
 */
export function masked(message: string): string {
  return message
    .slice(0, LONGEST)
    .replace(PARAMETER, MASK)
    .replace(MASKS_IN_A_ROW, MASK)
    .replace(/\s+/g, " ")
    .trim();
}

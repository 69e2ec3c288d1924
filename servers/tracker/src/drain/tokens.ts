/** Stands for a word that changes. */
export const VARIABLE = "<*>";

/** What a longer line says at its end tells no more of which statement wrote it. */
const LONGEST = 4_000;

/**
 * What changes from line to line in logs of all kinds: paths of two folders or more, and words with a digit.
 * Neither can begin inside of another, so that the time is that of one reading.
 */
const PARAMETERS = /(?<![\w.])~?(?:\/[\w.@%+~$-]+){2,}\/?|(?<![\w.$@+-])[a-z_.$@+-]*\d[\w.$@+-]*/gi;
/** `<*>:<*>`, `<*>##<*>|<*>`: one value, or a list of any length. */
const PARAMETERS_IN_A_ROW = /<\*>(?:[^\s\w()[\]{}"'<>*]+<\*>)+/g;

/**
 * The words of a line, its parameters as `<*>`. What names a parameter stays with it: `uid=0` is `uid=<*>`. These
 * masks are the same for all logs, and were made on four of eight sets of them (`bench/tracker/loghub.ts`).
 */
export function tokensOf(message: string): string[] {
  return message
    .slice(0, LONGEST)
    .trim()
    .replace(PARAMETERS, VARIABLE)
    .replace(PARAMETERS_IN_A_ROW, VARIABLE)
    .split(/\s+/);
}

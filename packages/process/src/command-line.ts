import { TrestleError } from "@trestle/protocol";

/**
 * A command line as its words: split at spaces, quotes keep words together, a backslash keeps the next
 * character (within single quotes it is one itself). Nothing else means anything: no shell runs it.
 *
 * @throws TrestleError `invalid_config` for a quote without its end, or no word at all
 */
export function parseCommandLine(text: string): [string, ...string[]] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (letter === quote) quote = "";
    else if (letter === "\\" && quote !== "'" && at + 1 < text.length) {
      at += 1;
      word = (word ?? "") + text.charAt(at);
    } else if (quote !== "") word = (word ?? "") + letter;
    else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (quote !== "") throw unreadable(`it has a ${quote} without its end`);
  if (word !== undefined) words.push(word);
  const [program, ...rest] = words;
  if (!program) throw unreadable("it is empty");
  return [program, ...rest];
}

function unreadable(why: string): TrestleError {
  return new TrestleError("invalid_config", `The command cannot be read: ${why}.`);
}

import { type Context, createContext, Script } from "node:vm";
import { TrestleError } from "@trestle/protocol";

/** How long one pattern may look at one text. */
const MOST_MS = 100;
const script = new Script("expression.test(text)");
let context: Context | undefined;

interface BoundedPattern {
  test(text: string): boolean;
  /** Whoever keeps patterns tells them apart by it. */
  toString(): string;
}

/**
 * A regular expression of anybody's making: one that would take for ever is given up, for it would hold up
 * everything else in this process. Throws `invalid_input` then.
 */
export function boundedPattern(source: string, flags: string): BoundedPattern {
  const expression = new RegExp(source, flags);
  return {
    toString: () => String(expression),
    test(text) {
      context ??= createContext({});
      Object.assign(context, { expression, text });
      try {
        return script.runInContext(context, { timeout: MOST_MS }) === true;
      } catch {
        throw new TrestleError(
          "invalid_input",
          `The pattern ${source.slice(0, 80)} takes longer than ${MOST_MS} ms; write one that does not backtrack so much`,
        );
      }
    },
  };
}

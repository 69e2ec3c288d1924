import { describe, expect, test } from "vitest";
import { parseCommandLine } from "./command-line.ts";

describe("a command line", () => {
  test.each([
    ["npm test", ["npm", "test"]],
    ["  npm   run 'my test' ", ["npm", "run", "my test"]],
    [`sh -c "echo \\"$HOME\\" | cat"`, ["sh", "-c", 'echo "$HOME" | cat']],
    [`a '' "b"c d\\ e '\\'`, ["a", "", "bc", "d e", "\\"]],
    ["npm test; rm -rf /", ["npm", "test;", "rm", "-rf", "/"]],
  ])("%s", (text, words) => {
    expect(parseCommandLine(text)).toEqual(words);
  });

  test.each(["", "  ", "npm 'test"])("%j is refused", (text) => {
    expect(() => parseCommandLine(text)).toThrow(/command cannot be read/);
  });
});

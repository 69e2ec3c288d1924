import { TrestleError } from "@trestle/protocol";

/** For an option that takes a whole number from 1 on. */
export function countFor(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new TrestleError(
      "invalid_input",
      `${name} must be a whole number from 1 on, not "${text}".`,
    );
  };
}

/** For an option that takes one of some words. */
export function choiceFor<Choice extends string>(
  name: string,
  choices: readonly Choice[],
): (text: string) => Choice {
  return (text) => {
    const choice = choices.find((each) => each === text);
    if (choice !== undefined) return choice;
    throw new TrestleError(
      "invalid_input",
      `${name} must be ${choices.join(", ")}, not "${text}".`,
    );
  };
}

/** For an option that may be given several times. */
export function repeated(text: string, before: string[] = []): string[] {
  return [...before, text];
}

export function listOf(text: string): string[] {
  return text.split(",").map((item) => item.trim());
}

export function delimiterFor(text: string): string {
  const delimiter = text === "\\t" || text === "tab" ? "\t" : text;
  if (delimiter.length === 1) return delimiter;
  throw new TrestleError(
    "invalid_input",
    `--delimiter must be one character or tab, not "${text}".`,
  );
}

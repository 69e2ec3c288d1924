import type { JsonObject } from "@trestle/protocol";
import type { Command } from "commander";
import { usage } from "./json-input.ts";

/** Options that several commands share. */

export function withJson(command: Command): Command {
  return command.option("--json", "print the answer as JSON");
}

/** Whole command lines, at the end of `--help`. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  ${example}`);
  return command.addHelpText("after", ["\nExamples:", ...lines].join("\n"));
}

export function withTimes(command: Command): Command {
  return command
    .option("--from <time>", "from this time on: ISO 8601, or a while ago such as 15m, 24h, 7d")
    .option("--to <time>", "until this time");
}

/** `15m` is so long ago; anything else is for the bridge to read. */
export function readTime(text: string | undefined, now: number): string | number | undefined {
  const [, count, unit] = /^(\d+)([smhdw])$/.exec(text ?? "") ?? [];
  if (count === undefined) return text;
  return now - Number(count) * (UNIT_MS[unit as keyof typeof UNIT_MS] ?? 0);
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The milliseconds of `15m`, `24h`, `7d`, `1m` or `20s`. */
export function lengthOf(text: string, option: string): number {
  const [, count, unit] = /^(\d*)([smhdw])$/.exec(text) ?? [];
  if (count === undefined) {
    throw usage(`${option} must be a length of time such as 20s, 15m, 24h or 7d, not "${text}".`);
  }
  return Number(count || 1) * (UNIT_MS[unit as keyof typeof UNIT_MS] ?? 0);
}

/** For an option that takes a number: `parse(count("--limit"))`. */
export function numberFor(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value)) return value;
    throw usage(`${name} must be a number, not "${text}".`);
  };
}

/** For an option that takes the `next` of a page: a number, or a place such as `1763800000000_ID`. */
export function placeFor(name: string): (text: string) => number | string {
  const readNumber = numberFor(name);
  return (text) => (/^\d+_./.test(text) ? text : readNumber(text));
}

/** Without what was not given. */
export function given(input: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

import { TrestleError } from "@trestle/protocol";
import type { Command } from "commander";
import { timeOf } from "../reports/time.ts";

export interface Json {
  readonly json?: boolean;
}

/** What most commands that ask take. */
export interface Scope extends Json {
  readonly project?: string;
  readonly since?: string;
  readonly limit?: number;
}

/** The options of `Scope`, as the tool has them. */
export function withScope(
  command: Command,
  { since, limit }: { readonly since?: string; readonly limit?: readonly [number, number] },
): Command {
  command.option("--project <name>", "only of this project: its folder, its name or a part of it");
  if (since !== undefined)
    command.option("--since <time>", `24h, 7d, 2w or a date; ${since} by default`, checkedTime);
  if (limit !== undefined) {
    const [preset, most] = limit;
    command.option(
      "--limit <number>",
      `so many at most; ${preset} by default`,
      countFor("--limit", most),
    );
  }
  return withJson(command);
}

export function withJson(command: Command): Command {
  return command.option("--json", "print the answer as JSON");
}

/** Refused at once, and by the name that a person wrote. */
function checkedTime(text: string): string {
  timeOf(text, 0, "--since");
  return text;
}

/** For an option that takes a whole number from 1 on. */
export function countFor(name: string, most: number): (text: string) => number {
  return numberFor(name, { least: 1, most, isWhole: true });
}

export function numberFor(
  name: string,
  { least, most, isWhole = false }: { least: number; most: number; isWhole?: boolean },
): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
    throw new TrestleError(
      "invalid_input",
      `${name} must be a ${isWhole ? "whole " : ""}number from ${least} to ${most}, not "${text}".`,
    );
  };
}

/** For an option or argument that takes one of these words. */
export function oneOf<Word extends string>(
  name: string,
  words: readonly Word[],
): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => plain(word) === plain(text));
    if (found !== undefined) return found;
    throw new TrestleError(
      "invalid_input",
      `${name} must be one of ${words.join(", ")}, not "${text}".`,
    );
  };
}

/** `in-progress` is `in_progress`. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll("_", "-");
}

/** The same for several of them with commas, or for the option given several times. */
export function someOf<Word extends string>(
  name: string,
  words: readonly Word[],
): (text: string, before?: readonly Word[]) => readonly Word[] {
  const one = oneOf(name, words);
  return (text, before = []) => [...before, ...text.split(",").map((word) => one(word.trim()))];
}

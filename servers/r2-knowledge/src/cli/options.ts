import { TrestleError } from "@trestle/protocol";
import type { Command } from "commander";
import type * as z from "zod";
import type { Filters } from "../knowledge/knowledge-store.ts";
import { parseSince } from "../knowledge/since.ts";
import { severity } from "../records/diagnosis.ts";

/** For an option that takes a whole number from 1 on. */
export function countFor(name: string, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value > 0 && value <= most) return value;
    throw new TrestleError(
      "invalid_input",
      `${name} must be a whole number from 1 to ${most}, not "${text}".`,
    );
  };
}

/** For an option that names how bad an error is. */
export function severityOf(text: string): z.infer<typeof severity> {
  const parsed = severity.safeParse(text);
  if (parsed.success) return parsed.data;
  const names = severity.options.join(", ");
  throw new TrestleError("invalid_input", `--severity must be one of ${names}, not "${text}".`);
}

/** For an option that takes a number from 0 to 1. */
export function shareFor(name: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= 0 && value <= 1) return value;
    throw new TrestleError("invalid_input", `${name} must be a number from 0 to 1, not "${text}".`);
  };
}

export interface FilterOptions {
  readonly context?: string;
  readonly severity?: string;
  readonly since?: string;
  readonly minConfidence?: number;
}

export function withFilters(command: Command): Command {
  return command
    .option("--context <words>", "only where the context has these words")
    .option("--severity <name>", "info, low, medium, high or critical", severityOf)
    .option("--since <time>", "from when: 24h, 7d, 2w, or a date")
    .option(
      "--min-confidence <share>",
      "least odds of the fix, 0 to 1",
      shareFor("--min-confidence"),
    );
}

export function toFilters(
  { context, severity, since, minConfidence }: FilterOptions,
  now: number,
): Filters {
  const from = since === undefined ? {} : { since: parseSince(since, now, "--since") };
  return { context, severity, minConfidence, ...from };
}

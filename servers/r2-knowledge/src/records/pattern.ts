import { matchesGlob } from "@trestle/protocol";
import * as z from "zod";
import { severity } from "./diagnosis.ts";
import { LIMITS } from "./limits.ts";

const glob = z.string().min(1).max(500);

/** A kind of error that somebody named: what it looks like, and what is known to help. */
export const patternRecord = z.looseObject({
  id: z.string().min(1),
  timestamp: z.string(),
  version: z.int().min(1).optional(),
  title: z.string().optional(),
  /** Texts in which `*` stands for anything; letters count alike, large or small. */
  match: z.looseObject({
    name: z.string().optional(),
    message: z.string().optional(),
    context: z.string().optional(),
  }),
  advice: z.string().optional(),
  severity: z.string().optional(),
});
export type Pattern = z.output<typeof patternRecord>;

export const patternInput = z.object({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be 1 to 64 lower-case letters, digits and hyphens")
    .describe("Its name: db-timeout"),
  title: z.string().min(1).max(200).optional().describe("For people"),
  match: z
    .object({
      name: glob.optional().describe("Of the error: Timeout*"),
      message: glob.optional().describe("Of the message: *connection*timed out*"),
      context: glob.optional(),
    })
    .refine((match) => Object.values(match).some((text) => text !== undefined), {
      message: "Say at least one of name, message, context.",
    })
    .describe("All that is said must fit; * stands for any text, case does not count"),
  advice: z.string().min(1).max(LIMITS.fix).optional().describe("What to do about such an error"),
  severity: severity.optional().describe("How bad such an error is"),
});
export type PatternInput = z.output<typeof patternInput>;

export interface Matchable {
  readonly name?: string | undefined;
  readonly message?: string | undefined;
  readonly context?: string | undefined;
}

/** Does an error fit a pattern? One that asks for nothing fits nothing. */
export function matchesPattern({ match }: Pick<Pattern, "match">, error: Matchable): boolean {
  const asked = (["name", "message", "context"] as const).filter(
    (field) => match[field] !== undefined,
  );
  return (
    asked.length > 0 &&
    asked.every((field) => fits(match[field] ?? "", (error[field] ?? "").slice(0, 4_000)))
  );
}

const fits = (pattern: string, text: string) =>
  matchesGlob(pattern.toLowerCase(), text.toLowerCase());

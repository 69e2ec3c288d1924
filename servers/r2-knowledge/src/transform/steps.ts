import * as z from "zod";

const field = z
  .string()
  .min(1)
  .max(200)
  .describe("A field, with dots for fields of fields: error.message");

const scalar = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]);

const condition = z
  .strictObject({
    field,
    is: z
      .enum(["=", "!=", "<", "<=", ">", ">=", "contains", "starts-with", "in", "exists", "missing"])
      .describe("How the field is compared; texts without regard to case"),
    value: z.union([scalar, z.array(scalar).max(1_000)]).optional(),
  })
  .refine(({ is, value }) => is === "exists" || is === "missing" || value !== undefined, {
    message: "value is missing: what is the field compared with?",
  })
  .refine(({ is, value }) => (is === "in") === Array.isArray(value), {
    message: "in needs a list as value, and nothing else takes one",
  });
export type Condition = z.output<typeof condition>;

const secretKinds = ["secrets", "emails", "addresses", "paths", "urls", "ids"] as const;
export type HiddenKind = (typeof secretKinds)[number];

const functions = ["trim", "lower", "upper", "number", "text", "date", "json", "parse"] as const;
export type MapFunction = (typeof functions)[number];

/** One step of a pipeline. Each does one thing; they run in the order given. */
export const step = z.union([
  z.strictObject({
    filter: z.array(condition).min(1).max(50).describe("Keep what meets all of these"),
  }),
  z.strictObject({ drop: z.array(condition).min(1).max(50).describe("Leave out what meets all") }),
  z.strictObject({ pick: z.array(field).min(1).max(200).describe("Keep these fields only") }),
  z.strictObject({ omit: z.array(field).min(1).max(200).describe("Take these fields away") }),
  z.strictObject({
    rename: z.record(z.string(), field).describe("{ old: new }; both may have dots"),
  }),
  z.strictObject({ set: z.record(z.string(), z.json()).describe("Give fields these values") }),
  z.strictObject({
    map: z
      .strictObject({ field, with: z.enum(functions) })
      .describe(
        "Turn a field into something else: date makes ISO 8601 of it, json writes, parse reads JSON",
      ),
  }),
  z.strictObject({
    redact: z.strictObject({
      fields: z.array(field).max(200).optional().describe("Whole fields that become [redacted]"),
      kinds: z.array(z.enum(secretKinds)).optional().describe("What is hidden in every text"),
      texts: z
        .array(z.string().min(3).max(500))
        .max(200)
        .optional()
        .describe("Words that are hidden"),
    }),
  }),
  z.strictObject({ limit: z.int().min(0).describe("No more than so many") }),
]);
export type Step = z.output<typeof step>;

export const pipeline = z.array(step).max(100);

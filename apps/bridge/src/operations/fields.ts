import * as z from "zod";

/** Inputs that several operations share. */

export const toolField = z
  .string()
  .min(1)
  .describe("Its name as listed (`SERVER__TOOL`), or `SERVER.TOOL`; with `server`, just the tool.");

export const serverField = z.string().min(1).describe("The id of a server, or one of its aliases.");

export const limitField = z.int().min(1).max(1_000).describe("At most so many.");

/** Epoch milliseconds, or a date and time as ISO 8601 writes them. */
export const timeField = z
  .union([z.number(), z.string()])
  .transform((value, context) => {
    const time = typeof value === "number" ? value : Date.parse(value);
    if (Number.isFinite(time)) return time;
    context.addIssue({
      code: "custom",
      message: "expected epoch milliseconds or an ISO 8601 time",
    });
    return z.NEVER;
  })
  .describe("Epoch milliseconds or an ISO 8601 time.");

export const jsonObjectField = z.record(z.string(), z.unknown());

export const NO_EFFECT = { readOnly: true, destructive: false, idempotent: true, openWorld: false };

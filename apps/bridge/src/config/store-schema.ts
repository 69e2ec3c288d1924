import * as z from "zod";
import { reference } from "./reference-schema.ts";

/** The `store` keys: what several bridges share. */
export const storeSchema = z
  .strictObject({
    redis: reference
      .optional()
      .describe("Redis that bridges on several machines share, as one: see docs/scale.md."),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be [A-Za-z0-9_.-]{1,64}")
      .default("trestle")
      .describe("Before every key in Redis; bridges with another one have nothing in common."),
  })
  .prefault({});

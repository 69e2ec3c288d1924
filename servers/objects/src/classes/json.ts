import type { JsonObject, JsonValue } from "@trestle/protocol";
import * as z from "zod";

/** Any JSON. What comes over a wire is nothing else, and what is stored is made into its text. */
export const json = z.custom<JsonValue>((value) => value !== undefined, "is missing");

export const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "must be a JSON object",
);

import * as z from "zod";

/** What a caller may ask for one call, in `_meta["trestle/control"]` and in the body of a REST call. */
export const callControl = z.strictObject({
  use_cache: z
    .boolean()
    .optional()
    .describe("false passes the cache by; true also caches a tool that nobody declared cacheable."),
  cache_ttl: z.number().positive().optional().describe("Seconds for which an answer may be kept."),
  timeout: z
    .number()
    .positive()
    .optional()
    .describe("Seconds for the whole call, retries included."),
  retries: z.int().min(0).optional().describe("Fewer retries than are configured."),
  use_fallback: z.boolean().optional().describe("false: the failure itself, no other answer."),
});

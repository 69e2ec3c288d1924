import * as z from "zod";

/** What the log keeps: every change and refusal, everything, or nothing. */
export const LOGGED = ["changes", "all", "off"] as const;
export type Logged = (typeof LOGGED)[number];

export const OUTCOMES = ["allowed", "denied", "failed"] as const;

/** Who did what to which record, and whether it was allowed. Never what the record says. */
export const logEntry = z.object({
  /** As rules name it. */
  principal: z.string(),
  /** The tool, resource or prompt, or `command line`. */
  via: z.string(),
  action: z.string(),
  /** As rules name it, as far as it is known. */
  resource: z.string().optional(),
  ids: z.array(z.string()).optional(),
  outcome: z.enum(OUTCOMES),
  /** The rule that decided, or what went wrong. */
  why: z.string().optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
});
export type LogEntry = z.output<typeof logEntry>;

/** The end of a chain as somebody saw it: proves later that nothing before it was taken away. */
export const chainHead = z.object({
  writer: z.string(),
  seq: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type WriterHead = z.output<typeof chainHead>;

/** The first entry of a chain: the ends of the others then. */
export const anchorEntry = z.object({ anchors: z.array(chainHead) });

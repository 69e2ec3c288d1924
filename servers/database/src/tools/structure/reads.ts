import type { Hints } from "@trestle-mcp/server-kit";

/** Of every tool that only looks. */
export const READS: Hints = {
  readOnly: true,
  destructive: false,
  idempotent: true,
  openWorld: false,
};

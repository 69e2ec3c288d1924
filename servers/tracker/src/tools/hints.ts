import type { Hints } from "@trestle-mcp/server-kit";

/** Of every tool that only looks. */
export const READS: Hints = {
  readOnly: true,
  destructive: false,
  idempotent: true,
  openWorld: false,
};

/** Of every tool that changes what is kept, and does no more when it is called again. */
export const CHANGES: Hints = {
  readOnly: false,
  destructive: false,
  idempotent: true,
  openWorld: false,
};

import type { Hints } from "@trestle-mcp/server-kit";

/** Of every tool that only looks. */
export const READS: Hints = {
  readOnly: true,
  destructive: false,
  idempotent: true,
  openWorld: false,
};

/** Of every tool that adds to what is known. */
export const ADDS: Hints = {
  readOnly: false,
  destructive: false,
  idempotent: false,
  openWorld: false,
};

/** Of every tool that changes or takes away what somebody wrote. */
export const CHANGES: Hints = {
  readOnly: false,
  destructive: true,
  idempotent: false,
  openWorld: false,
};

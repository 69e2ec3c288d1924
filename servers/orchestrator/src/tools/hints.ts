import type { Hints } from "@trestle-mcp/server-kit";

/** Of every tool that only looks. */
export const READS: Hints = {
  readOnly: true,
  destructive: false,
  idempotent: true,
  openWorld: false,
};

/** Of every tool that adds a workflow. */
export const ADDS: Hints = {
  readOnly: false,
  destructive: false,
  idempotent: true,
  openWorld: false,
};

/** Of every tool after which steps call other tools, whatever those do. */
export const CALLS: Hints = {
  readOnly: false,
  destructive: true,
  idempotent: false,
  openWorld: true,
};

/** Of every tool that stops or takes away. */
export const STOPS: Hints = {
  readOnly: false,
  destructive: true,
  idempotent: true,
  openWorld: false,
};

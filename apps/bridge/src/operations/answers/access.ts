import * as z from "zod";
import { count, named, shape, someObject, time } from "./shape.ts";

const key = {
  id: z.string(),
  name: z.string(),
  state: z.enum(["valid", "expired", "revoked"]),
  principal: z.string(),
  scopes: z.array(z.string()).optional().describe("Left out: everything."),
  limit: shape("KeyLimit", { calls: count, window_ms: count }).optional(),
  profile: z.string().optional(),
  created_at: time,
  expires_at: time.optional(),
  rotated_at: time.optional(),
  overlap_until: time.optional(),
  revoked_at: time.optional(),
};

export const apiKey = shape("Key", key);

export const newKey = shape("NewKey", {
  key: z.string().describe("The text, this one time."),
  ...key,
});

export const keysAnswer = shape("Keys", { keys: z.array(apiKey) });

const session = {
  principal: shape("Principal", {
    id: z.string(),
    kind: z.enum(["local", "key", "subject", "admin", "anonymous"]),
  }),
  expires_at: time,
  csrf_token: z.string(),
};

export const sessionAnswer = shape("Session", session);

export const loggedIn = shape("NewSession", { ...session, token: z.string() });

export const loggedOut = shape("LoggedOut", { logged_out: z.literal(true) });

export const signInsAnswer = shape("SignIns", {
  servers: z.array(
    shape("SignInState", {
      server: z.string(),
      signed_in: z.boolean(),
      pending: z.boolean(),
      expires_at: time.optional(),
    }),
  ),
});

export const signInBegun = shape("SignInBegun", {
  server: z.string(),
  url: z.string().optional().describe("To open in a browser."),
  signed_in: z.boolean(),
});

export const signedIn = shape("SignedIn", { server: z.string(), signed_in: z.literal(true) });

export const signedOut = shape("SignedOut", { server: z.string(), signed_in: z.literal(false) });

export const auditPage = shape("AuditPage", {
  entries: z.array(
    shape("AuditEntry", {
      home: z.string().optional().describe("Whose log it is, where bridges share a Postgres."),
      seq: count,
      time,
      hash: z.string(),
      entry: someObject.describe("`event`, and what belongs to it."),
    }),
  ),
  next: z.union([count, z.string()]).optional(),
  problem: z.string().optional(),
});

/** How the copies of the logs stand, where bridges share a Postgres. */
const copies = z
  .array(
    shape("CopiedAudit", {
      home: z.string(),
      name: z.string(),
      ok: z.boolean(),
      entries: count.optional(),
      head: z.string().optional(),
      behind: count.optional().describe("Entries of this home that are not copied yet."),
      seq: count.optional(),
      reason: z.enum(["changed", "removed", "doubled", "differs"]).optional(),
      explanation: z.string().optional(),
    }),
  )
  .optional();

export const auditVerdict = named(
  "AuditVerdict",
  z.union([
    shape("IntactAudit", {
      ok: z.literal(true),
      entries: count,
      head: z.string(),
      torn_bytes: count,
      copies,
    }),
    shape("BrokenAudit", {
      ok: z.literal(false),
      seq: count,
      reason: z.enum(["changed", "removed", "reordered", "truncated", "head", "copy"]),
      explanation: z.string(),
      copies,
    }),
  ]),
);

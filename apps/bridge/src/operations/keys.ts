import { type KeyRecord, parseScope } from "@trestle/access";
import { type JsonObject, messageOf, nearestName, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import { apiKey, keysAnswer, newKey } from "./answers/access.ts";
import { NO_EFFECT, timeField } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";

const idField = z.string().min(1).describe("Of the key, as `keys` lists it.");

const scopeField = z.string().superRefine((text, context) => {
  try {
    parseScope(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
  }
});

const DAY_S = 86_400;

export const keys = defineOperation({
  name: "keys",
  title: "API keys",
  description:
    "The API keys that were made, the newest first: whose, for what, and how they stand.",
  input: z.object({
    state: z.enum(["valid", "expired", "revoked"]).optional().describe("Only those that stand so."),
  }),
  output: keysAnswer,
  hints: NO_EFFECT,
  needs: "admin",
  async run({ state }, _context, core) {
    const all = core.access.keys.list().map((record) => presentKey(record, core.clock.now()));
    return { keys: all.filter((key) => state === undefined || key.state === state) };
  },
});

const CHANGES = { readOnly: false, destructive: false, idempotent: false, openWorld: false };

export const keyCreate = defineOperation({
  name: "key_create",
  title: "Make an API key",
  description: "Makes an API key. Its text is in the answer and can never be read again.",
  input: z.object({
    name: z.string().trim().min(1).max(100).describe("Who uses it, for people."),
    scopes: z
      .array(scopeField)
      .optional()
      .describe("`SERVER:TOOL[:read|write]`, `*` for any name; left out: everything."),
    expires_at: timeField.optional(),
    limit: z
      .strictObject({
        calls: z.int().positive().describe("Calls in one window."),
        window_ms: z.int().positive().default(60_000).describe("Length of the window."),
      })
      .optional()
      .describe("Its own limit of calls, in the place of `policy.limit.principal`."),
    profile: z
      .string()
      .optional()
      .describe("The profile of `catalog.profiles` that its holder is shown."),
  }),
  output: newKey,
  hints: CHANGES,
  needs: "admin",
  subject: ({ name, scopes, profile }) => given({ name, scopes, profile }) as JsonObject,
  async run({ name, scopes, expires_at: expiresAt, limit, profile }, { principal }, core) {
    if (profile !== undefined) refuseUnknownProfile(profile, core);
    const { text, record } = await core.access.keys.create({
      name,
      ...given({ scopes, expiresAt, profile }),
      ...(limit && { limit: { calls: limit.calls, windowMs: limit.window_ms } }),
    });
    return shown(text, record, { event: "key_created", by: principal.id }, core);
  },
});

export const keyRotate = defineOperation({
  name: "key_rotate",
  title: "Rotate an API key",
  description:
    "Gives an API key a new secret under the same id. The secret before stays good for the overlap.",
  input: z.object({
    id: idField,
    overlap_s: z
      .int()
      .min(0)
      .max(90 * DAY_S)
      .default(DAY_S)
      .describe("Seconds for which the secret before is good, too; 0 ends it at once."),
  }),
  output: newKey,
  hints: CHANGES,
  needs: "admin",
  subject: ({ id, overlap_s }) => ({ key: id, overlap_s }),
  async run({ id, overlap_s }, { principal }, core) {
    const { text, record } = await core.access.keys.rotate(id, overlap_s * 1_000);
    return shown(text, record, { event: "key_rotated", by: principal.id }, core);
  },
});

export const keyRevoke = defineOperation({
  name: "key_revoke",
  title: "Revoke an API key",
  description: "Ends an API key for good, and with it all that its holder has open.",
  input: z.object({ id: idField }),
  output: apiKey,
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  needs: "admin",
  subject: ({ id }) => ({ key: id }),
  async run({ id }, { principal }, core) {
    const record = await core.access.keys.revoke(id);
    await core.access.audit.record({ event: "key_revoked", key: id, by: principal.id });
    return presentKey(record, core.clock.now());
  },
});

/** The one time that a key is shown. From now on the bridge takes it for a secret wherever it appears. */
async function shown(
  text: string,
  record: KeyRecord,
  entry: JsonObject,
  { access, live, clock }: Core,
): Promise<JsonObject> {
  live.current().secrets.add([text]);
  await access.audit.record({ ...entry, key: record.id });
  return { key: text, ...presentKey(record, clock.now()) };
}

function presentKey(record: KeyRecord, now: number): JsonObject {
  const { id, name, scopes, limit, profile } = record;
  const time = (at: number | undefined) =>
    at === undefined ? undefined : new Date(at).toISOString();
  return given({
    ...{ id, name, state: stateOf(record, now), principal: `key:${id}` },
    scopes: scopes === undefined ? undefined : [...scopes],
    limit: limit && { calls: limit.calls, window_ms: limit.windowMs },
    profile,
    created_at: time(record.createdAt),
    expires_at: time(record.expiresAt),
    rotated_at: time(record.rotatedAt),
    overlap_until: time(record.overlapUntil),
    revoked_at: time(record.revokedAt),
  }) as JsonObject;
}

function stateOf({ revokedAt, expiresAt }: KeyRecord, now: number): string {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && expiresAt <= now ? "expired" : "valid";
}

function refuseUnknownProfile(name: string, { live }: Core): void {
  const known = Object.keys(live.current().catalog.profiles);
  if (known.includes(name)) return;
  const near = nearestName(name, known);
  const advice = near
    ? `Did you mean "${near}"?`
    : `There are: ${known.join(", ") || "none; make one in catalog.profiles"}.`;
  throw new TrestleError("invalid_input", `profile: no profile "${name}" is configured. ${advice}`);
}

import { Buffer } from "node:buffer";
import { type Clock, messageOf, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
import { share } from "../sharing/share.ts";
import { DEFAULT_POLICY, parseAccessPolicy } from "./access-policy.ts";
import type { AccessRules } from "./decide.ts";

const POLICY_KEY = "mcp/policies/access.json";
const FORMAT = 1;
/** So long at most a rule that somebody changed elsewhere may still hold here. */
const MAX_AGE_MS = 5_000;

const kept = z.strictObject({
  format: z.literal(FORMAT),
  version: z.int().min(1),
  /** Left out while only shares are kept: the default holds. */
  policy: z.unknown().optional(),
  shares: z.array(share),
});

export interface KeptRules extends AccessRules {
  /** 0 while nothing is kept. */
  readonly version: number;
  readonly isDefault: boolean;
}

/** The rules in the store: one object, so that they are always read as a whole. */
export interface PolicyObject {
  /** As it was some seconds ago at most. Throws `denied` for one that can not be read: then nothing is allowed. */
  rules(call?: CallOptions): Promise<KeptRules>;
  /** As it is now. */
  read(call?: CallOptions): Promise<KeptRules>;
  /** Replaces it whatever it is, also one that can not be read. `change` gets what is there. */
  change(
    change: (rules: KeptRules) => Partial<AccessRules>,
    options?: CallOptions & { readonly version?: number | undefined; readonly mend?: boolean },
  ): Promise<KeptRules>;
}

export function openPolicyObject(store: ObjectStore, clock: Pick<Clock, "now">): PolicyObject {
  let last: { readonly at: number; readonly found: Promise<KeptRules> } | undefined;

  async function fetch(call: CallOptions) {
    const found = await store.get(POLICY_KEY, call);
    return { etag: found?.etag, rules: () => parse(found?.body, store) };
  }

  async function read(call: CallOptions = {}): Promise<KeptRules> {
    return (await fetch(call)).rules();
  }

  function remember(found: Promise<KeptRules>): Promise<KeptRules> {
    const now = { at: clock.now(), found };
    last = now;
    found.catch(() => {
      if (last === now) last = undefined;
    });
    return found;
  }

  return {
    read,
    rules() {
      const age = last === undefined ? Infinity : clock.now() - last.at;
      // Without a signal: several callers wait for the same answer.
      return last !== undefined && age >= 0 && age < MAX_AGE_MS ? last.found : remember(read());
    },
    async change(change, { version, mend = false, signal } = {}) {
      const { etag, rules } = await fetch({ signal });
      const before = mend ? unlessBroken(rules) : rules();
      if (version !== undefined && before.version !== version) throw changed();
      const after = { ...before, ...change(before) };
      const isDefault = after.policy === DEFAULT_POLICY;
      const next: KeptRules = { ...after, isDefault, version: before.version + 1 };
      const when = etag === undefined ? ("absent" as const) : { etag };
      const contentType = "application/json";
      try {
        await store.put(POLICY_KEY, encode(next), { when, contentType, signal });
      } catch (error) {
        if ((error as { code?: unknown }).code === "precondition_failed") throw changed(error);
        throw error;
      }
      return remember(Promise.resolve(next));
    },
  };
}

const NOTHING: KeptRules = { version: 0, isDefault: true, policy: DEFAULT_POLICY, shares: [] };

function parse(body: Uint8Array | undefined, store: ObjectStore): KeptRules {
  if (body === undefined) return NOTHING;
  try {
    const value = kept.parse(JSON.parse(Buffer.from(body).toString("utf8")));
    const { version, shares, policy } = value;
    if (policy === undefined) return { ...NOTHING, version, shares };
    return { version, isDefault: false, policy: parseAccessPolicy(policy), shares };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new TrestleError(
      "denied",
      `The access policy ${POLICY_KEY} in the ${store.description} can not be read, and nothing is allowed while nobody knows who may do what. Who holds the keys of the store writes it anew: trestle-knowledge policy set FILE. ${why}`,
      { cause },
    );
  }
}

/** What was shared under a policy that nobody can read is shared no longer. */
function unlessBroken(rules: () => KeptRules): KeptRules {
  try {
    return rules();
  } catch {
    return NOTHING;
  }
}

function encode({ version, policy, shares, isDefault }: KeptRules): Uint8Array {
  const value = { format: FORMAT, version, ...(isDefault ? {} : { policy }), shares };
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

function changed(cause?: unknown): TrestleError {
  return new TrestleError(
    "conflict",
    "Somebody changed the access policy since it was read. Nothing was written: read it again, and change that.",
    { cause },
  );
}

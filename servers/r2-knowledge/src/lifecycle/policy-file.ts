import { Buffer } from "node:buffer";
import { TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { CallOptions, ObjectStore } from "../object-store/object-store.ts";
import { type LifecyclePolicy, lifecyclePolicy } from "./policy.ts";

const KEY = "mcp/policies/lifecycle.json";

export interface KeptPolicy {
  readonly policy: LifecyclePolicy;
  /** Of the object that holds it; undefined while there is none. */
  readonly etag: string | undefined;
}

/** @throws TrestleError `unavailable` for one that cannot be read: nothing may go while nobody knows what is held */
export async function readLifecyclePolicy(
  store: ObjectStore,
  call: CallOptions = {},
): Promise<KeptPolicy> {
  const found = await store.get(KEY, call);
  if (!found) return { policy: lifecyclePolicy.parse({}), etag: undefined };
  try {
    const value: unknown = JSON.parse(Buffer.from(found.body).toString("utf8"));
    return { policy: lifecyclePolicy.parse(value), etag: found.etag };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new TrestleError(
      "unavailable",
      `The lifecycle policy ${KEY} in the ${store.description} cannot be read, and nothing is deleted while nobody knows what is on hold. Mend it or write it anew. ${why}`,
      { cause },
    );
  }
}

/** Over the one that was read. @throws TrestleError `conflict` where somebody wrote another meanwhile */
export async function writeLifecyclePolicy(
  store: ObjectStore,
  { policy, etag }: KeptPolicy,
  call: CallOptions = {},
): Promise<KeptPolicy> {
  const when = etag === undefined ? ("absent" as const) : { etag };
  const body = Buffer.from(`${JSON.stringify(policy, null, 2)}\n`);
  try {
    const put = await store.put(KEY, body, { when, contentType: "application/json", ...call });
    return { policy, etag: put.etag };
  } catch (error) {
    if ((error as { code?: unknown }).code !== "precondition_failed") throw error;
    throw new TrestleError(
      "conflict",
      "Somebody changed the lifecycle policy since it was read. Nothing was written: read it again, and change that.",
      { cause: error },
    );
  }
}

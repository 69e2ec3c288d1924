import type { PutOptions } from "../object-store.ts";
import type { Mark } from "./lineage.ts";
import { wordMetadata } from "./metadata.ts";
import type { Parts } from "./parts.ts";
import { settle } from "./settle.ts";
import { preconditionFailed } from "./wording.ts";

/** What the headers of every way to write an object are made of. */
export interface Plan {
  readonly key: string;
  readonly mark: Mark;
  readonly when: PutOptions["when"];
  readonly signal: AbortSignal | undefined;
  readonly facts: { Metadata: Record<string, string>; ContentType?: string };
  readonly condition: { IfNoneMatch?: string; IfMatch?: string };
}

export function planWrite(
  parts: Parts,
  key: string,
  { when, contentType, metadata = {}, signal }: PutOptions,
): Plan {
  // What is no ETag of a bucket names no version: `*` would name any, and nothing no condition.
  if (typeof when === "object" && !/^"[^"*\s]+"$/.test(when.etag)) {
    throw preconditionFailed(when, { operation: "PutObject", key, where: parts.description });
  }
  const mark = parts.lineage.mark(key, parts.newId(), when);
  const type = contentType === undefined ? {} : { ContentType: contentType };
  const condition = when === undefined ? {} : when === "absent" ? ABSENT : { IfMatch: when.etag };
  const facts = { Metadata: wordMetadata(metadata, mark), ...type };
  return { key, mark, when, signal, facts, condition };
}

const ABSENT = { IfNoneMatch: "*" };

export function putObject(
  parts: Parts,
  { key, mark, when, signal, facts, condition }: Plan,
  body: Uint8Array,
): Promise<{ etag: string }> {
  const attempt = () =>
    parts.connection.send(
      "PutObject",
      async ({ client, sdk, bucket, options }) => {
        const place = { Bucket: bucket, Key: key, Body: body };
        const command = new sdk.PutObjectCommand({ ...place, ...facts, ...condition });
        return { etag: (await client.send(command, options)).ETag ?? "" };
      },
      signal,
    );
  return settle(parts, { operation: "PutObject", key, mark, when, signal, attempt });
}

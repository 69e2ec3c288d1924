import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { ListOptions, ListPage, ObjectFacts } from "../object-store.ts";
import type { Parts } from "./parts.ts";
import { sendOften } from "./retry.ts";
import { toError } from "./wording.ts";

const MOST = 1_000;

export async function listObjects(
  parts: Parts,
  prefix: string,
  { after, limit = MOST, signal }: ListOptions,
): Promise<ListPage> {
  const most = Math.min(MOST, Math.max(1, Math.trunc(limit)));
  for (let token: string | undefined; ; ) {
    const output = await listOnce(parts, { prefix, after, most, token }, signal);
    const objects = (output.Contents ?? []).map(toFacts);
    token = output.IsTruncated ? output.NextContinuationToken : undefined;
    // A page may be empty and yet not the last.
    if (objects.length === 0 && token !== undefined) continue;
    return { objects, next: output.IsTruncated ? objects.at(-1)?.key : undefined };
  }
}

interface Page {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly most: number;
  readonly token: string | undefined;
}

async function listOnce(
  parts: Parts,
  { prefix, after, most, token }: Page,
  signal: AbortSignal | undefined,
): Promise<ListObjectsV2CommandOutput> {
  const send = () =>
    parts.connection.send(
      "ListObjectsV2",
      ({ client, sdk, bucket, options }) => {
        const from = token === undefined ? { StartAfter: after } : { ContinuationToken: token };
        const input = { Bucket: bucket, Prefix: prefix, MaxKeys: most, ...from };
        return client.send(new sdk.ListObjectsV2Command(input), options);
      },
      signal,
    );
  const sent = await sendOften(parts, send, signal);
  if (sent.ok) return sent.value;
  throw toError(sent.failure, { operation: "ListObjectsV2", where: parts.description });
}

function toFacts(object: NonNullable<ListObjectsV2CommandOutput["Contents"]>[number]): ObjectFacts {
  const { Key: key = "", ETag: etag = "", Size: size = 0, LastModified } = object;
  return { key, etag, size, modified: LastModified?.getTime() ?? 0 };
}

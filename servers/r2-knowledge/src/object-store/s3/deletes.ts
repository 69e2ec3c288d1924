import type { Sent } from "./connection.ts";
import { type Failure, readFailure } from "./failures.ts";
import type { Parts } from "./parts.ts";
import { sendOften } from "./retry.ts";
import { toError } from "./wording.ts";

/** So many keys go with one request, which costs nothing. */
const MOST_AT_ONCE = 1_000;

export async function deleteObjects(
  parts: Parts,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const [only] = keys;
  if (only !== undefined && keys.length === 1) return deleteOne(parts, only, signal);
  // Not every bucket reads white space in XML as it stands.
  const wanted = [...new Set(keys)].filter((key) => key === key.trim());
  for (const key of new Set(keys)) if (key !== key.trim()) await deleteOne(parts, key, signal);
  for (let at = 0; at < wanted.length; at += MOST_AT_ONCE) {
    await deleteMany(parts, wanted.slice(at, at + MOST_AT_ONCE), signal);
  }
}

async function deleteOne(
  parts: Parts,
  key: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const send = () =>
    parts.connection.send(
      "DeleteObject",
      ({ client, sdk, bucket, options }) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), options),
      signal,
    );
  const sent = await sendOften(parts, send, signal);
  if (sent.ok || sent.failure.reason === "not_found") return;
  throw toError(sent.failure, { operation: "DeleteObject", key, where: parts.description });
}

/** What the answer names as not deleted is asked for again, and nothing else. */
async function deleteMany(
  parts: Parts,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  let left = keys;
  let failedKey: string | undefined;
  const send = async (): Promise<Sent<void>> => {
    const Objects = left.map((Key) => ({ Key }));
    const sent = await parts.connection.send(
      "DeleteObjects",
      ({ client, sdk, bucket, options }) =>
        client.send(
          new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
          options,
        ),
      signal,
    );
    if (!sent.ok) return sent;
    const errors = (sent.value.Errors ?? []).filter(({ Code }) => Code !== "NoSuchKey");
    if (errors.length === 0) return { ok: true, value: undefined };
    left = errors.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    const failures = errors.map(({ Code }) => ofOne(Code));
    const worst = failures.findIndex(({ isPassing }) => !isPassing);
    failedKey = errors[Math.max(0, worst)]?.Key;
    return { ok: false, failure: failures[Math.max(0, worst)] as Failure };
  };
  const sent = await sendOften(parts, send, signal);
  if (sent.ok) return;
  const doing = { operation: "DeleteObjects", key: failedKey, where: parts.description } as const;
  throw toError(sent.failure, doing);
}

/** One key's own error stands in the answer to all, with a name and no status. */
function ofOne(name: string | undefined): Failure {
  const status = name === "AccessDenied" ? 403 : 500;
  return readFailure({ Code: name, $metadata: { httpStatusCode: status } });
}

import { ObjectStoreError, type PutOptions } from "../object-store.ts";
import type { Line } from "./connection.ts";
import type { S3Operation } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { toParts, whileWanted } from "./pieces.ts";
import { type Plan, planWrite, putObject } from "./puts.ts";
import { lookUp } from "./reads.ts";
import { sendOften } from "./retry.ts";
import { settle } from "./settle.ts";
import { preconditionFailed, toError } from "./wording.ts";

/** R2 wants all parts but the last of one size, S3 at least 5 MiB. */
const PART_BYTES = 8 * 1_048_576;
const MOST_PARTS = 10_000;
/** So many parts are held in memory, and one more that is being filled. */
const AT_ONCE = 3;

/** Up to one part it is one put; more becomes a multipart upload, of which nothing stays if it fails. */
export async function putStream(
  parts: Parts,
  key: string,
  source: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<{ etag: string; bytes: number }> {
  const plan = planWrite(parts, key, options);
  const bodies = toParts(whileWanted(source, options.signal), PART_BYTES);
  try {
    const first = await bodies.next();
    const body: Uint8Array = first.value ?? new Uint8Array();
    const second = await bodies.next();
    if (second.done) return { ...(await putObject(parts, plan, body)), bytes: body.length };
    await refuseEarly(parts, plan);
    return await upload(parts, plan, withFirst([body, second.value], bodies));
  } finally {
    await bodies.return(undefined);
  }
}

/** The condition is checked with the last request; what fails already need not be sent at all. */
async function refuseEarly(parts: Parts, { key, when, signal }: Plan): Promise<void> {
  if (when === undefined) return;
  const sent = await lookUp(parts, key, signal);
  if (!sent.ok) return;
  const etag = sent.value?.facts.etag;
  if (when === "absent" ? etag === undefined : etag === when.etag) return;
  const doing = { operation: "CompleteMultipartUpload", key, where: parts.description } as const;
  throw preconditionFailed(when, doing);
}

async function upload(
  parts: Parts,
  plan: Plan,
  bodies: AsyncIterable<Uint8Array>,
): Promise<{ etag: string; bytes: number }> {
  const { key, mark, when, condition, signal } = plan;
  const ask = request(parts, plan);
  const id = await ask("CreateMultipartUpload", signal, async (line, place) => {
    const command = new line.sdk.CreateMultipartUploadCommand({ ...place, ...plan.facts });
    const { UploadId } = await line.client.send(command, line.options);
    if (UploadId === undefined) throw new Error("An upload without an id.");
    return UploadId;
  });
  try {
    const { tags, bytes } = await sendParts(parts, plan, id, bodies);
    const attempt = () =>
      parts.connection.send(
        "CompleteMultipartUpload",
        async ({ client, sdk, bucket, options }) => {
          const MultipartUpload = { Parts: tags };
          const input = { Bucket: bucket, Key: key, UploadId: id, MultipartUpload, ...condition };
          const output = await client.send(new sdk.CompleteMultipartUploadCommand(input), options);
          return { etag: output.ETag ?? "" };
        },
        signal,
      );
    const operation = "CompleteMultipartUpload";
    return { ...(await settle(parts, { operation, key, mark, when, signal, attempt })), bytes };
  } catch (error) {
    // Unknown outcomes stay as they are: the upload may be the object by now.
    if ((error as ObjectStoreError).code !== "outcome_unknown") {
      await ask("AbortMultipartUpload", undefined, ({ client, sdk, options }, place) =>
        client.send(new sdk.AbortMultipartUploadCommand({ ...place, UploadId: id }), options),
      ).catch(() => {}); // What is left of it, R2 removes after seven days.
    }
    throw error;
  }
}

interface Tag {
  readonly PartNumber: number;
  readonly ETag: string;
}

/** A few parts at once; the first that fails stops the others. */
async function sendParts(
  parts: Parts,
  plan: Plan,
  id: string,
  bodies: AsyncIterable<Uint8Array>,
): Promise<{ tags: Tag[]; bytes: number }> {
  const failed = new AbortController();
  const signal = plan.signal ? AbortSignal.any([plan.signal, failed.signal]) : failed.signal;
  const ask = request(parts, plan);
  const tags: Tag[] = [];
  const running = new Set<Promise<void>>();
  const send = async (PartNumber: number, Body: Uint8Array): Promise<void> => {
    const ETag = await ask("UploadPart", signal, async ({ client, sdk, options }, place) => {
      const command = new sdk.UploadPartCommand({ ...place, UploadId: id, PartNumber, Body });
      return (await client.send(command, options)).ETag ?? "";
    });
    tags[PartNumber - 1] = { PartNumber, ETag };
  };
  let bytes = 0;
  let number = 0;
  try {
    for await (const body of bodies) {
      number += 1;
      if (number > MOST_PARTS) throw tooLarge(plan.key);
      bytes += body.length;
      const sending: Promise<void> = send(number, body).finally(() => running.delete(sending));
      running.add(sending);
      sending.catch(() => {});
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
    await Promise.all(running);
    return { tags, bytes };
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(running);
    throw error;
  }
}

/** Requests that may be sent twice, each for its value or an error. */
function request(parts: Parts, { key }: Plan) {
  return async <Value>(
    operation: S3Operation,
    signal: AbortSignal | undefined,
    work: (line: Line, place: { Bucket: string; Key: string }) => Promise<Value>,
  ): Promise<Value> => {
    const send = () =>
      parts.connection.send(
        operation,
        (line) => work(line, { Bucket: line.bucket, Key: key }),
        signal,
      );
    const sent = await sendOften(parts, send, signal);
    if (sent.ok) return sent.value;
    throw toError(sent.failure, { operation, key, where: parts.description });
  };
}

function tooLarge(key: string): ObjectStoreError {
  const gigabytes = Math.floor((PART_BYTES * MOST_PARTS) / 1_000_000_000);
  const sentence = `The object ${JSON.stringify(key)} is larger than ${gigabytes} GB. Write it as several objects.`;
  return new ObjectStoreError("too_large", sentence);
}

async function* withFirst(
  first: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}

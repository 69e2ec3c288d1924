import type { GetObjectCommandOutput, HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { GetOptions, ObjectFacts, StoredObject } from "../object-store.ts";
import type { Sent } from "./connection.ts";
import type { Mark } from "./lineage.ts";
import { readMetadata } from "./metadata.ts";
import type { Parts } from "./parts.ts";
import { sendOften } from "./retry.ts";
import { toError } from "./wording.ts";

export interface Found {
  readonly facts: ObjectFacts;
  /** Which write it is of; undefined where another program wrote it. */
  readonly mark: Mark | undefined;
}

/** What is under a key, or undefined; asked again where that may help. */
export async function lookUp(
  parts: Parts,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Sent<Found | undefined>> {
  const { connection } = parts;
  const head = () =>
    connection.send(
      "HeadObject",
      async ({ client, sdk, bucket, options }) => {
        const output = await client.send(
          new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }),
          options,
        );
        return toFound(parts, key, output, output.ContentLength ?? 0);
      },
      signal,
    );
  return sendOften<Found | undefined>(
    parts,
    async () => {
      const sent = await head();
      if (sent.ok) return sent;
      const { reason } = sent.failure;
      if (reason === "not_found" && connection.isProven()) return { ok: true, value: undefined };
      // The answer to a HEAD has no body, and so no name: that of a GET has.
      return reason === "not_found" || reason === "denied" ? lookInside(parts, key, signal) : sent;
    },
    signal,
  );
}

async function lookInside(
  parts: Parts,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Sent<Found | undefined>> {
  const sent = await getOnce(parts, key, { range: { from: 0, to: 0 }, signal }, async () => {});
  if (sent.ok) return { ok: true, value: sent.value.found };
  return sent.failure.reason === "not_found" ? { ok: true, value: undefined } : sent;
}

/** One GET; `use` has the body as long as the request lasts. */
export function getOnce<Read>(
  parts: Parts,
  key: string,
  { range, signal, etag }: GetOptions & { etag?: string | undefined },
  use: (body: Body, size: number) => Promise<Read>,
): Promise<Sent<{ found: Found; body: Read }>> {
  return parts.connection.send(
    "GetObject",
    async ({ client, sdk, bucket, options }) => {
      const Range = range && `bytes=${range.from}-${range.to ?? ""}`;
      const condition = etag === undefined ? {} : { IfMatch: etag };
      const input = { Bucket: bucket, Key: key, ...(Range ? { Range } : {}), ...condition };
      const output = await client.send(new sdk.GetObjectCommand(input), options);
      if (!output.Body) throw new Error("An answer without a body.");
      const length = output.ContentLength ?? 0;
      const whole = Number(/\/(\d+)$/.exec(output.ContentRange ?? "")?.[1] ?? length);
      const body = await use(output.Body, length);
      return { found: toFound(parts, key, output, whole), body };
    },
    signal,
  );
}

export async function getObject(
  parts: Parts,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredObject | undefined> {
  if (isEmpty(range)) return withoutBytes(parts, key, signal);
  const sent = await sendOften(
    parts,
    () => getOnce(parts, key, { range, signal }, wholeOf),
    signal,
  );
  if (sent.ok) return { ...sent.value.found.facts, body: sent.value.body };
  const { failure } = sent;
  if (failure.reason === "not_found") return undefined;
  if (failure.reason === "no_such_range") return withoutBytes(parts, key, signal);
  throw toError(failure, { operation: "GetObject", key, where: parts.description });
}

type Body = NonNullable<GetObjectCommandOutput["Body"]>;

/** All of a body. Its pieces are let go as they come: kept until the end they would take its size once more. */
export async function wholeOf(body: Body, length: number): Promise<Uint8Array> {
  // Some proxies do not tell the length.
  if (length === 0) return body.transformToByteArray();
  const whole = new Uint8Array(length);
  let read = 0;
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    if (read + piece.length > length) throw new Error("An answer longer than it said.");
    whole.set(piece, read);
    read += piece.length;
  }
  if (read < length) throw new Error("An answer that was cut off.");
  return whole;
}

/** A range that ends before it begins is no range to S3, which would send everything. */
export const isEmpty = (range: GetOptions["range"]): boolean =>
  range?.to !== undefined && range.to < range.from;

/** The facts of an object of which no byte is wanted. */
export async function withoutBytes(
  parts: Parts,
  key: string,
  signal: AbortSignal | undefined,
): Promise<StoredObject | undefined> {
  const facts = await headObject(parts, key, signal);
  return facts && { ...facts, body: new Uint8Array() };
}

export async function headObject(
  parts: Parts,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectFacts | undefined> {
  const sent = await lookUp(parts, key, signal);
  if (sent.ok) return sent.value?.facts;
  throw toError(sent.failure, { operation: "HeadObject", key, where: parts.description });
}

function toFound(
  parts: Parts,
  key: string,
  output: GetObjectCommandOutput | HeadObjectCommandOutput,
  size: number,
): Found {
  const { mark, metadata } = readMetadata(output.Metadata);
  const etag = output.ETag ?? "";
  parts.lineage.saw(key, etag, mark?.id);
  const modified = output.LastModified?.getTime() ?? 0;
  const { ContentType: contentType } = output;
  return { facts: { key, etag, size, modified, contentType, metadata }, mark };
}

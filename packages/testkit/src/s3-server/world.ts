import { type Bucket, createBucket } from "./bucket.ts";
import { S3Error } from "./s3-error.ts";

/** Whose rules hold where they differ. */
export type Dialect = "r2" | "aws";

/** What every operation works on. */
export interface World {
  readonly buckets: Map<string, Bucket>;
  readonly dialect: Dialect;
  now(): number;
  newId(): string;
  /** The error that one of many keys is answered with, instead of being deleted. */
  errorOf(key: string): { readonly code: string; readonly message: string } | undefined;
}

export const SMALLEST_PART = 5 * 1_048_576;
export const MOST_PARTS = 10_000;
const LONGEST_KEY = 1_024;
const MOST_METADATA = { r2: 8_192, aws: 2_048 } as const;

export function createWorld(parts: Omit<World, "buckets">, buckets: readonly string[]): World {
  return { ...parts, buckets: new Map(buckets.map((name) => [name, createBucket()])) };
}

export function bucketOf({ buckets }: World, name: string): Bucket {
  const bucket = buckets.get(name);
  if (!bucket) throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist.");
  return bucket;
}

export function checkKey(key: string): void {
  if (Buffer.byteLength(key) <= LONGEST_KEY) return;
  throw new S3Error(400, "KeyTooLongError", "Your key is too long");
}

const KEPT = /^(content-type|content-encoding|content-disposition|content-language|cache-control)$/;

/** What of a write's headers comes back with its object. */
export function keptHeaders(
  headers: Readonly<Record<string, string>>,
  dialect: Dialect,
): Record<string, string> {
  const metadata = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-meta-"));
  const bytes = metadata.reduce((sum, [name, value]) => {
    return sum + name.length - "x-amz-meta-".length + Buffer.byteLength(value, "latin1");
  }, 0);
  if (bytes > MOST_METADATA[dialect]) {
    throw new S3Error(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed");
  }
  const kept = Object.entries(headers).filter(([name]) => KEPT.test(name));
  // The framing of a streamed body is no encoding of the object.
  const all = [...kept, ...metadata].filter(([, value]) => value !== "aws-chunked");
  return { "content-type": "application/octet-stream", ...Object.fromEntries(all) };
}

const UNSERVED = [
  ...["x-amz-tagging", "x-amz-server-side-encryption", "x-amz-object-lock-mode"],
  "x-amz-website-redirect-location",
];

/** R2 answers what it does not have with a refusal, where Amazon's own takes it. */
export function refuseUnserved(headers: Readonly<Record<string, string>>, dialect: Dialect): void {
  const found = dialect === "r2" && UNSERVED.find((name) => headers[name] !== undefined);
  if (found) throw new S3Error(501, "NotImplemented", `Header '${found}' is not implemented`);
}

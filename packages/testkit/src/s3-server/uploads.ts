import { createHash } from "node:crypto";
import { etagOf, type Upload } from "./bucket.ts";
import { checkWrite } from "./conditions.ts";
import type { S3Answer, S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import {
  bucketOf,
  checkKey,
  keptHeaders,
  MOST_PARTS,
  refuseUnserved,
  SMALLEST_PART,
  type World,
} from "./world.ts";
import { insidesOf, textsOf, toXml } from "./xml.ts";

export function createUpload(world: World, request: S3Request): S3Answer {
  const { key, headers } = request;
  const bucket = bucketOf(world, request.bucket);
  checkKey(key);
  refuseUnserved(headers, world.dialect);
  checkWrite(headers, bucket.get(key));
  const id = world.newId();
  const kept = keptHeaders(headers, world.dialect);
  bucket.uploads.set(id, { id, key, headers: kept, parts: new Map() });
  const pairs = [["Bucket", request.bucket] as const, ["Key", key] as const];
  return {
    status: 200,
    body: toXml("InitiateMultipartUploadResult", [...pairs, ["UploadId", id]]),
  };
}

export function uploadPart(world: World, request: S3Request): S3Answer {
  const upload = find(world, request);
  const number = Number(request.query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > MOST_PARTS) {
    throw new S3Error(400, "InvalidArgument", `partNumber must be 1 to ${MOST_PARTS}`);
  }
  const { body } = request;
  const etag = etagOf(body);
  upload.parts.set(number, { body, etag, modified: world.now() });
  return { status: 200, headers: { etag } };
}

export function completeUpload(world: World, request: S3Request): S3Answer {
  const bucket = bucketOf(world, request.bucket);
  const upload = find(world, request);
  const named = insidesOf(request.body.toString(), "Part").map((inside) => ({
    number: Number(textsOf(inside, "PartNumber")[0]),
    etag: (textsOf(inside, "ETag")[0] ?? "").replaceAll('"', ""),
  }));
  const parts = named.map(({ number, etag }) => {
    const part = upload.parts.get(number);
    if (part?.etag.replaceAll('"', "") === etag) return part;
    throw new S3Error(400, "InvalidPart", "One or more of the specified parts could not be found.");
  });
  checkOrder(named.map(({ number }) => number));
  checkSizes(
    parts.map(({ body }) => body.length),
    world,
  );
  checkWrite(request.headers, bucket.get(upload.key));
  const hash = createHash("md5");
  for (const part of parts) hash.update(Buffer.from(part.etag.replaceAll('"', ""), "hex"));
  const etag = `"${hash.digest("hex")}-${parts.length}"`;
  const body = Buffer.concat(parts.map((part) => part.body));
  bucket.set({ key: upload.key, body, etag, modified: world.now(), headers: upload.headers });
  bucket.uploads.delete(upload.id);
  const pairs = [["Bucket", request.bucket] as const, ["Key", upload.key] as const];
  return { status: 200, body: toXml("CompleteMultipartUploadResult", [...pairs, ["ETag", etag]]) };
}

export function abortUpload(world: World, request: S3Request): S3Answer {
  bucketOf(world, request.bucket).uploads.delete(find(world, request).id);
  return { status: 204 };
}

export function listParts(world: World, request: S3Request): S3Answer {
  const upload = find(world, request);
  const parts = [...upload.parts].toSorted(([a], [b]) => a - b);
  const pairs = parts.map(([number, { etag, body, modified }]) => {
    const when = new Date(modified).toISOString();
    const facts = [["PartNumber", number] as const, ["LastModified", when] as const];
    return ["Part", [...facts, ["ETag", etag], ["Size", body.length]]] as const;
  });
  const head = [["Key", upload.key] as const, ["UploadId", upload.id] as const];
  return {
    status: 200,
    body: toXml("ListPartsResult", [...head, ["IsTruncated", false], ...pairs]),
  };
}

export function listUploads(world: World, request: S3Request): S3Answer {
  const uploads = [...bucketOf(world, request.bucket).uploads.values()];
  const pairs = uploads.map(
    ({ id, key }) => ["Upload", [["Key", key] as const, ["UploadId", id]]] as const,
  );
  return {
    status: 200,
    body: toXml("ListMultipartUploadsResult", [["IsTruncated", false], ...pairs]),
  };
}

function find(world: World, { bucket, key, query }: S3Request): Upload {
  const upload = bucketOf(world, bucket).uploads.get(query.get("uploadId") ?? "");
  if (upload?.key === key) return upload;
  throw new S3Error(404, "NoSuchUpload", "The specified multipart upload does not exist.");
}

function checkOrder(numbers: readonly number[]): void {
  if (numbers.length === 0) throw new S3Error(400, "MalformedXML", "No part is named.");
  if (numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0))) return;
  throw new S3Error(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
}

/** All but the last: 5 MiB at least; R2 also wants them all of one size, and the last not above it. */
function checkSizes(sizes: readonly number[], { dialect }: World): void {
  const [first = 0] = sizes;
  const full = sizes.slice(0, -1);
  if (full.some((size) => size < SMALLEST_PART)) {
    throw new S3Error(400, "EntityTooSmall", "Your proposed upload is smaller than allowed.");
  }
  if (dialect === "aws") return;
  if (full.every((size) => size === first) && (sizes.at(-1) ?? 0) <= first) return;
  throw new S3Error(400, "InvalidPart", "All non-trailing parts must have the same length.");
}

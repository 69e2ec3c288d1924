import { createBucket } from "./bucket.ts";
import { listObjects } from "./lists.ts";
import {
  copyObject,
  deleteObject,
  deleteObjects,
  getObject,
  headObject,
  putObject,
} from "./objects.ts";
import type { Operation } from "./operations.ts";
import { openPayload } from "./payload.ts";
import type { S3Answer, S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { type S3Credentials, verifySignature } from "./signature.ts";
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
} from "./uploads.ts";
import { bucketOf, type World } from "./world.ts";
import { toXml } from "./xml.ts";

type Work = (world: World, request: S3Request) => S3Answer;

const WORK: Readonly<Record<Operation, Work>> = {
  CreateBucket: (world, { bucket }) => {
    if (world.buckets.has(bucket)) {
      throw new S3Error(409, "BucketAlreadyOwnedByYou", "You own a bucket of that name already.");
    }
    world.buckets.set(bucket, createBucket());
    return { status: 200 };
  },
  HeadBucket: (world, { bucket }) => {
    bucketOf(world, bucket);
    return { status: 200 };
  },
  ListObjectsV2: listObjects,
  DeleteObjects: deleteObjects,
  ListMultipartUploads: listUploads,
  PutObject: putObject,
  CopyObject: copyObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  ListParts: listParts,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: abortUpload,
};

/** Verifies who asks and what they sent, then does it. */
export function answerRequest(
  world: World,
  credentials: S3Credentials,
  request: S3Request,
  operation: Operation | undefined,
): S3Answer {
  const state = verifySignature(request, credentials, world);
  if (operation === undefined) {
    throw new S3Error(501, "NotImplemented", "This operation is not implemented.");
  }
  return WORK[operation](world, { ...request, body: openPayload(request, state) });
}

export function answerError(error: unknown, { method, path }: S3Request): S3Answer {
  const known = error instanceof S3Error ? error : new S3Error(500, "InternalError", String(error));
  const { code, message, status, headers } = known;
  const pairs = [["Code", code] as const, ["Message", message] as const];
  const body = toXml("Error", [...pairs, ["Resource", path], ["RequestId", "test"]]);
  return { status, headers, body: method === "HEAD" || status === 304 ? "" : body };
}

import { ObjectStoreError, type ObjectStoreErrorCode } from "../object-store.ts";
import type { Failure, Reason } from "./failures.ts";
import type { S3Operation } from "./operations.ts";

/** What was being done, for a message. */
export interface Doing {
  readonly operation: S3Operation;
  readonly key?: string | undefined;
  /** The store's description. */
  readonly where: string;
}

/** The error of a request that surely did nothing. */
export function toError(failure: Failure, doing: Doing): ObjectStoreError {
  const sentence = SENTENCES[failure.reason](failure, doing);
  return new ObjectStoreError(codeOf(failure.reason), cap(sentence), {
    cause: toCause(failure, doing),
  });
}

/** The error of a write that nobody can tell the outcome of. */
export function outcomeUnknown(failure: Failure, doing: Doing): ObjectStoreError {
  const sentence =
    `Nobody can tell whether ${named(doing)} was written: the answer of ${doing.where} got lost ` +
    `(${failure.name}), and reading it back did not settle it. Read it before you write it again.`;
  return new ObjectStoreError("outcome_unknown", sentence, { cause: toCause(failure, doing) });
}

export function preconditionFailed(
  when: "absent" | { etag: string } | undefined,
  doing: Doing,
): ObjectStoreError {
  const sentence =
    when === "absent"
      ? `${named(doing)} exists already in ${doing.where}. Choose another key, or read it first.`
      : `${named(doing)} is not the version any more that was read from ${doing.where}. Read it again.`;
  return new ObjectStoreError("precondition_failed", cap(sentence));
}

const RIGHTS: Readonly<Record<S3Operation, string>> = {
  GetObject: "read objects",
  HeadObject: "read objects",
  PutObject: "write objects",
  ListObjectsV2: "list objects",
  CreateMultipartUpload: "write objects",
  UploadPart: "write objects",
  CompleteMultipartUpload: "write objects",
  AbortMultipartUpload: "write objects",
  DeleteObject: "delete objects",
  DeleteObjects: "delete objects",
};

const SENTENCES: Readonly<Record<Reason, (failure: Failure, doing: Doing) => string>> = {
  precondition_failed: (_, doing) =>
    `${named(doing)} is not what it was to be in ${doing.where}. Read it again.`,
  throttled: ({ name }, doing) =>
    `${doing.where} asked again and again to slow down (${name}), last for ${named(doing)}. ` +
    "Write less often; R2 takes one write of the same key in a second.",
  denied: ({ name }, doing) => wordDenied(name, doing),
  no_bucket: (_, { where }) =>
    `There is no such bucket: ${where}. Create it, or check its name (R2_AUDIT_BUCKET) and the account.`,
  other_region: (_, { where }) =>
    `${where} is in another region. Set its region and the endpoint of that region.`,
  clock_skew: (_, { where }) =>
    `The clock of this machine is more than 15 minutes away from that of ${where}. Set the clock.`,
  too_large: ({ name }, doing) =>
    `${named(doing)} or its metadata is more than ${doing.where} takes (${name}). Make it smaller.`,
  full: ({ name }, { where }) =>
    `${where} has no room left (${name}). Delete what is not needed, or raise its quota.`,
  bad_key: ({ name }, doing) =>
    `${doing.where} does not take the key ${JSON.stringify(doing.key)} (${name}). Choose another one.`,
  unavailable: (failure, doing) => wordUnavailable(failure, doing),
  not_found: (_, doing) => `${named(doing)} is not there in ${doing.where}.`,
  no_such_upload: (_, doing) =>
    `The upload of ${named(doing)} to ${doing.where} was ended by somebody else. Write it again.`,
  no_such_range: (_, doing) => `${named(doing)} in ${doing.where} has no such bytes.`,
};

function wordDenied(name: string, { operation, where }: Doing): string {
  if (name === "InvalidAccessKeyId" || name === "Unauthorized") {
    return `${where} does not know the access key. Check R2_ACCESS_KEY_ID, and that the key is of this account.`;
  }
  if (name === "SignatureDoesNotMatch") {
    return `The secret does not belong to the access key of ${where}. Check R2_SECRET_ACCESS_KEY.`;
  }
  return (
    `${where} does not allow this key to ${RIGHTS[operation]} (${name}). ` +
    "Give its token the right “Object Read & Write” for the bucket, and check that it has not expired."
  );
}

function wordUnavailable({ name, status }: Failure, { operation, where }: Doing): string {
  if (status === undefined) {
    return `${where} could not be reached (${name}). Check the network and the endpoint, then try again.`;
  }
  if (status === 501) {
    return `${where} does not serve ${operation} (${name}). Use a bucket with the whole API of S3.`;
  }
  const answer = name === `HTTP ${status}` ? name : `HTTP ${status} ${name}`;
  return `${where} failed at ${operation} (${answer}). Try again later.`;
}

function codeOf(reason: Reason): ObjectStoreErrorCode {
  if (reason === "other_region") return "no_bucket";
  if (reason === "not_found" || reason === "no_such_upload" || reason === "no_such_range") {
    return "unavailable";
  }
  return reason;
}

/** Without the SDK's own error: that one holds the request with its signature. */
function toCause({ name, status }: Failure, { operation }: Doing): Error {
  return new Error(`${operation}: ${name}${status === undefined ? "" : ` (HTTP ${status})`}`);
}

function named({ key }: Doing): string {
  return key === undefined ? "the request" : `the object ${JSON.stringify(key)}`;
}

function cap(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

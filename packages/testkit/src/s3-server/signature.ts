import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type S3Request, uriEncode } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { Dialect, World } from "./world.ts";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What the signatures of a body's chunks build on. */
export interface SigningState {
  readonly key: Buffer;
  readonly scope: string;
  readonly date: string;
  readonly signature: string;
}

const LARGEST_SKEW_MS = 15 * 60_000;
const LONGEST_PRESIGNED_SECONDS = 604_800;

/** Checks the signature of a request, in its headers or its query. */
export function verifySignature(
  request: S3Request,
  credentials: S3Credentials,
  { dialect, now }: Pick<World, "dialect" | "now">,
): SigningState {
  if (isUnsigned(request)) throw unsigned(dialect);
  const claim = request.query.has("X-Amz-Signature") ? fromQuery(request) : fromHeaders(request);
  const [accessKeyId, day = "", region = "", service = "", end = ""] = claim.credential.split("/");
  if (accessKeyId !== credentials.accessKeyId) {
    throw dialect === "r2"
      ? new S3Error(401, "Unauthorized", "Unauthorized")
      : new S3Error(403, "InvalidAccessKeyId", "The access key is not known here.");
  }
  if (service !== "s3" || end !== "aws4_request" || !claim.date.startsWith(day)) {
    throw new S3Error(400, "AuthorizationHeaderMalformed", "The scope of the credential is wrong.");
  }
  const age = now() - parseDate(claim.date);
  if (claim.expires === undefined) refuseSkew(age);
  else if (age > claim.expires * 1_000 || age < -LARGEST_SKEW_MS) {
    throw new S3Error(403, "AccessDenied", "Request has expired");
  }
  const key = ["aws4_request", service, region, day].reduceRight<Buffer>(
    (from, part) => hmac(from, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const scope = [day, region, service, end].join("/");
  const canonical = canonicalRequest(request, claim);
  const toSign = ["AWS4-HMAC-SHA256", claim.date, scope, sha256(canonical)].join("\n");
  const expected = hmac(key, toSign).toString("hex");
  if (!isSame(expected, claim.signature)) throw mismatch();
  checkPayload(request, claim.payload);
  return { key, scope, date: claim.date, signature: claim.signature };
}

interface Claim {
  readonly credential: string;
  readonly date: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payload: string;
  /** Seconds; of a presigned URL only. */
  readonly expires: number | undefined;
}

function isUnsigned({ query, headers }: S3Request): boolean {
  return !query.has("X-Amz-Signature") && headers.authorization === undefined;
}

function unsigned(dialect: Dialect): S3Error {
  return dialect === "r2"
    ? new S3Error(400, "InvalidArgument", "Authorization")
    : new S3Error(403, "AccessDenied", "The request is not signed.");
}

function fromHeaders({ headers }: S3Request): Claim {
  const authorization = headers.authorization ?? "";
  const part = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(authorization)?.[1] ?? "";
  const payload = headers["x-amz-content-sha256"];
  if (!authorization.startsWith("AWS4-HMAC-SHA256 ") || payload === undefined) {
    throw new S3Error(400, "InvalidRequest", "Only AWS4-HMAC-SHA256 is taken.");
  }
  return {
    credential: part("Credential"),
    date: headers["x-amz-date"] ?? "",
    signedHeaders: part("SignedHeaders").split(";"),
    signature: part("Signature"),
    payload,
    expires: undefined,
  };
}

function fromQuery({ query }: S3Request): Claim {
  const expires = Number(query.get("X-Amz-Expires"));
  if (!(expires > 0 && expires <= LONGEST_PRESIGNED_SECONDS)) {
    throw new S3Error(400, "AuthorizationQueryParametersError", "X-Amz-Expires is out of bounds.");
  }
  return {
    credential: query.get("X-Amz-Credential") ?? "",
    date: query.get("X-Amz-Date") ?? "",
    signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: query.get("X-Amz-Signature") ?? "",
    payload: query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD",
    expires,
  };
}

function canonicalRequest(request: S3Request, claim: Claim): string {
  const { method, path, query, headers } = request;
  const pairs = [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`);
  const lines = claim.signedHeaders.map(
    (name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  if (!claim.signedHeaders.includes("host")) {
    throw new S3Error(403, "AccessDenied", "The header host must be signed.");
  }
  return [
    method,
    path.split("/").map(decodeURIComponent).map(uriEncode).join("/"),
    pairs.sort().join("&"),
    lines.join(""),
    claim.signedHeaders.join(";"),
    claim.payload,
  ].join("\n");
}

function checkPayload(request: S3Request, payload: string): void {
  if (!/^[0-9a-f]{64}$/.test(payload) || sha256(request.body) === payload) return;
  throw new S3Error(400, "XAmzContentSHA256Mismatch", "The body is not the one that was signed.");
}

/** The signature of one chunk, or of the trailers, each built on the one before. */
export function chunkSignature(
  { key, scope, date }: SigningState,
  previous: string,
  content: Buffer,
  kind: "PAYLOAD" | "TRAILER",
): string {
  const middle = kind === "PAYLOAD" ? [sha256("")] : [];
  const algorithm = `AWS4-HMAC-SHA256-${kind}`;
  const toSign = [algorithm, date, scope, previous, ...middle, sha256(content)].join("\n");
  return hmac(key, toSign).toString("hex");
}

export function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

export function mismatch(): S3Error {
  return new S3Error(403, "SignatureDoesNotMatch", "The signature is not the one expected.");
}

function refuseSkew(age: number): void {
  if (Math.abs(age) <= LARGEST_SKEW_MS) return;
  const sentence = "The difference between the request time and the current time is too large.";
  throw new S3Error(403, "RequestTimeTooSkewed", sentence);
}

function parseDate(date: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (!parts) throw new S3Error(403, "AccessDenied", "The request has no date.");
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function hmac(key: Buffer, content: string): Buffer {
  return createHmac("sha256", key).update(content).digest();
}

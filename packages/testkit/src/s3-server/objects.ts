import { etagOf, type KeptObject } from "./bucket.ts";
import { checkRead, checkWrite, readRange } from "./conditions.ts";
import type { S3Answer, S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { bucketOf, checkKey, keptHeaders, refuseUnserved, type World } from "./world.ts";
import { insidesOf, textsOf, toXml, type Xml } from "./xml.ts";

export function putObject(world: World, request: S3Request): S3Answer {
  const { key, body, headers } = request;
  const bucket = bucketOf(world, request.bucket);
  checkKey(key);
  refuseUnserved(headers, world.dialect);
  const kept = keptHeaders(headers, world.dialect);
  const found = bucket.get(key);
  if (!found && headers["if-match"] !== undefined && world.dialect === "aws") throw noSuchKey();
  checkWrite(headers, found);
  const etag = etagOf(body);
  bucket.set({ key, body, etag, modified: world.now(), headers: kept });
  return { status: 200, headers: { etag } };
}

export function getObject(world: World, request: S3Request): S3Answer {
  const found = find(world, request.bucket, request.key);
  const facts = factsOf(found);
  if (checkRead(request.headers, found) === "unchanged") return { status: 304, headers: facts };
  const span = readRange(request.headers.range, found.body.length);
  if (!span) return { status: 200, headers: facts, body: found.body };
  const { from, end } = span;
  return {
    status: 206,
    headers: { ...facts, "content-range": `bytes ${from}-${end - 1}/${found.body.length}` },
    body: found.body.subarray(from, end),
  };
}

export function headObject(world: World, request: S3Request): S3Answer {
  const answer = getObject(world, request);
  const length = Buffer.byteLength(answer.body ?? "");
  return { ...answer, headers: { ...answer.headers, "content-length": String(length) }, body: "" };
}

export function deleteObject(world: World, request: S3Request): S3Answer {
  const bucket = bucketOf(world, request.bucket);
  checkKey(request.key);
  bucket.delete(request.key);
  return { status: 204 };
}

const MOST_DELETED = 1_000;

export function deleteObjects(world: World, request: S3Request): S3Answer {
  const bucket = bucketOf(world, request.bucket);
  const hasChecksum = Object.keys(request.headers).some((name) =>
    /^(content-md5|x-amz-checksum-.*|x-amz-trailer)$/.test(name),
  );
  if (!hasChecksum) throw new S3Error(400, "InvalidRequest", "Missing required header: checksum");
  const xml = request.body.toString();
  const keys = insidesOf(xml, "Object").flatMap((inside) => textsOf(inside, "Key"));
  if (keys.length === 0 || keys.length > MOST_DELETED) {
    throw new S3Error(400, "MalformedXML", "The XML you provided was not well-formed");
  }
  const isQuiet = textsOf(xml, "Quiet")[0] === "true";
  const lines = keys.flatMap((key): readonly (readonly [string, Xml])[] => {
    const error = world.errorOf(key);
    if (!error) bucket.delete(key);
    if (error) {
      const { code, message } = error;
      return [["Error", [["Key", key] as const, ["Code", code], ["Message", message]]]];
    }
    return isQuiet ? [] : [["Deleted", [["Key", key]]]];
  });
  return { status: 200, body: toXml("DeleteResult", lines) };
}

export function copyObject(world: World, request: S3Request): S3Answer {
  const { headers, key } = request;
  checkKey(key);
  refuseUnserved(headers, world.dialect);
  const source = decodeURIComponent(headers["x-amz-copy-source"] ?? "").replace(/^\//, "");
  const slash = source.indexOf("/");
  const from = find(world, source.slice(0, slash), source.slice(slash + 1));
  const prefix = "x-amz-copy-source-";
  checkWrite(headers, from, { match: `${prefix}if-match`, noneMatch: `${prefix}if-none-match` });
  const bucket = bucketOf(world, request.bucket);
  const isR2 = world.dialect === "r2";
  const own = isR2 ? "cf-copy-destination-if-" : "if-";
  checkWrite(headers, bucket.get(key), { match: `${own}match`, noneMatch: `${own}none-match` });
  const replaces = headers["x-amz-metadata-directive"] === "REPLACE";
  const kept = replaces ? keptHeaders(headers, world.dialect) : from.headers;
  const modified = world.now();
  bucket.set({ ...from, key, modified, headers: kept });
  const when = new Date(modified).toISOString();
  const pairs = [["ETag", from.etag] as const, ["LastModified", when] as const];
  return { status: 200, body: toXml("CopyObjectResult", pairs) };
}

function find(world: World, bucket: string, key: string): KeptObject {
  checkKey(key);
  const found = bucketOf(world, bucket).get(key);
  if (!found) throw noSuchKey();
  return found;
}

function noSuchKey(): S3Error {
  return new S3Error(404, "NoSuchKey", "The specified key does not exist.");
}

function factsOf({ etag, modified, headers }: KeptObject): Record<string, string> {
  const date = new Date(modified).toUTCString();
  return { ...headers, etag, "last-modified": date, "accept-ranges": "bytes" };
}

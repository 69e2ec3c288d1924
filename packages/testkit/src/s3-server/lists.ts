import type { S3Answer, S3Request } from "./request.ts";
import { uriEncode } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { bucketOf, type World } from "./world.ts";
import { toXml, type Xml } from "./xml.ts";

const MOST_KEYS = 1_000;

type Pair = readonly [string, Xml];

export function listObjects(world: World, request: S3Request): S3Answer {
  const { query } = request;
  const bucket = bucketOf(world, request.bucket);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const most = readMost(query.get("max-keys"));
  const token = query.get("continuation-token");
  const encode = query.get("encoding-type") === "url" ? encodeKey : (key: string) => key;
  let after = token === null ? (query.get("start-after") ?? "") : readToken(token);
  const contents: Pair[] = [];
  const common: Pair[] = [];
  let isTruncated = false;
  for (const object of bucket.walk(prefix, after)) {
    // The page ended with a common prefix: what else begins with it was told by that.
    if (delimiter !== "" && after.endsWith(delimiter) && object.key.startsWith(after)) continue;
    if (contents.length + common.length >= most) {
      isTruncated = most > 0;
      break;
    }
    const cut = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
    if (cut === -1) {
      contents.push(["Contents", contentOf(object, encode)]);
      after = object.key;
    } else {
      after = object.key.slice(0, cut + delimiter.length);
      common.push(["CommonPrefixes", [["Prefix", encode(after)]]]);
    }
  }
  const pairs: Pair[] = [
    ["Name", request.bucket],
    ["Prefix", encode(prefix)],
    ["MaxKeys", most],
    ["KeyCount", contents.length + common.length],
    ["IsTruncated", isTruncated],
    ...(delimiter === "" ? [] : ([["Delimiter", encode(delimiter)]] as const)),
    ...(isTruncated ? ([["NextContinuationToken", toToken(after)]] as const) : []),
  ];
  return { status: 200, body: toXml("ListBucketResult", [...pairs, ...contents, ...common]) };
}

function contentOf(
  { key, etag, modified, body }: { key: string; etag: string; modified: number; body: Buffer },
  encode: (key: string) => string,
): Xml {
  return [
    ["Key", encode(key)],
    ["LastModified", new Date(modified).toISOString()],
    ["ETag", etag],
    ["Size", body.length],
    ["StorageClass", "STANDARD"],
  ];
}

function readMost(text: string | null): number {
  const most = text === null ? MOST_KEYS : Number(text);
  if (!Number.isInteger(most) || most < 0) {
    throw new S3Error(400, "InvalidArgument", "max-keys must be a whole number, 0 or more");
  }
  return Math.min(most, MOST_KEYS);
}

const toToken = (key: string): string => Buffer.from(`v1:${key}`).toString("base64url");

function readToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith("v1:")) return text.slice(3);
  throw new S3Error(400, "InvalidArgument", "The continuation token provided is incorrect");
}

/** As Amazon's own does: `/` stays, a space is a `+`. */
function encodeKey(key: string): string {
  return uriEncode(key).replaceAll("%2F", "/").replaceAll("%20", "+");
}

import { createHash, createHmac } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { S3Credentials } from "./signature.ts";

/** A bucket of any maker. */
export interface Probed {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
}

type Probe = (place: Probed) => Promise<unknown>;

const MB = 1_048_576;

export function clientOf(place: Probed, more: S3ClientConfig = {}): S3Client {
  const { endpoint, credentials } = place;
  const asked = { requestChecksumCalculation: "WHEN_REQUIRED" } as const;
  const one = { region: "auto", forcePathStyle: true, maxAttempts: 1, expectContinueHeader: false };
  return new S3Client({ endpoint, credentials, ...one, ...asked, ...more });
}

/** The status, and the name of the error; or what a probe that succeeded found. */
export async function outcomeOf(probe: Probe, place: Probed): Promise<string> {
  try {
    const found = await probe(place);
    return typeof found === "string" ? found : "done";
  } catch (error) {
    const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return `${$metadata?.httpStatusCode ?? "no answer"} ${name}`;
  }
}

/** Sends, of a client of the place, one command after the other; the last one's output comes back. */
function send(place: Probed, more: S3ClientConfig = {}) {
  const client = clientOf(place, more);
  const at = (Key: string) => ({ Bucket: place.bucket, Key });
  return { client, at, put: (Key: string, more: object = {}) => put(place, Key, more) };
}

function put(place: Probed, Key: string, more: object): Promise<unknown> {
  const input = { Bucket: place.bucket, Key, Body: "body", ...more };
  return clientOf(place).send(new PutObjectCommand(input));
}

/** What a bucket of R2 is asked, and what it answers. */
export const PROBES: Readonly<Record<string, readonly [expected: string, probe: Probe]>> = {
  "a key that is not known": [
    "401 Unauthorized",
    (place) =>
      put(
        { ...place, credentials: { ...place.credentials, accessKeyId: "0".repeat(32) } },
        "a",
        {},
      ),
  ],
  "a wrong secret": [
    "403 SignatureDoesNotMatch",
    (place) =>
      put(
        { ...place, credentials: { ...place.credentials, secretAccessKey: "0".repeat(64) } },
        "a",
        {},
      ),
  ],
  "a clock an hour away": [
    "403 RequestTimeTooSkewed",
    (place) =>
      clientOf(place, { systemClockOffset: 3_600_000 }).send(
        new PutObjectCommand({ Bucket: place.bucket, Key: "a", Body: "" }),
      ),
  ],
  "a bucket that is not there": [
    "404 NoSuchBucket",
    (place) => put({ ...place, bucket: "elsewhere" }, "a", {}),
  ],
  "the head of a bucket": [
    "done",
    (place) => clientOf(place).send(new HeadBucketCommand({ Bucket: place.bucket })),
  ],
  "another bucket": [
    "done",
    (place) => clientOf(place).send(new CreateBucketCommand({ Bucket: "another" })),
  ],
  "a put with the SDK's own checksum": [
    "done",
    (place) => {
      const { client, at } = send(place, { requestChecksumCalculation: "WHEN_SUPPORTED" });
      return client.send(new PutObjectCommand({ ...at("sum"), Body: "body" }));
    },
  ],
  "a stream in chunks, with its checksum behind it": [
    "done",
    async (place) => {
      const { client, at } = send(place, { requestChecksumCalculation: "WHEN_SUPPORTED" });
      const Body = Readable.from([Buffer.alloc(100_000, 1), Buffer.alloc(7, 2)]);
      await client.send(new PutObjectCommand({ ...at("chunks"), Body, ContentLength: 100_007 }));
      const { Body: back } = await client.send(new GetObjectCommand(at("chunks")));
      const bytes = (await back?.transformToByteArray()) ?? [];
      return bytes.length === 100_007 && bytes.at(-1) === 2 ? "done" : `${bytes.length} bytes`;
    },
  ],
  ...Object.fromEntries(
    (["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const).map((name) => [
      `a put with the wrong ${name}`,
      [
        "400 BadDigest",
        (place: Probed) => {
          const sizes = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 };
          const wrong = Buffer.alloc(sizes[name], 1).toString("base64");
          return put(place, "wrong", { [`Checksum${name}`]: wrong });
        },
      ] as const,
    ]),
  ),
  "a put with the right CRC32C": [
    "done",
    (place) => put(place, "right", { Body: "123456789", ChecksumCRC32C: "4waSgw==" }),
  ],
  "a put with the right CRC64NVME": [
    "done",
    (place) => put(place, "right", { Body: "123456789", ChecksumCRC64NVME: "rosUhgp5mIg=" }),
  ],
  "a create of what is there": [
    "412 PreconditionFailed",
    async (place) => {
      await put(place, "there", {});
      return put(place, "there", { IfNoneMatch: "*" });
    },
  ],
  "a swap of what is not there": [
    "412 PreconditionFailed",
    (place) => put(place, "nowhere", { IfMatch: '"d41d8cd98f00b204e9800998ecf8427e"' }),
  ],
  "a read of what has not changed": [
    "304 Unknown",
    async (place) => {
      const { client, at } = send(place);
      const { ETag } = await client.send(new PutObjectCommand({ ...at("same"), Body: "x" }));
      return client.send(new GetObjectCommand({ ...at("same"), IfNoneMatch: ETag }));
    },
  ],
  "a read of another version": [
    "412 PreconditionFailed",
    async (place) => {
      await put(place, "same", {});
      const { client, at } = send(place);
      return client.send(new GetObjectCommand({ ...at("same"), IfMatch: '"0"' }));
    },
  ],
  "the head of nothing": [
    "404 NotFound",
    (place) => clientOf(place).send(new HeadObjectCommand({ Bucket: place.bucket, Key: "none" })),
  ],
  ...Object.fromEntries(
    (
      [
        ["bytes=2-4", "234 of bytes 2-4/10"],
        ["bytes=7-", "789 of bytes 7-9/10"],
        ["bytes=-3", "789 of bytes 7-9/10"],
        ["bytes=8-99", "89 of bytes 8-9/10"],
        ["bytes=10-", "416 InvalidRange"],
      ] as const
    ).map(([Range, expected]) => [
      `the range ${Range}`,
      [
        expected,
        async (place: Probed) => {
          await put(place, "range", { Body: "0123456789" });
          const { client, at } = send(place);
          const output = await client.send(new GetObjectCommand({ ...at("range"), Range }));
          return `${await output.Body?.transformToString()} of ${output.ContentRange}`;
        },
      ] as const,
    ]),
  ),
  "metadata of more than 8,192 bytes": [
    "400 MetadataTooLarge",
    (place) => put(place, "meta", { Metadata: { much: "x".repeat(8_190) } }),
  ],
  "a key of 1,025 bytes": ["400 KeyTooLongError", (place) => put(place, "k".repeat(1_025), {})],
  "a tag": ["501 NotImplemented", (place) => put(place, "tag", { Tagging: "a=b" })],
  "parts of several sizes": ["400 InvalidPart", (place) => uploadOf(place, "uneven", [6, 5, 5])],
  "parts that are too small": ["400 EntityTooSmall", (place) => uploadOf(place, "small", [1, 1])],
  "parts of one size, and a smaller one": ["done", (place) => uploadOf(place, "even", [5, 5, 1])],
  "the end of an upload over what is there": [
    "412 PreconditionFailed",
    async (place) => {
      await put(place, "ended", {});
      return uploadOf(place, "ended", [1], { IfNoneMatch: "*" });
    },
  ],
  "the parts of an upload": [
    "1",
    async (place) => {
      const { client, at } = send(place);
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(at("parts")));
      const part = { ...at("parts"), UploadId, PartNumber: 1, Body: "x" };
      await client.send(new UploadPartCommand(part));
      const { Parts } = await client.send(new ListPartsCommand({ ...at("parts"), UploadId }));
      return `${Parts?.length}`;
    },
  ],
  "the uploads of a bucket": [
    "done",
    (place) => clientOf(place).send(new ListMultipartUploadsCommand({ Bucket: place.bucket })),
  ],
  "the end of an upload that is none": [
    "404 NoSuchUpload",
    (place) => {
      const { client, at } = send(place);
      return client.send(new AbortMultipartUploadCommand({ ...at("none"), UploadId: "none" }));
    },
  ],
  "a copy": [
    "body, of source",
    async (place) => {
      const { client, at } = send(place);
      await put(place, "source ä", { Metadata: { of: "source" } });
      const CopySource = `${place.bucket}/${encodeURIComponent("source ä")}`;
      await client.send(new CopyObjectCommand({ ...at("copy"), CopySource }));
      const { Body, Metadata } = await client.send(new GetObjectCommand(at("copy")));
      return `${await Body?.transformToString()}, of ${Metadata?.of}`;
    },
  ],
  "a list by folders": [
    "f/a f/d | f/b/ f/c/",
    async (place) => {
      for (const name of ["a", "b/1", "b/2", "c/1", "d"]) await put(place, `f/${name}`, {});
      const { client } = send(place);
      const seen: [string[], string[]] = [[], []];
      for (let ContinuationToken: string | undefined; ; ) {
        const page = await client.send(
          new ListObjectsV2Command({
            ...{ Bucket: place.bucket, Prefix: "f/", Delimiter: "/", MaxKeys: 1 },
            ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
          }),
        );
        seen[0].push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
        seen[1].push(...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix));
        ContinuationToken = page.NextContinuationToken;
        if (ContinuationToken === undefined) return seen.map((each) => each.join(" ")).join(" | ");
      }
    },
  ],
  "a delete of 1,001 keys at once": [
    "400 MalformedXML",
    (place) => {
      const Objects = Array.from({ length: 1_001 }, (_, at) => ({ Key: `${at}` }));
      const input = { Bucket: place.bucket, Delete: { Objects } };
      return clientOf(place).send(new DeleteObjectsCommand(input));
    },
  ],
  "a delete of a key that is a space": [
    "0 left",
    async (place) => {
      await put(place, " ", {});
      const { client } = send(place);
      const Delete = { Objects: [{ Key: " " }] };
      await client.send(new DeleteObjectsCommand({ Bucket: place.bucket, Delete }));
      const input = { Bucket: place.bucket, Prefix: " " };
      const { KeyCount } = await client.send(new ListObjectsV2Command(input));
      await client.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: " " }));
      return `${KeyCount} left`;
    },
  ],
  "a presigned read": ["200 body", (place) => readPresigned(place, Date.now())],
  "a presigned read that has expired": [
    "403",
    (place) => readPresigned(place, Date.now() - 3_600_000),
  ],
  "a presigned read of another key than was signed": [
    "403",
    (place) => readPresigned(place, Date.now(), (url) => url.replace("signed", "other")),
  ],
  "a request that nobody signed": [
    "400",
    async (place) => statusOf(await fetch(`${place.endpoint}/${place.bucket}/signed`)),
  ],
};

async function uploadOf(
  place: Probed,
  key: string,
  megabytes: readonly number[],
  condition: object = {},
): Promise<unknown> {
  const { client, at } = send(place);
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at(key)));
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (const [index, size] of megabytes.entries()) {
    const part = { ...at(key), UploadId, PartNumber: index + 1, Body: new Uint8Array(size * MB) };
    const { ETag } = await client.send(new UploadPartCommand(part));
    Parts.push({ PartNumber: index + 1, ETag });
  }
  const input = { ...at(key), UploadId, MultipartUpload: { Parts }, ...condition };
  return client.send(new CompleteMultipartUploadCommand(input));
}

/** Signed here by hand, so that the server is not only held against the SDK's own signatures. */
async function readPresigned(
  place: Probed,
  time: number,
  change: (url: string) => string = (url) => url,
): Promise<string> {
  await put(place, "signed", {});
  const url = new URL(`${place.endpoint}/${place.bucket}/signed`);
  const date = new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${date.slice(0, 8)}/auto/s3/aws4_request`;
  const query = new URLSearchParams([
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${place.credentials.accessKeyId}/${scope}`],
    ["X-Amz-Date", date],
    ["X-Amz-Expires", "60"],
    ["X-Amz-SignedHeaders", "host"],
  ]);
  const lines = ["GET", url.pathname, `${query}`, `host:${url.host}`, "", "host"];
  const canonical = [...lines, "UNSIGNED-PAYLOAD"].join("\n");
  const hash = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", date, scope, hash].join("\n");
  const key = scope
    .split("/")
    .reduce<Buffer>(
      (from, part) => createHmac("sha256", from).update(part).digest(),
      Buffer.from(`AWS4${place.credentials.secretAccessKey}`),
    );
  query.set("X-Amz-Signature", createHmac("sha256", key).update(toSign).digest("hex"));
  return statusOf(await fetch(change(`${url}?${query}`)));
}

async function statusOf(response: Response): Promise<string> {
  const body = await response.text();
  return response.ok ? `${response.status} ${body}` : `${response.status}`;
}

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { S3Error } from "./s3-error.ts";

const CHECKSUMS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  "x-amz-checksum-crc32": (body) => fourBytes(crc32(body)),
  "x-amz-checksum-crc32c": (body) => fourBytes(crc32c(body)),
  "x-amz-checksum-crc64nvme": crc64nvme,
  "x-amz-checksum-sha1": (body) => createHash("sha1").update(body).digest(),
  "x-amz-checksum-sha256": (body) => createHash("sha256").update(body).digest(),
  "content-md5": (body) => createHash("md5").update(body).digest(),
};

/** Refuses a body that is not the one whose checksum was sent. */
export function checkChecksums(body: Buffer, headers: Readonly<Record<string, string>>): void {
  for (const [name, checksum] of Object.entries(CHECKSUMS)) {
    const claimed = headers[name];
    if (claimed === undefined || checksum(body).toString("base64") === claimed) continue;
    throw new S3Error(400, "BadDigest", `The body does not match its ${name}.`);
  }
}

const CRC32C = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

function crc32c(body: Buffer): number {
  let value = 0xffffffff;
  for (const byte of body) value = (CRC32C[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

const CRC64NVME = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
  }
  return value;
});

function crc64nvme(body: Buffer): Buffer {
  let value = 0xffffffffffffffffn;
  for (const byte of body) {
    value = (CRC64NVME[Number((value ^ BigInt(byte)) & 0xffn)] ?? 0n) ^ (value >> 8n);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value ^ 0xffffffffffffffffn);
  return bytes;
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

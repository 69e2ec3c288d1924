import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflateRaw, inflateRawSync } from "node:zlib";

/** Named arrays of numbers: what a state consists of. */
export type Sections = Record<string, Section>;
type Section =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

const KINDS = { Uint8Array, Uint16Array, Uint32Array, Int32Array, Float64Array } as const;
type Kind = keyof typeof KINDS;

interface Entry {
  readonly name: string;
  readonly kind: Kind;
  /** Numbers in it. */
  readonly length: number;
  /** Bytes it takes, compressed. */
  readonly bytes: number;
}

/** `tks` and the version of the layout. Read the other way round, from another kind of machine, it is none. */
const MAGIC = 0x736b7402;
const CHECKSUM_BYTES = 16;
const HEAD_BYTES = 4 + CHECKSUM_BYTES + 4;

/** Packed sections that can not be read: cut, changed, or of another layout. */
class SectionsError extends Error {
  override readonly name = "SectionsError";
  readonly code = "invalid_sections";
}

const deflate = promisify(deflateRaw);
/** Higher ones take twice the time for some per cent. */
const LEVEL = 4;

/** Magic, checksum of all that follows, length of the table, table as JSON, the sections, each compressed. */
export async function packSections(sections: Sections): Promise<Uint8Array> {
  const packed = await Promise.all(
    Object.entries(sections).map(async ([name, numbers]) => {
      const raw = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
      const body = await deflate(raw, { level: LEVEL });
      const kind = numbers.constructor.name as Kind;
      return { entry: { name, kind, length: numbers.length, bytes: body.length }, body };
    }),
  );
  const table = Buffer.from(JSON.stringify(packed.map(({ entry }) => entry)));
  const tableLength = Buffer.from(new Uint32Array([table.length]).buffer);
  const rest = [tableLength, table, ...packed.map(({ body }) => body)];
  const head = Buffer.from(new Uint32Array([MAGIC]).buffer);
  // Joined once: each copy is as large as all of it.
  const { buffer, byteOffset, length } = Buffer.concat([head, checksumOf(rest), ...rest]);
  return new Uint8Array(buffer, byteOffset, length);
}

/** Throws a SectionsError where the bytes are not exactly what `packSections` gave. */
export function unpackSections(bytes: Uint8Array): Sections {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEAD_BYTES) {
    throw new SectionsError("The packed sections are cut short.");
  }
  if (numberAt(buffer, 0) !== MAGIC) {
    throw new SectionsError("These are no packed sections of this version.");
  }
  if (
    !checksumOf([buffer.subarray(4 + CHECKSUM_BYTES)]).equals(
      buffer.subarray(4, 4 + CHECKSUM_BYTES),
    )
  ) {
    throw new SectionsError(
      "The packed sections were changed or cut: their checksum does not fit.",
    );
  }
  const tableEnd = HEAD_BYTES + numberAt(buffer, 4 + CHECKSUM_BYTES);
  const table = JSON.parse(buffer.toString("utf8", HEAD_BYTES, tableEnd)) as Entry[];
  const sections: Sections = {};
  let at = tableEnd;
  for (const { name, kind, length, bytes: size } of table) {
    sections[name] = unpack(buffer.subarray(at, at + size), kind, length);
    at += size;
  }
  return sections;
}

function unpack(body: Buffer, kind: Kind, length: number): Section {
  const Numbers = KINDS[kind];
  const size = length * Numbers.BYTES_PER_ELEMENT;
  // One piece of just that size: nothing to join afterwards.
  const raw = inflateRawSync(body, {
    chunkSize: Math.max(64, size),
    maxOutputLength: Math.max(64, size),
  });
  if (raw.byteOffset % Numbers.BYTES_PER_ELEMENT === 0) {
    return new Numbers(raw.buffer as ArrayBuffer, raw.byteOffset, length);
  }
  return new Numbers(new Uint8Array(raw).buffer, 0, length);
}

function numberAt(buffer: Buffer, at: number): number {
  return new Uint32Array(new Uint8Array(buffer.subarray(at, at + 4)).buffer)[0] ?? 0;
}

function checksumOf(pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest().subarray(0, CHECKSUM_BYTES);
}

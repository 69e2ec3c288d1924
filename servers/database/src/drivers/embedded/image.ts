import { createHash } from "node:crypto";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { brotliCompressSync, brotliDecompress, constants } from "node:zlib";

/**
 * A folder as one compressed buffer. A new cluster is three copies of one database and a log that is
 * mostly zeros: each content is kept once, without the zeros at its end.
 */
interface Index {
  readonly folders: string[];
  /** Path, length, and where its content begins and ends among the contents. */
  readonly files: [path: string, length: number, from: number, to: number][];
}

export function packFolder(folder: string, { quick = false } = {}): Buffer {
  const contents: Buffer[] = [];
  const places = new Map<string, [number, number]>();
  let size = 0;
  const index: Index = { folders: [], files: [] };

  function place(content: Buffer): [number, number] {
    const hash = createHash("sha256").update(content).digest("hex");
    const known = places.get(hash);
    if (known) return known;
    const at: [number, number] = [size, size + content.length];
    contents.push(content);
    size += content.length;
    places.set(hash, at);
    return at;
  }

  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.sort((a, b) => pathOf(a).localeCompare(pathOf(b)))) {
    const path = relative(folder, pathOf(entry)).replaceAll("\\", "/");
    if (entry.isDirectory()) index.folders.push(path);
    else if (entry.isFile()) {
      const bytes = readFileSync(pathOf(entry));
      index.files.push([path, bytes.length, ...place(withoutZeros(bytes))]);
    }
  }
  const head = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return brotliCompressSync(Buffer.concat([length, head, ...contents]), {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quick ? 4 : 9,
      [constants.BROTLI_PARAM_LGWIN]: 24,
    },
  });
}

const decompress = promisify(brotliDecompress);

/** The folder must not exist. Its files are open to their owner alone. */
export async function unpackFolder(image: Uint8Array, folder: string): Promise<void> {
  const bytes = await decompress(image);
  const start = 4 + bytes.readUInt32BE(0);
  const index = JSON.parse(bytes.toString("utf8", 4, start)) as Index;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const path of index.folders) mkdirSync(join(folder, path), { mode: 0o700 });
  for (const [path, length, from, to] of index.files) {
    const file = openSync(join(folder, path), "wx", 0o600);
    writeSync(file, bytes, start + from, to - from);
    if (to - from < length) ftruncateSync(file, length);
    closeSync(file);
  }
}

function pathOf({ parentPath, name }: { parentPath: string; name: string }): string {
  return join(parentPath, name);
}

function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

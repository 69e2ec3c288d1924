import { createHash } from "node:crypto";

export interface KeptObject {
  readonly key: string;
  readonly body: Buffer;
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Content type, metadata and what else is given back as it was sent. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, { body: Buffer; etag: string; modified: number }>;
}

/** Objects under keys, in the order of the keys' UTF-8 bytes. */
export interface Bucket {
  get(key: string): KeptObject | undefined;
  set(object: KeptObject): void;
  delete(key: string): void;
  /** Objects after `after` that begin with `prefix`; stops looking when the reader does. */
  walk(prefix: string, after: string): Generator<KeptObject>;
  readonly size: number;
  readonly uploads: Map<string, Upload>;
}

export function createBucket(): Bucket {
  const objects = new Map<string, KeptObject>();
  // A string of bytes compares as the bytes do.
  const sorted: string[] = [];
  const uploads = new Map<string, Upload>();
  const toBytes = (key: string) => Buffer.from(key).toString("latin1");
  const toKey = (bytes: string) => Buffer.from(bytes, "latin1").toString();
  /** Of the first that is not below. */
  const find = (bytes: string): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as string) < bytes) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    get: (key) => objects.get(key),
    set(object) {
      if (!objects.has(object.key)) {
        const bytes = toBytes(object.key);
        sorted.splice(find(bytes), 0, bytes);
      }
      objects.set(object.key, object);
    },
    delete(key) {
      if (objects.delete(key)) sorted.splice(find(toBytes(key)), 1);
    },
    *walk(prefix, after) {
      const [start, last] = [toBytes(prefix), toBytes(after)];
      let at = Math.max(find(start), find(last));
      if (after !== "" && sorted[at] === last) at += 1;
      for (let bytes = sorted[at]; bytes?.startsWith(start); bytes = sorted[at]) {
        yield objects.get(toKey(bytes)) as KeptObject;
        at += 1;
      }
    },
    get size() {
      return objects.size;
    },
    uploads,
  };
}

export function etagOf(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

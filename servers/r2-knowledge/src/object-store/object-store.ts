/**
 * Where objects are kept: a bucket (R2, any S3) or a folder, behind one port with the consistency
 * that R2 gives: whoever reads or lists after a write was acknowledged sees that write.
 *
 * Keys are UTF-8, 1–1,024 bytes, `/` is only a habit. Bodies are bytes. An ETag is opaque and
 * changes with every write of a key, so that "unchanged since I read it" can be asked for; where a
 * bucket makes it of the bytes, writing the same bytes again leaves it as it was.
 */
export interface ObjectStore {
  /** What it is, without secrets, for messages: `bucket knowledge at https://…`, `folder /…`. */
  readonly description: string;

  /** The object, or undefined where there is none. */
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;

  /** The object's facts without its body, or undefined where there is none. */
  head(key: string, options?: CallOptions): Promise<ObjectFacts | undefined>;

  /**
   * Writes the whole object at once: a reader sees the old one or the new one. Where the answer got
   * lost, the object is read back and compared: a put that returns did happen, and one that rejects
   * with another code than `outcome_unknown` did not.
   * @throws ObjectStoreError `precondition_failed` where the condition does not hold.
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<{ etag: string }>;

  /** Like `put`, for what does not fit in memory; nothing is seen of it before its end. */
  putStream(
    key: string,
    body: AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<{ etag: string; bytes: number }>;

  /** The body in pieces, or undefined where there is no such object. */
  getStream(
    key: string,
    options?: GetOptions,
  ): Promise<(ObjectFacts & { body: AsyncIterable<Uint8Array> }) | undefined>;

  /** Deletes; what is not there is as good as deleted. Any number of keys. */
  delete(keys: string | readonly string[], options?: CallOptions): Promise<void>;

  /** One page of the keys that begin with `prefix`, in the order of their UTF-8 bytes. */
  list(prefix: string, options?: ListOptions): Promise<ListPage>;

  /** What was sent since the store was opened, those of retries too; missing where nobody bills it. */
  billed?: (() => BilledRequests) | undefined;

  /** Lets go of sockets and files. */
  close(): Promise<void>;
}

/** Requests as R2 bills them: A changes or lists, B reads; deletes and refused requests are free. */
export interface BilledRequests {
  readonly A: number;
  readonly B: number;
  readonly free: number;
}

export interface CallOptions {
  /** Once it is aborted, the call rejects with its reason; a write may then have happened or not. */
  signal?: AbortSignal | undefined;
}

export interface GetOptions extends CallOptions {
  /** Bytes `from` to `to`, both included, counted from 0. What the object does not have is left out. */
  range?: { from: number; to?: number | undefined } | undefined;
}

export interface PutOptions extends CallOptions {
  /** `absent`: only where the key is free (If-None-Match: *). An ETag: only over that version. */
  when?: "absent" | { etag: string } | undefined;
  contentType?: string | undefined;
  /** Names of `a-z`, `0-9` and `-`, any text as value; names and values at most 8,192 bytes of UTF-8. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

export interface ObjectFacts {
  key: string;
  etag: string;
  /** Bytes of the whole object, also where only a range of it was asked for. */
  size: number;
  /** Milliseconds since 1970, by the store's clock. */
  modified: number;
  contentType?: string | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
}

export interface StoredObject extends ObjectFacts {
  body: Uint8Array;
}

export interface ListOptions extends CallOptions {
  /** Keys after this one. */
  after?: string | undefined;
  /** At most so many, 1–1,000. */
  limit?: number | undefined;
}

export interface ListPage {
  /** Without content type and metadata. */
  objects: ObjectFacts[];
  /** Give it as `after` for the next page; undefined on the last page. */
  next: string | undefined;
}

/**
 * - `precondition_failed`: the key was taken, or is no longer the version named.
 * - `throttled`: the store asked to slow down, and still did after the adapter's own retries.
 * - `outcome_unknown`: a write whose answer got lost and that could not be read back.
 * - `too_large`: the object or its metadata is more than the store takes.
 * - `damaged`: the object's bytes are not those that were written.
 * - `denied`, `no_bucket`, `clock_skew`, `full`, `bad_key`: what the message says to mend.
 * - `unavailable`: not reached, or 5xx.
 */
export type ObjectStoreErrorCode =
  | "precondition_failed"
  | "throttled"
  | "outcome_unknown"
  | "denied"
  | "no_bucket"
  | "clock_skew"
  | "too_large"
  | "damaged"
  | "full"
  | "bad_key"
  | "unavailable";

/** Tell them apart by `code`, never by class. */
export class ObjectStoreError extends Error {
  override readonly name = "ObjectStoreError";
  readonly code: ObjectStoreErrorCode;

  constructor(code: ObjectStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

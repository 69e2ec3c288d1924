export interface LogEntry {
  /** From 1, without gaps; never given twice, also after the entry was trimmed. */
  readonly seq: number;
  /** Epoch milliseconds, by the clock of whoever appended. */
  readonly at: number;
  readonly text: string;
}

export interface LogRange {
  /** Only entries after this one. */
  readonly sinceSeq: number;
  /** At most so many; 1 000 by default. */
  readonly limit?: number;
}

/** What to keep; an entry goes when either says so. */
export interface LogRetention {
  readonly maxEntries?: number;
  readonly maxAgeMs?: number;
}

export interface TailOptions {
  readonly sinceSeq: number;
  /**
   * Given entries in order, one batch at a time. Those of a batch that it rejects come again later.
   * A first entry that does not follow `sinceSeq` tells that those between were trimmed.
   */
  readonly onEntries: (entries: readonly LogEntry[]) => Promise<void> | void;
}

/** Append-only streams of text, one for each topic, numbered in the order they were committed. */
export interface Log {
  /** Appends in one step; resolves once all are stored, with the number of the last. */
  append(topic: string, texts: readonly string[]): Promise<number>;
  /** Appends at little cost, soon, in order with `append`: a crash may lose the last 50 ms. */
  appendSoon(topic: string, text: string): void;
  /** Resolves once everything appended before is stored; rejects where some since the last flush was not. */
  flush(): Promise<void>;
  read(topic: string, range: LogRange): Promise<LogEntry[]>;
  /** The first entry still kept and the last one given; `first` is `last + 1` where nothing is kept. */
  bounds(topic: string): Promise<{ readonly first: number; readonly last: number }>;
  /** Returns the number of entries deleted. */
  trim(topic: string, retention: LogRetention): Promise<number>;
  /** Follows a topic, whichever process appends to it. Returns the function that ends it. */
  tail(topic: string, options: TailOptions): () => void;
  /** Ends the tails. */
  close(): Promise<void>;
}

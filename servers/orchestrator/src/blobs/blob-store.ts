/** Texts that are too large for the log of a run, each known by its run and its digest. */
export interface BlobStore {
  /** Durable when it resolves; the same text twice is one. */
  put(run: string, digest: string, text: string): Promise<void>;
  get(run: string, digest: string): Promise<string | undefined>;
  /** Forgets everything of these runs. */
  drop(runs: readonly string[]): Promise<void>;
}

/** What the model says next, in no provider's words. */
export interface RecordedTurn {
  readonly text?: string;
  readonly calls?: readonly RecordedCall[];
  /** Worked out where left out: by whether there are calls. */
  readonly end?: "done" | "calls" | "length" | "refused";
  /** Left out of the answer where null; 10 in and 5 out where left out. */
  readonly usage?: { readonly input: number; readonly output: number } | null;
}

export interface RecordedCall {
  readonly name: string;
  /** A text stands for what is no JSON object. */
  readonly arguments: object | string;
}

/** What goes wrong instead. */
export interface RecordedFault {
  readonly status: number | "reset" | "silence";
  /** In seconds or as a date. */
  readonly retryAfter?: string;
  readonly message?: string;
}

export type Recorded = RecordedTurn | RecordedFault;

/** What was asked, and how. */
export interface ModelRequestSeen {
  readonly dialect: "anthropic" | "openai";
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** The results of tools that came with it, oldest first. */
  readonly results: readonly string[];
  /** What the user said first. */
  readonly prompt: string;
}

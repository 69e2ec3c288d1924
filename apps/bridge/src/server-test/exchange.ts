import type { JsonObject, JsonValue } from "@trestle/protocol";

/** One request that a server was sent, and its answer. */
export interface Exchange {
  readonly method: string;
  readonly params?: JsonObject;
  /** One of these two. */
  readonly result?: JsonValue;
  readonly error?: JsonValue;
  /** Until the answer came. */
  readonly ms: number;
}

/** What goes wrong with the next tool call, which reaches the server all the same. */
export type Fault =
  /** The server is killed, or its connection reset, before it answers. */
  | { readonly kind: "kill" }
  /** Its answer is lost. */
  | { readonly kind: "hang" }
  /** Its answer comes so many milliseconds late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** What comes in place of its answer is no message. */
  | { readonly kind: "garbage" };

export type Watcher = (message: JsonObject, from: "bridge" | "server") => void;

/** What stands between a bridge and the server that it tests. */
export interface Between {
  /** What goes wrong with the next tool call. */
  arm(fault: Fault): void;
  /** From now on the first tool is defined otherwise; a server that can tell does. */
  changeTools(): void;
  /** Shows every message that passes, as its sender wrote it. Returns the function that ends it. */
  watch(watcher: Watcher): () => void;
  /** Ends the server at once, where it is ours to end. */
  kill?: () => void;
  /** What the server wrote to stderr last. */
  stderr(): string;
  close(): Promise<void>;
}

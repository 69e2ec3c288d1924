/** What the engine and its thread say to each other. */
export type ToThread =
  /** Messages of the wire protocol, to the end of a query, a sync or a flush. */
  | { readonly kind: "run"; readonly bytes: Uint8Array }
  | { readonly kind: "open" }
  | { readonly kind: "close" };

export type FromThread =
  | { readonly kind: "opened" }
  /** `spent`: it took so much memory, which it can not give back, that the thread should be replaced. */
  | { readonly kind: "answer"; readonly bytes: Uint8Array<ArrayBuffer>; readonly spent: boolean }
  /** The thread is of no more use. */
  | { readonly kind: "broken"; readonly message: string; readonly retryable: boolean }
  | { readonly kind: "closed" };

export interface ThreadData {
  readonly path: string;
}

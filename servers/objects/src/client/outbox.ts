import type { Answer, CallRequest, InitializeRequest } from "../protocol.ts";

/** What is asked of an object. Each has a key, so that asking twice does it once. */
export type Asked =
  | { readonly action: "initialize"; readonly request: InitializeRequest & { key: string } }
  | { readonly action: "call"; readonly request: CallRequest & { key: string } }
  | { readonly action: "delete"; readonly request: { key: string; expectedSeq?: number } };

/** One that was not answered yet. */
export interface Waiting {
  readonly id: string;
  readonly asked: Asked;
  /** Did it ever leave? Then it may have been done. */
  wasSent: boolean;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** What was asked and not answered, in its order. It outlives connections. */
export interface Outbox {
  readonly size: number;
  add(waiting: Waiting): void;
  first(): Waiting | undefined;
  all(): readonly Waiting[];
  /** Takes it out, if it is still there. */
  take(id: string): Waiting | undefined;
}

export function createOutbox(): Outbox {
  const waiting = new Map<string, Waiting>();
  return {
    get size() {
      return waiting.size;
    },
    add: (each) => void waiting.set(each.id, each),
    first: () => waiting.values().next().value,
    all: () => [...waiting.values()],
    take(id) {
      const found = waiting.get(id);
      waiting.delete(id);
      return found;
    },
  };
}

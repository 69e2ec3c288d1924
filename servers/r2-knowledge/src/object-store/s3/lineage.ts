import type { PutOptions } from "../object-store.ts";

/**
 * Which write an object is of, kept with it as metadata, so that a write whose answer got lost can
 * be told from everybody else's: `ID over [ID-of-what-was-there]`, where `over` is `absent`, the
 * ETag it was to replace, or `any`.
 */
export const MARK = "trestle-write";

export interface Mark {
  readonly id: string;
  /** Undefined where whatever was there was replaced. */
  readonly over: "absent" | { readonly etag: string; readonly id: string | undefined } | undefined;
}

export function wordMark({ id, over }: Mark): string {
  if (over === undefined) return `${id} any`;
  if (over === "absent") return `${id} absent`;
  return [id, over.etag, ...(over.id === undefined ? [] : [over.id])].join(" ");
}

export function parseMark(text: string | undefined): Mark | undefined {
  const [id, over, overId] = text?.split(" ") ?? [];
  if (!id || !over) return undefined;
  if (over === "any") return { id, over: undefined };
  return { id, over: over === "absent" ? over : { etag: over, id: overId } };
}

/** Remembers of which write the versions are that this process saw last. */
export interface Lineage {
  saw(key: string, etag: string, id: string | undefined): void;
  /** The mark of a write that is about to be sent. */
  mark(key: string, id: string, when: PutOptions["when"]): Mark;
}

const MOST = 1_000;

export function createLineage(): Lineage {
  const seen = new Map<string, { etag: string; id: string }>();
  return {
    saw(key, etag, id) {
      seen.delete(key);
      if (id !== undefined) seen.set(key, { etag, id });
      const [oldest] = seen.size > MOST ? seen.keys() : [];
      if (oldest !== undefined) seen.delete(oldest);
    },
    mark(key, id, when) {
      if (when === undefined || when === "absent") return { id, over: when };
      const last = seen.get(key);
      return { id, over: { etag: when.etag, id: last?.etag === when.etag ? last.id : undefined } };
    },
  };
}

import type { JsonValue } from "@trestle/protocol";
import type { CallOptions } from "../object-store/object-store.ts";
import type { FieldClock } from "./clocks.ts";

/**
 * What several edit at once: a value with a version, of which exactly one writer makes the next one.
 * Wherever it is kept, in a bucket or elsewhere, editing works by these two functions alone.
 */
export interface SharedObject<Value> {
  /** Throws `not_found`. */
  read(call?: CallOptions): Promise<Versioned<Value>>;
  /**
   * Makes `next` the version after the one it was made of. Undefined where somebody else did it first.
   * Resolves once it is durable.
   */
  write(
    next: Value,
    over: Versioned<Value>,
    call?: CallOptions,
  ): Promise<Versioned<Value> | undefined>;
}

export interface Versioned<Value> {
  readonly value: Value;
  readonly version: number;
  /** Tells this version from every other, for whoever keeps it. */
  readonly tag: string;
}

/** Several fields at once, all of them or none. */
export interface Edit {
  /** The version that the editor saw. */
  readonly version: number;
  /** Who edits, as the others are to see it. */
  readonly by?: string | undefined;
  /** By field; null takes it away. */
  readonly changes: ReadonlyMap<string, JsonValue>;
}

/** A field that somebody else changed since the editor saw it. */
export interface Conflict extends FieldClock {
  readonly field: string;
  readonly yours: JsonValue;
  readonly theirs: JsonValue;
}

export type Edited<Value> =
  /** It is durable; `merged` are the fields that others changed since the version the editor saw. */
  | {
      readonly status: "applied";
      readonly value: Value;
      readonly version: number;
      readonly merged: readonly (FieldClock & { readonly field: string })[];
    }
  /** Nothing was written. */
  | {
      readonly status: "conflict";
      readonly value: Value;
      readonly version: number;
      readonly conflicts: readonly Conflict[];
    };

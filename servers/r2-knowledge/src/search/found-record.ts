import type { JsonObject } from "@trestle/protocol";
import type { Documents } from "./documents.ts";
import { CONTEXT, SEVERITY, TYPE } from "./facts.ts";
import type { Preview } from "./previews.ts";
import { WHERE } from "./terms.ts";

/**
 * What the index knows of a record, read when it is asked for: very many are looked at of which little is
 * needed. It stays as it was when it was found, whatever comes later.
 */
export class FoundRecord {
  readonly #documents: Documents;
  readonly #document: number;
  #id: string | undefined;
  #preview: Preview | undefined;

  constructor(documents: Documents, document: number) {
    this.#documents = documents;
    this.#document = document;
  }

  get id(): string {
    this.#id ??= this.#documents.idOf(this.#document);
    return this.#id;
  }

  get version(): number {
    return this.#documents.versions[this.#document] ?? 0;
  }

  /** Milliseconds since 1970. */
  get timestamp(): number {
    return this.#documents.times[this.#document] ?? 0;
  }

  /** 0 to 1; undefined where none was given. */
  get confidence(): number | undefined {
    const confidence = this.#documents.confidences[this.#document];
    return confidence === undefined || Number.isNaN(confidence) ? undefined : confidence;
  }

  get type(): string | undefined {
    return this.#documents.facts.ownOf(this.#document, TYPE);
  }

  get severity(): string | undefined {
    return this.#documents.facts.ownOf(this.#document, SEVERITY);
  }

  get context(): string | undefined {
    return this.#documents.facts.ownOf(this.#document, CONTEXT);
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#documents.facts.metadataOf(this.#document);
  }

  get preview(): Preview {
    this.#preview ??= this.#documents.previews.at(this.#document);
    return this.#preview;
  }

  /** What was given not to be looked into. */
  get data(): JsonObject {
    return this.#documents.previews.dataAt(this.#document) ?? {};
  }

  /** Undefined where the record says nothing of an error. */
  get fingerprint(): string | undefined {
    return this.#documents.postings.termOf(this.#document, WHERE)?.slice(1);
  }
}

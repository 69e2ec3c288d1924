import type { JsonObject } from "@trestle/protocol";
import type { SearchEntry } from "./entry.ts";
import { grown } from "./growing.ts";
import type { Sections } from "./snapshot.ts";

/** What is shown of a record without fetching it, cut to what a reader takes in at a glance. */
export interface Preview {
  readonly name: string;
  readonly message: string;
  readonly fix: string;
  readonly context: string;
  readonly data?: JsonObject;
}

const SHOWN = { name: 120, message: 400, fix: 400, context: 160 } as const;
const FIELDS = ["name", "message", "fix", "context"] as const;
/** Between two fields; stands in none of them. */
const SEPARATOR = "\0";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The previews of documents, numbered as they come, one after the other in one piece of memory. */
export class Previews {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4_096);
  #starts: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #documents = 0;

  add(entry: SearchEntry): void {
    const texts = FIELDS.map((field) => cut(entry[field] ?? "", SHOWN[field]));
    const data = entry.data === undefined ? "" : JSON.stringify(entry.data);
    const text = [...texts, data].join(SEPARATOR);
    const start = this.#starts[this.#documents] ?? 0;
    this.#bytes = grown(this.#bytes, start + text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start));
    this.#documents += 1;
    this.#starts = grown(this.#starts, this.#documents + 1);
    this.#starts[this.#documents] = start + written;
  }

  at(document: number): Preview {
    const bytes = this.#bytes.subarray(
      this.#starts[document] ?? 0,
      this.#starts[document + 1] ?? 0,
    );
    const [name = "", message = "", fix = "", context = "", data = ""] = decoder
      .decode(bytes)
      .split(SEPARATOR);
    const shown = { name, message, fix, context };
    return data === "" ? shown : { ...shown, data: JSON.parse(data) as JsonObject };
  }

  compact(isLive: (document: number) => boolean): void {
    let kept = 0;
    let end = 0;
    for (let document = 0; document < this.#documents; document += 1) {
      if (!isLive(document)) continue;
      const from = this.#starts[document] ?? 0;
      const to = this.#starts[document + 1] ?? 0;
      this.#bytes.copyWithin(end, from, to);
      end += to - from;
      kept += 1;
      this.#starts[kept] = end;
    }
    this.#documents = kept;
  }

  save(): Sections {
    return {
      "previews.bytes": this.#bytes.slice(0, this.#starts[this.#documents] ?? 0),
      "previews.starts": this.#starts.slice(0, this.#documents + 1),
    };
  }

  load(sections: Sections): void {
    this.#bytes = sections["previews.bytes"] as Uint8Array<ArrayBuffer>;
    this.#starts = sections["previews.starts"] as Uint32Array<ArrayBuffer>;
    this.#documents = this.#starts.length - 1;
  }
}

function cut(text: string, most: number): string {
  const plain = text.replaceAll(SEPARATOR, " ");
  return plain.length <= most ? plain : `${plain.slice(0, most - 1)}…`;
}

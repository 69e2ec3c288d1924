import type { JsonObject } from "@trestle/protocol";
import type { Kept } from "../packed/kept.ts";
import type { Sections } from "../packed/sections.ts";
import { joined, type Slices } from "../packed/slices.ts";
import type { SearchEntry } from "./entry.ts";
import { Texts } from "./texts.ts";

/** What is shown of a record without fetching it, cut to what a reader takes in at a glance. */
export interface Preview {
  readonly name: string;
  readonly message: string;
  readonly fix: string;
  readonly context: string;
  readonly data?: JsonObject;
}

const SHOWN = { name: 200, message: 400, fix: 400, context: 160 } as const;
const FIELDS = ["name", "message", "fix", "context"] as const;
/** Between two fields; stands in none of them. */
const SEPARATOR = "\0";

/** The previews of documents. What is not looked into stands apart: it is read of many that are not shown. */
export class Previews {
  readonly #shown = new Texts();
  readonly #data = new Texts();

  add(entry: SearchEntry): void {
    const { data = {} } = entry;
    this.#shown.add(FIELDS.map((field) => cut(entry[field] ?? "", SHOWN[field])).join(SEPARATOR));
    this.#data.add(Object.keys(data).length === 0 ? "" : JSON.stringify(data));
  }

  at(document: number): Preview {
    const [name = "", message = "", fix = "", context = ""] = this.#shown
      .at(document)
      .split(SEPARATOR);
    const data = this.dataAt(document);
    return { name, message, fix, context, ...(data === undefined ? {} : { data }) };
  }

  dataAt(document: number): JsonObject | undefined {
    const text = this.#data.at(document);
    return text === "" ? undefined : (JSON.parse(text) as JsonObject);
  }

  sections(kept: Kept): Slices<Sections> {
    return joined([this.#shown.sections("shown", kept), this.#data.sections("data", kept)]);
  }

  load(sections: Sections): void {
    this.#shown.load(sections, "shown");
    this.#data.load(sections, "data");
  }
}

function cut(text: string, most: number): string {
  const plain = text.replaceAll(SEPARATOR, " ");
  return plain.length <= most ? plain : `${plain.slice(0, most - 1)}…`;
}

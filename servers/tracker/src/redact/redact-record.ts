import { createRedact } from "@trestle/policy";
import type { JsonObject } from "@trestle/protocol";
import type { Part, TaskItem, TrackedRecord } from "../model/record.ts";

export interface RedactOptions {
  /** Further names of fields whose values are taken out. */
  readonly fields?: readonly string[];
  /** What else is taken out of any text. */
  readonly patterns?: readonly RegExp[];
}

/** Of a longer text its beginning is kept; the file it stands in has all of it. */
const MAX_TEXT = 64_000;
const MAX_DEPTH = 16;

/** Takes what gives itself away as a secret out of a record, before anything is derived of it or stored. */
export function createRecordRedact({
  fields = [],
  patterns = [],
}: RedactOptions = {}): (record: TrackedRecord) => TrackedRecord {
  const redact = createRedact({ fields, maxStringLength: MAX_TEXT, maxDepth: MAX_DEPTH });
  const own = patterns.map(
    ({ source, flags }) => new RegExp(source, [...new Set(`${flags}g`)].join("")),
  );

  function ofText(text: string): string {
    const safe = redact({ text }).text as string;
    return own.reduce((left, pattern) => left.replace(pattern, "[redacted]"), safe);
  }

  function ofInput(input: JsonObject): JsonObject {
    const safe = redact(input);
    if (own.length === 0) return safe;
    return JSON.parse(JSON.stringify(safe), (_, value) =>
      typeof value === "string" ? ofText(value) : value,
    );
  }

  function ofItem(item: TaskItem): TaskItem {
    const { subject, description } = item;
    return {
      ...item,
      ...(subject !== undefined && { subject: ofText(subject) }),
      ...(description !== undefined && { description: ofText(description) }),
    };
  }

  function ofPart(part: Part): Part {
    if ("text" in part) return { ...part, text: ofText(part.text) };
    if (part.kind === "call") return { ...part, input: ofInput(part.input) };
    if (part.kind === "task") return { ...part, items: part.items.map(ofItem) };
    return part;
  }

  return (record) => {
    const { title } = record.session ?? {};
    return {
      ...record,
      parts: record.parts.map(ofPart),
      ...(title !== undefined && { session: { ...record.session, title: ofText(title) } }),
    };
  };
}

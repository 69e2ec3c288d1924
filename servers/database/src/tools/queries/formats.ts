import type { JsonObject, JsonValue } from "@trestle/protocol";

export const FORMATS = ["json", "csv", "markdown"] as const;
export type Format = (typeof FORMATS)[number];

interface Page {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Rows as lines, which a model reads with fewer tokens than JSON. */
export function renderRows({ columns, rows }: Page, format: Exclude<Format, "json">): string {
  const names = columns.map(({ name }) => name);
  const lines = rows.map((row) => names.map((name) => toText(row[name] as JsonValue)));
  if (format === "csv") return [names, ...lines].map(toCsv).join("\n");
  return [names, names.map(() => "---"), ...lines].map(toMarkdown).join("\n");
}

/** Null is empty; an empty text is told apart from it by its quotes in CSV. */
function toText(value: JsonValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "object" ? JSON.stringify(value as JsonObject) : String(value);
}

function toCsv(fields: readonly (string | null)[]): string {
  return fields
    .map((field) => {
      if (field === null) return "";
      return field === "" || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
    })
    .join(",");
}

function toMarkdown(fields: readonly (string | null)[]): string {
  const cells = fields.map((field) =>
    (field ?? "").replaceAll(/[\\|]/g, "\\$&").replaceAll(/\r?\n/g, "<br>"),
  );
  return `| ${cells.join(" | ")} |`;
}

import { useState } from "react";
import { ask, type InputOf } from "../../api/client.ts";
import type { HistoryRow } from "../../api/generated.ts";
import { count } from "../../lib/format.ts";
import { saveFile } from "../../lib/save-file.ts";
import { Button } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { toCsv } from "./csv.ts";
import { type Filters, queryOf } from "./rows.ts";

const PAGE_ROWS = 1_000;
const MOST_ROWS = 50_000;

/** Saves the calls that fit the filters as a file. */
export function Export({ filters }: { readonly filters: Filters }) {
  const [busy, setBusy] = useState(false);
  const toasts = useToasts();
  async function save(format: "csv" | "jsonl"): Promise<void> {
    setBusy(true);
    try {
      const rows = await readAll(filters);
      const text =
        format === "csv" ? toCsv(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join("");
      saveFile(`trestle-history.${format}`, text);
      toasts.done("The history is saved", `${count(rows.length)} calls.`);
    } catch (error) {
      toasts.failed("The history could not be saved", error);
    }
    setBusy(false);
  }
  return (
    <Menu
      trigger={
        <Button icon="download" busy={busy}>
          Export
        </Button>
      }
      groups={[
        [
          { label: "As a table (CSV)", onSelect: () => void save("csv") },
          { label: "As lines of JSON", onSelect: () => void save("jsonl") },
        ],
      ]}
    />
  );
}

async function readAll(filters: Filters): Promise<HistoryRow[]> {
  const all: HistoryRow[] = [];
  const asked = queryOf(filters, Date.now());
  let before: number | string | undefined;
  do {
    const query = { ...asked, limit: PAGE_ROWS, before } as NonNullable<
      InputOf<"GET history">["query"]
    >;
    const page = await ask("GET history", { query });
    all.push(...page.executions);
    before = page.next;
  } while (before !== undefined && all.length < MOST_ROWS);
  return all;
}

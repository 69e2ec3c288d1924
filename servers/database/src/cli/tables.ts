import { table } from "@trestle/cli";
import { EXIT } from "@trestle/protocol";
import { listTables } from "../structure/tables.ts";
import { visibilityOf } from "../structure/visibility.ts";
import type { DatabaseCli, Place } from "./place.ts";

interface TablesOptions {
  readonly schema?: string;
  readonly json?: boolean;
}

export function addTables({ program, runs }: DatabaseCli): void {
  program
    .command("tables")
    .description("list tables and views")
    .option("--schema <name>", "of one schema; of all but Postgres' own where left out")
    .option("--json", "print the answer as JSON")
    .action(runs(tables));
}

async function tables(place: Place, { schema, json }: TablesOptions): Promise<number> {
  const { state, terminal, signal } = place;
  const visible = visibilityOf(state.guard);
  const list = await listTables(state.database, { visible, signal, ...(schema ? { schema } : {}) });
  if (json) terminal.print(JSON.stringify(list.tables, null, 2));
  else if (list.tables.length === 0) terminal.print("There are no tables yet.");
  else {
    const rows = list.tables.map((each) => [
      ...[each.schema, each.name, each.kind],
      ...[each.estimatedRows ?? "", each.comment ?? ""],
    ]);
    terminal.print(table(["schema", "name", "kind", "rows, about", "comment"], rows, terminal));
    if (list.truncated) terminal.warn("There are more: name a schema.");
  }
  return EXIT.ok;
}

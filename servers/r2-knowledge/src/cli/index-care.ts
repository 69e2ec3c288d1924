import { EXIT } from "@trestle/protocol";
import type { IndexReport } from "../knowledge/knowledge-store.ts";
import type { KnowledgeCli, Place } from "./place.ts";

interface Options {
  readonly json?: boolean;
  readonly repair?: boolean;
}

/** The commands that look after the indexes. */
export function addIndex({ program, runs }: KnowledgeCli): void {
  const index = program.command("index").description("check, rebuild or compact the indexes");
  index
    .command("check")
    .description("compare the indexes with the records")
    .option("--repair", "write what is missing, end what was half deleted")
    .option("--json", "print the answer as JSON")
    .action(
      runs(async (place: Place, options: Options) =>
        tell(
          place,
          await place.knowledge.index.check({ ...options, signal: place.signal }),
          options,
        ),
      ),
    );
  for (const [name, description] of [
    ["rebuild", "make the indexes anew of the records"],
    ["compact", "put what was written since into the snapshots"],
  ] as const) {
    index
      .command(name)
      .description(description)
      .option("--json", "print the answer as JSON")
      .action(
        runs(async (place: Place, options: Options) =>
          tell(place, await place.knowledge.index[name]({ signal: place.signal }), options),
        ),
      );
  }
}

function tell({ terminal }: Place, report: IndexReport, { json }: Options): number {
  terminal.print(json ? JSON.stringify(report, null, 2) : report.lines.join("\n"));
  return report.ok ? EXIT.ok : EXIT.failed;
}

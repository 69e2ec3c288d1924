import { nearestName, TrestleError } from "@trestle/protocol";
import { replaceFile } from "../config/import/atomic-file.ts";
import { withServers } from "../config/import/bridge-file.ts";
import { toId } from "../config/servers.ts";
import type { Cli } from "./command.ts";
import { bridgeDifference, type Editing, edits, takesEffect } from "./config-file.ts";
import { EXIT } from "./exit-code.ts";
import { withJson } from "./options.ts";

export function addRemove(cli: Cli): void {
  const command = cli.program
    .command("remove")
    .description("remove a server from the configuration")
    .argument("<name>", "its server id, or as the configuration calls it")
    .option("--dry-run", "show what would be written; write nothing");
  withJson(command).action(edits(cli, remove));
}

function remove(
  editing: Editing,
  asked: string,
  { dryRun, json }: { readonly dryRun?: boolean; readonly json?: boolean },
): number {
  const { terminal, file } = editing;
  const name = nameOf(asked, editing);
  const after = withServers(file, { remove: [name] });
  if (json) {
    if (!dryRun) replaceFile(file.path, file.before, after);
    const answer = { file: file.path, removed: name, written: !dryRun };
    terminal.print(JSON.stringify(answer, null, 2));
    return EXIT.ok;
  }
  terminal.print(bridgeDifference(editing, after).join("\n"));
  if (dryRun) {
    terminal.print("\nNothing was written (--dry-run).");
    return EXIT.ok;
  }
  replaceFile(file.path, file.before, after);
  terminal.print(`\nRemoved "${name}". ${takesEffect(editing)}`);
  return EXIT.ok;
}

/** As the file calls it: an entry may be served under an id that is made of its name. */
function nameOf(asked: string, { file: { servers, path } }: Editing): string {
  const names = Object.keys(servers);
  const name = names.find((each) => each === asked) ?? names.find((each) => toId(each) === asked);
  if (name !== undefined) return name;
  const near = nearestName(asked, names);
  const advice = near ? `Did you mean "${near}"?` : `There are: ${names.join(", ") || "none"}.`;
  throw new TrestleError("not_found", `No server "${asked}" is in ${path}. ${advice}`);
}

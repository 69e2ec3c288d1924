import { nearestName, TrestleError } from "@trestle/protocol";
import type { AskedEntry, CheckedEntry, ConfigChecks, ReportProblem } from "./checks.ts";
import { type ConfigDocument, parseDocument, pathOf } from "./document.ts";
import { faultsOf } from "./issues.ts";
import { type BridgeSettings, bridgeSchema, entrySchemas } from "./schema.ts";

/** The checks of the schema itself. It takes longer to load than the rest of a bridge. */
export const schemaChecks: ConfigChecks = {
  file({ text, path }) {
    if (text === undefined) return { settings: bridgeSchema.parse({}) };
    const document = parseDocument(text, path);
    return { settings: settingsOf(document), document };
  },
  entry: checkEntry,
};

/** Every bad key by its line: `trestle.json:7: http.prot: unknown key; did you mean "port"?` */
function settingsOf({ value, path, lineOf }: ConfigDocument): BridgeSettings {
  const parsed = bridgeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = faultsOf(parsed.error, bridgeSchema).map(
    (fault) =>
      `${path}:${lineOf(fault.path)}: ${pathOf(fault.path) || "the file"}: ${fault.message}`,
  );
  throw new TrestleError("invalid_config", lines.join("\n"));
}

function checkEntry({ kind, entry, report }: AskedEntry): CheckedEntry | undefined {
  const schema = entrySchemas[kind];
  const parsed = schema.safeParse(entry);
  if (!parsed.success) {
    for (const { path, message } of faultsOf(parsed.error, schema)) {
      report("error", path.length > 0 ? `${pathOf(path)}: ${message}` : message, path);
    }
    return undefined;
  }
  warnOfUnknownKeys(entry, Object.keys(schema.shape), report);
  warnOfRenames(parsed.data.tools?.rename, report);
  return parsed.data;
}

function warnOfUnknownKeys(entry: object, known: readonly string[], report: ReportProblem): void {
  for (const key of Object.keys(entry)) {
    if (known.includes(key)) continue;
    const near = nearestName(key, known);
    const advice = near ? ` (did you mean "${near}"?)` : "";
    report("warning", `unknown key "${key}" is ignored${advice}`, [key]);
  }
}

/** Two tools cannot be called the same. What the server itself calls so is seen when it is listed. */
function warnOfRenames(
  rename: Readonly<Record<string, string>> | undefined,
  report: ReportProblem,
): void {
  const owners = new Map<string, string>();
  for (const [tool, name] of Object.entries(rename ?? {})) {
    const owner = owners.get(name);
    if (owner === undefined) owners.set(name, tool);
    else {
      const message = `tools.rename: "${tool}" cannot be called "${name}", too: "${owner}" is`;
      report("warning", message, ["tools", "rename", tool]);
    }
  }
}

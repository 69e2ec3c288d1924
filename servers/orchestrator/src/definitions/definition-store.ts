import { TrestleError } from "@trestle/protocol";
import type { Row, Sqlite } from "@trestle/store";
import type { WorkflowDefinition } from "./schema.ts";

export interface Registered {
  readonly definition: WorkflowDefinition;
  /** Epoch milliseconds. */
  readonly registeredAt: number;
}

/** Workflows by id and version. A version never changes: runs say which one they run. */
export interface DefinitionStore {
  /** Throws `conflict` where this version is there with other content; the same content is no change. */
  register(definition: WorkflowDefinition, at: number): Promise<void>;
  /** The version, or the one registered last. Throws `not_found`, naming what there is. */
  get(id: string, version?: string): Promise<Registered>;
  /** The newest version of each. */
  list(): Promise<readonly Registered[]>;
  /** All versions; false where there was none. */
  remove(id: string): Promise<boolean>;
}

export function createDefinitionStore(sqlite: Sqlite): DefinitionStore {
  const parse = createDefinitionReader();
  const toRegistered = ({ definition, registered_at }: Row): Registered => ({
    definition: parse(String(definition)),
    registeredAt: Number(registered_at),
  });

  function newest(): Registered[] {
    const sql = `SELECT definition, registered_at FROM workflow
      WHERE place IN (SELECT max(place) FROM workflow GROUP BY id) ORDER BY id`;
    return sqlite.read(sql).map(toRegistered);
  }

  return {
    async register(definition, at) {
      const { id, version } = definition;
      const body = JSON.stringify(definition);
      const [row] = sqlite.read("SELECT definition FROM workflow WHERE id = ? AND version = ?", [
        id,
        version,
      ]);
      if (row?.definition === body) return;
      if (row !== undefined) throw taken(id, version);
      await sqlite.write([
        {
          sql: "INSERT INTO workflow (id, version, definition, registered_at) VALUES (?, ?, ?, ?)",
          params: [id, version, body, at],
        },
      ]);
    },
    async get(id, version) {
      const which = version === undefined ? "" : "AND version = ?";
      const [row] = sqlite.read(
        `SELECT definition, registered_at FROM workflow WHERE id = ? ${which} ORDER BY place DESC LIMIT 1`,
        version === undefined ? [id] : [id, version],
      );
      if (row !== undefined) return toRegistered(row);
      const known = newest().map(({ definition }) => definition.id);
      throw unknown(id, version, known);
    },
    list: async () => newest(),
    async remove(id) {
      const [deleted] = await sqlite.write([
        { sql: "DELETE FROM workflow WHERE id = ?", params: [id] },
      ]);
      return (deleted?.changes ?? 0) > 0;
    },
  };
}

const KEPT = 100;

/** What is executed again and again is read once, and its plan is made once. */
export function createDefinitionReader(): (text: string) => WorkflowDefinition {
  const known = new Map<string, WorkflowDefinition>();
  return (text) => {
    const definition = known.get(text) ?? (JSON.parse(text) as WorkflowDefinition);
    known.delete(text);
    known.set(text, definition);
    const [oldest] = known.keys();
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
    return definition;
  };
}

export function taken(id: string, version: string): TrestleError {
  const advice = "give the changed workflow another version; runs of this one go on as they began";
  return new TrestleError(
    "conflict",
    `Version ${version} of "${id}" is registered with other content: ${advice}`,
  );
}

export function unknown(
  id: string,
  version: string | undefined,
  known: readonly string[],
): TrestleError {
  if (version !== undefined && known.includes(id))
    return new TrestleError("not_found", `"${id}" has no version ${version}`);
  const there =
    known.length === 0 ? "none is registered" : `there are ${known.slice(0, 10).join(", ")}`;
  return new TrestleError("not_found", `There is no workflow "${id}"; ${there}`);
}

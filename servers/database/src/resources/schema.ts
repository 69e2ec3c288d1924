import { isTrestleError, type JsonObject } from "@trestle/protocol";
import { type Complete, defineResource, type ResourceDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { describeTable } from "../structure/describe-table.ts";
import { listSchemas } from "../structure/schemas.ts";
import { listTables } from "../structure/tables.ts";
import { visibilityOf } from "../structure/visibility.ts";
import { toDefinition } from "../tools/structure/definition.ts";
import { toOutput } from "../tools/structure/describe-table.ts";
import { toName, toRemark } from "../tools/structure/words.ts";
import { untrustedText } from "../tools/untrusted.ts";

type Variables = Readonly<Record<string, string>>;
type Show = (state: State, variables: Variables, signal?: AbortSignal) => Promise<string>;

/** Of a schema with more tables, each shows its columns only where it is read itself. */
const MAX_WITH_COLUMNS = 200;

/** The structure as text. Estimates of rows are left out: they change without anything having been changed. */
const showSchemas: Show = async ({ database, guard }, _variables, signal) => {
  const visible = visibilityOf(guard);
  const schemas = await listSchemas(database, { visible, ...(signal ? { signal } : {}) });
  return schemas
    .map(
      ({ name, tables, comment }) =>
        `${toName(name)}: ${tables} tables, db://schema/${encodeURIComponent(name)}${toRemark(comment)}`,
    )
    .join("\n");
};

const showSchema: Show = async ({ database, guard }, { schema = "" }, signal) => {
  const visible = visibilityOf(guard);
  const { tables } = await listTables(database, {
    schema,
    visible,
    columns: true,
    ...(signal ? { signal } : {}),
  });
  const few = tables.length <= MAX_WITH_COLUMNS;
  return tables
    .map(({ name, kind, columns = [], comment }) => {
      const list = columns.map((column) => `${toName(column.name)} ${column.type}`).join(", ");
      return `${kind} ${toName(name)}${few ? ` (${list})` : ""}${toRemark(comment)}`;
    })
    .join("\n");
};

const showTable: Show = async ({ database, guard }, { schema = "", table = "" }, signal) => {
  const visible = visibilityOf(guard);
  const asking = { schema, visible, ...(signal ? { signal } : {}) };
  const found = await describeTable(database, table, asking);
  return toDefinition(toOutput({ ...found, estimatedRows: null }));
};

const completeSchema: Complete<State> = async (value, { state, signal }) => {
  const visible = visibilityOf(state.guard);
  const schemas = await listSchemas(state.database, { visible, signal });
  return schemas.map(({ name }) => name).filter(startingWith(value));
};

const completeTable: Complete<State> = async (value, { state, signal }, { schema }) => {
  const visible = visibilityOf(state.guard);
  const where = schema === undefined ? {} : { schema };
  const { tables } = await listTables(state.database, { visible, signal, ...where });
  return [...new Set(tables.map(({ name }) => name))].filter(startingWith(value));
};

const startingWith = (value: string) => (name: string) =>
  name.toLowerCase().startsWith(value.toLowerCase());

/** For prompts that take the same. */
export const completions = { schema: completeSchema, table: completeTable };

/**
 * Families, and one whose URI is known before the database is: nothing is opened by listing them, as hosts do at
 * every start.
 */
export const schemaResources: readonly ResourceDefinition<State>[] = [
  define("schemas", "db://schema", "The schemas of the database", showSchemas),
  define(
    "schema",
    "db://schema/{schema}",
    "The tables and views of a schema, with their columns",
    showSchema,
  ),
  define(
    "table",
    "db://schema/{schema}/{table}",
    "A table or view: columns, keys, indexes, constraints",
    showTable,
  ),
];

function define(
  name: string,
  uri: string,
  description: string,
  show: Show,
): ResourceDefinition<State> {
  const isFamily = uri.includes("{");
  const complete = {
    ...(uri.includes("{schema}") ? { schema: completeSchema } : {}),
    ...(uri.includes("{table}") ? { table: completeTable } : {}),
  };
  return defineResource<State>({
    name,
    ...(isFamily ? { uriTemplate: uri, complete } : { uri }),
    description,
    mimeType: "text/plain",
    async read({ uri: asked, variables }, { state, signal }) {
      const [{ text } = {}] = untrustedText(await show(state, variables, signal)) as JsonObject[];
      return [{ uri: asked, mimeType: "text/plain", text: text ?? "" }];
    },
    watch: ({ uri: asked, variables }, { state, resourceUpdated }) =>
      state.schemaWatch.add(
        () => show(state, variables).catch(goneOrThrow),
        () => resourceUpdated(asked),
      ),
  });
}

/** What is dropped has changed; what comes into being later too. */
function goneOrThrow(error: unknown): string {
  if (isTrestleError(error) && error.code === "not_found") return "";
  throw error;
}

/** The server, for mounting, and the database it reads from, for programs of their own. */
export type {
  Column,
  Database,
  QueryOptions,
  QueryResult,
} from "./postgres/database.ts";
export {
  describeTable,
  type ForeignKey,
  type TableColumn,
  type TableDescription,
  type TableIndex,
} from "./postgres/describe-table.ts";
export {
  type EmbeddedDatabase,
  type EmbeddedOptions,
  type ExecuteOptions,
  openEmbedded,
} from "./postgres/embedded.ts";
export { listTables, type TableFilter, type TableSummary } from "./postgres/tables.ts";
export { server } from "./server.ts";

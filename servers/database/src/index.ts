/** The server, for mounting, and the database it reads from, for programs of their own. */
export type {
  Column,
  Database,
  QueryOptions,
  QueryResult,
} from "./postgres/database.ts";
export {
  type EmbeddedDatabase,
  type EmbeddedOptions,
  type ExecuteOptions,
  openEmbedded,
} from "./postgres/embedded.ts";
export { server } from "./server.ts";
export type { Catalog } from "./structure/catalog.ts";
export {
  describeTable,
  type ForeignKey,
  type Referrer,
  type TableColumn,
  type TableDescription,
  type TableIndex,
} from "./structure/describe-table.ts";
export {
  getRelationships,
  type Relationship,
  type RelationshipFilter,
} from "./structure/relationships.ts";
export { listSchemas, type SchemaFilter, type SchemaSummary } from "./structure/schemas.ts";
export {
  type FoundObject,
  type ObjectKind,
  type SearchOptions,
  type SearchResult,
  searchObjects,
} from "./structure/search.ts";
export {
  listTables,
  type TableFilter,
  type TableList,
  type TableListOptions,
  type TableSummary,
  type TableSummaryColumn,
} from "./structure/tables.ts";
export type { Visibility } from "./structure/visibility.ts";

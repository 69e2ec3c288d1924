/** The server, for mounting, and the database it reads from, for programs of their own. */
export type { Aggregate, AggregateInput, GroupItem } from "./builders/aggregate.ts";
export type { TableName } from "./builders/load-shape.ts";
export type { OrderItem } from "./builders/order.ts";
export {
  aggregateRows,
  deleteRows,
  insertRows,
  type RunOptions,
  type SelectResult,
  selectRows,
  type Target,
  updateRows,
  upsertRows,
  type WriteOptions,
} from "./builders/run.ts";
export type { SelectInput } from "./builders/select.ts";
export type { Where } from "./builders/where.ts";
export type { DeleteInput, InsertInput, UpdateInput, UpsertInput } from "./builders/write.ts";
export type { Answer, Batch, Connection, Connections, Portal } from "./drivers/driver.ts";
export { type Accepted, createGuard, type Guard, type GuardRules } from "./guard/guard.ts";
export type {
  Column,
  Database,
  ExecuteResult,
  Mode,
  QueryOptions,
  QueryResult,
  Statement,
  TransactionOptions,
} from "./postgres/database.ts";
export {
  type EmbeddedDatabase,
  type EmbeddedOptions,
  type ExecuteOptions,
  openEmbedded,
} from "./postgres/embedded.ts";
export { openPostgres, type PostgresOptions } from "./postgres/open-postgres.ts";
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
export { type AggregateOptions, aggregate, type Figure } from "./transform/aggregate.ts";
export {
  type AsyncBatchOptions,
  type BatchItem,
  type BatchOptions,
  type BatchProgress,
  batch,
  batchSync,
} from "./transform/batch.ts";
export {
  type CalendarEvent,
  type CalendarOptions,
  toCalendarEvent,
  toICalendar,
} from "./transform/calendar.ts";
export type { Period } from "./transform/days.ts";
export { type Field, type FieldType, fromRow, type Mapping, toRow } from "./transform/mapping.ts";
export { camelKeys, snakeKeys, toCamel, toSnake } from "./transform/names.ts";
export { type Occupancy, type OccupancyOptions, occupancy } from "./transform/occupancy.ts";
export { PROPERTY, type Property, propertyRow, toProperty } from "./transform/property.ts";
export {
  isStay,
  RESERVATION,
  type Reservation,
  type ReservationStatus,
  reservationRow,
  toReservation,
} from "./transform/reservation.ts";
export { type ReservationSummary, summarize } from "./transform/summary.ts";

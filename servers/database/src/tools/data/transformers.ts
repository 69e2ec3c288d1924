import type { JsonObject } from "@trestle/protocol";
import * as z from "zod";
import { aggregate } from "../../transform/aggregate.ts";
import { batchSync } from "../../transform/batch.ts";
import { toCalendarEvent, toICalendar } from "../../transform/calendar.ts";
import { type FieldType, fromRow, toRow } from "../../transform/mapping.ts";
import { camelKeys, snakeKeys } from "../../transform/names.ts";
import { occupancy } from "../../transform/occupancy.ts";
import { propertyRow, toProperty } from "../../transform/property.ts";
import { type Reservation, reservationRow, toReservation } from "../../transform/reservation.ts";
import { summarize } from "../../transform/summary.ts";

/** What became of the rows of a source. */
export interface Transformed {
  readonly rows: JsonObject[];
  /** A file's text, where that is what was made. */
  readonly text?: string;
  /** Rows of the source that could not be read, with the reason; the others went on without them. */
  readonly errors: { readonly index: number; readonly message: string }[];
}

export interface Transformer {
  /** The shape of `options`, told where they are wrong. */
  readonly options: z.ZodObject;
  run(rows: readonly JsonObject[], options: unknown, now: number): Transformed;
}

/** `run` gets what `options` reads. */
function define<Options extends z.ZodObject>(
  options: Options,
  run: (rows: readonly JsonObject[], options: z.output<Options>, now: number) => Transformed,
): Transformer {
  return { options, run: (rows, given, now) => run(rows, options.parse(given), now) };
}

const none = z.strictObject({});
const spelling = z.strictObject({ deep: z.boolean().optional() });

const TYPES = ["text", "integer", "decimal", "boolean", "date", "time", "json"] as const;
const field = z.union([
  z.enum(TYPES),
  z.strictObject({
    type: z.enum(TYPES),
    column: z.string().optional(),
    also: z.array(z.string()).optional(),
    required: z.boolean().optional(),
  }),
]);
const mapping = z.strictObject({
  fields: z.record(z.string(), field),
  /** Objects become rows of columns, instead. */
  reverse: z.boolean().optional(),
});

const calendar = z.strictObject({
  domain: z.string().min(1).optional(),
  places: z.record(z.string(), z.string()).optional(),
});

const range = z.strictObject({
  from: z.string(),
  to: z.string(),
  units: z.int().min(1).optional(),
  period: z.enum(["day", "week", "month", "year"]).optional(),
});

const figures = z.strictObject({
  by: z.array(z.string()).optional(),
  figures: z
    .array(
      z.strictObject({
        function: z.enum(["count", "sum", "avg", "min", "max"]),
        field: z.string().optional(),
        as: z.string().optional(),
      }),
    )
    .min(1),
});

/** By the name that a call gives. */
export const TRANSFORMERS = {
  camel_keys: define(spelling, (rows, { deep = false }) =>
    each(rows, (row) => camelKeys(row, { deep })),
  ),
  snake_keys: define(spelling, (rows, { deep = false }) =>
    each(rows, (row) => snakeKeys(row, { deep })),
  ),
  map: define(mapping, (rows, { fields, reverse }) => {
    const to = Object.fromEntries(
      Object.entries(fields).map(([name, it]) => [
        name,
        typeof it === "string" ? { type: it } : it,
      ]),
    ) as Record<string, { type: FieldType }>;
    return each(rows, (row) => (reverse ? toRow(to, row) : fromRow(to, row)));
  }),
  property: define(none, (rows) => each(rows, (row) => ({ ...toProperty(row) }))),
  property_rows: define(none, (rows) => each(rows, (row) => propertyRow(toProperty(row)))),
  reservation: define(none, (rows) => each(rows, (row) => ({ ...toReservation(row) }))),
  reservation_rows: define(none, (rows) => each(rows, (row) => reservationRow(toReservation(row)))),
  summary: define(none, (rows) => together(rows, (stays) => [{ ...summarize(stays) }])),
  calendar_events: define(calendar, (rows, options) =>
    each(rows, (row) => ({ ...toCalendarEvent(toReservation(row), options) })),
  ),
  icalendar: define(calendar, (rows, options, now) => {
    const events = batchSync(rows, (row) => toCalendarEvent(toReservation(row), options));
    const made = events.flatMap((it) => (it.ok ? [it.value] : []));
    return { rows: [], text: toICalendar(made, now), errors: errorsOf(events) };
  }),
  occupancy: define(range, (rows, options) =>
    together(rows, (stays) => occupancy(stays, options).map((it) => ({ ...it }))),
  ),
  aggregate: define(figures, (rows, options) => ({ rows: aggregate(rows, options), errors: [] })),
} as const satisfies Record<string, Transformer>;

function each(rows: readonly JsonObject[], shape: (row: JsonObject) => JsonObject): Transformed {
  const items = batchSync(rows, shape);
  return { rows: items.flatMap((it) => (it.ok ? [it.value] : [])), errors: errorsOf(items) };
}

function together(
  rows: readonly JsonObject[],
  shape: (reservations: Reservation[]) => JsonObject[],
): Transformed {
  const items = batchSync(rows, toReservation);
  const made = items.flatMap((it) => (it.ok ? [it.value] : []));
  return { rows: shape(made), errors: errorsOf(items) };
}

function errorsOf(items: ReturnType<typeof batchSync>): Transformed["errors"] {
  return items.flatMap((it) => (it.ok ? [] : [{ index: it.index, message: it.error.message }]));
}

import type { EventsPage, Limits, ObjectEvent } from "../protocol.ts";
import { droppedUpTo } from "./epochs.ts";
import { bytesOf, parseText } from "./json-text.ts";
import type { ObjectRow } from "./object-rows.ts";
import type { SqlPort } from "./sql-port.ts";

/** Keeps the last ones, for watchers who come back and for history. */
export function addEvent(sql: SqlPort, object: number, event: ObjectEvent, limits: Limits): void {
  sql.run(
    "INSERT INTO event (object, seq, body) VALUES (?, ?, ?)",
    object,
    event.seq,
    JSON.stringify(event),
  );
  const last = droppedUpTo(event.seq, limits.keptEvents);
  if (last !== undefined) sql.run("DELETE FROM event WHERE object = ? AND seq <= ?", object, last);
}

/** What a page may have at most beyond its first event. */
const PAGE_BYTES = 4 * 1024 * 1024;

export function readEvents(
  sql: SqlPort,
  row: Pick<ObjectRow, "key" | "seq">,
  { since, limit }: { readonly since: number; readonly limit: number },
): EventsPage {
  const rows = sql.run(
    "SELECT body FROM event WHERE object = ? AND seq > ? ORDER BY seq LIMIT ?",
    row.key,
    since,
    limit,
  );
  const events: ObjectEvent[] = [];
  let bytes = 0;
  for (const { body } of rows) {
    bytes += bytesOf(String(body));
    if (events.length > 0 && bytes > PAGE_BYTES) break;
    events.push(parseText(body) as unknown as ObjectEvent);
  }
  // Numbers have no gaps: where the next one is there, all that follow are.
  const complete = since === row.seq || events[0]?.seq === since + 1;
  return { events, seq: row.seq, complete };
}

import { ObjectError } from "../object-error.ts";
import type { ListQuery, ObjectRef, ObjectsPage } from "../protocol.ts";
import { listObjects } from "./object-rows.ts";
import type { SqlPort } from "./sql-port.ts";

/** A page of all objects by class and id; its cursor names the last one. */
export function listPage(sql: SqlPort, { class: name, cursor, limit }: ListQuery): ObjectsPage {
  const after = cursor === undefined ? { class: "", id: "" } : toCursor(cursor);
  const rows = listObjects(sql, { class: name, after, limit: limit + 1 });
  const objects = rows.slice(0, limit).map(({ class: of, id, seq, createdAt, updatedAt }) => {
    return { class: of, id, seq, createdAt, updatedAt };
  });
  const last = objects.at(-1);
  return rows.length > limit && last !== undefined
    ? { objects, cursor: `${last.class}/${last.id}` }
    : { objects };
}

function toCursor(cursor: string): ObjectRef {
  const slash = cursor.indexOf("/");
  if (slash > 0) return { class: cursor.slice(0, slash), id: cursor.slice(slash + 1) };
  throw new ObjectError(
    "invalid_input",
    "The cursor is none that a page named; begin without one.",
  );
}
